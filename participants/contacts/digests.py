"""Keyed digests of contacts, codes and networks: equal for equal, telling nothing by themselves."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from participants.contacts.contact import Contact
from umkm_portal.common.encryption import blind_index, blind_indexes

CONTACT, CODE, NETWORK = "contact", "contact.code", "contact.network"
_IPV6_SUBSCRIBER = 64
"""Bits that one subscriber shares; the rest she may change at will."""


def index_of(contact: Contact) -> str:
    return blind_index(CONTACT, _words(contact))


def indexes_of(contact: Contact) -> list[str]:
    """Under every key: to search while keys rotate."""
    return blind_indexes(CONTACT, _words(contact))


def digest_of(code: str, contact: Contact, *, purpose: str) -> str:
    """The digest of a code; it opens nothing for another contact or purpose."""
    return blind_index(CODE, f"{purpose} {_words(contact)} {code}")


def digests_of(code: str, contact: Contact, *, purpose: str) -> list[str]:
    return blind_indexes(CODE, f"{purpose} {_words(contact)} {code}")


def network_index(address: str) -> str:
    """The digest of a network address; of IPv6 what one subscriber has in common."""
    try:
        found = ip_address(address)
    except ValueError:
        return blind_index(NETWORK, address)
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.version == 6:
        return blind_index(NETWORK, str(ip_network(f"{found}/{_IPV6_SUBSCRIBER}", strict=False)))
    return blind_index(NETWORK, str(found))


def _words(contact: Contact) -> str:
    return f"{contact.kind}:{contact.value}"
