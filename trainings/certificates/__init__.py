"""Certificates: who gets one, what it says, how thousands are printed, how one is proved."""
