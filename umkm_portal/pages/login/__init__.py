"""Logging in by a code to a phone number or an email address."""
