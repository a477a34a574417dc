"""The staff pages of the register, by noun."""

from participants.admin import (
    businesses,
    duplicates,
    exports,
    filters,
    licences,
    lists,
    offices,
    people,
    referrals,
    requests,
    segments,
)

__all__ = [
    "businesses",
    "duplicates",
    "exports",
    "filters",
    "licences",
    "lists",
    "offices",
    "people",
    "referrals",
    "requests",
    "segments",
]
