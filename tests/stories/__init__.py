"""What the programme's sources tell, played from beginning to end on the real services."""
