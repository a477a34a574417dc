"""What leaves the portal for a partner: from whom, under which agreement, and for how long."""
