"""Shops as curators write them: whole links, links without a scheme, or the name of an account."""

from __future__ import annotations

import re
from typing import NamedTuple

from participants.store_links import link_key

LONGEST_LINK = 300
_NO_SHOP = frozenset(("tidak ada", "belum ada", "tdk ada", "n/a", "na", "none", "nihil", "belum"))
_BETWEEN = re.compile(r"[\s,;|]+")
_LINK = re.compile(r"(https?://)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/\S*)?", re.I)
_ACCOUNT = re.compile(r"@?([a-z0-9][a-z0-9._-]{2,59})", re.I)
_SHOP_OF = {
    "shopee": "shopee.co.id/{}",
    "tiktok": "tiktok.com/@{}",
    "tokopedia": "tokopedia.com/{}",
    "lazada": "lazada.co.id/shop/{}",
    "instagram": "instagram.com/{}",
}


class Shops(NamedTuple):
    """The first link, whole, and the keys of all: none where the cell says there is no shop."""

    link: str
    keys: list[str]


def read_shops(text: str, *, heading: str, platform: str) -> Shops | None:
    """Return the shops in a cell, or None where it holds neither links nor an account.

    A bare account belongs to the platform that the heading names, else to that of the partner.
    """
    if text.lower() in _NO_SHOP:
        return Shops("", [])
    parts = [part for part in _BETWEEN.split(text) if part]
    if len(parts) == 1 and (link := _account_link(parts[0], heading, platform)):
        parts = [link]
    links = [_whole(part) for part in parts if _is_link(part)]
    if not links:
        return None
    return Shops(links[0], list(dict.fromkeys(link_key(link) for link in links)))


def _is_link(text: str) -> bool:
    is_long = len(text) > LONGEST_LINK - len("https://")
    return not is_long and _LINK.fullmatch(text) is not None


def _whole(link: str) -> str:
    return link if link.lower().startswith(("http://", "https://")) else f"https://{link}"


def _account_link(text: str, heading: str, platform: str) -> str:
    """The link of a bare account name, or ''; names with a dot may be a domain of their own."""
    found = _ACCOUNT.fullmatch(text)
    if not found or _is_domain(text):
        return ""
    words = heading.lower()
    where = next((name for name in _SHOP_OF if name in words), platform)
    return _SHOP_OF[where].format(found[1].lower()) if where in _SHOP_OF else ""


def _is_domain(text: str) -> bool:
    return text.lower().endswith((".com", ".id", ".net", ".org", ".shop", ".store", ".ee"))
