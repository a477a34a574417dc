"""What a curator decided becomes known: once, to whom it concerns, with a way to object."""
