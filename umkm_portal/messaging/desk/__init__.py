"""The campaign desk: staff put a campaign together in steps, see who gets it, and send it."""
