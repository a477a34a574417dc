"""Proving that somebody reads a phone number or email address, by a one-time code."""

from participants.contacts.checking import CodeWrong, check_code
from participants.contacts.contact import Contact, ContactError, parse_contact
from participants.contacts.limits import CodeOnItsWay, CodeRefused
from participants.contacts.links import send_link
from participants.contacts.sending import send_code

__all__ = [
    "CodeOnItsWay",
    "CodeRefused",
    "CodeWrong",
    "Contact",
    "ContactError",
    "check_code",
    "parse_contact",
    "send_code",
    "send_link",
]
