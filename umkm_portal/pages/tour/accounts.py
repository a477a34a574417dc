"""The accounts of the practice data that are logged in by one click."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone

from participants.contacts import Contact
from participants.contacts.accounts import account_for, claim_records
from umkm_portal.accounts.models import User
from umkm_portal.pages.demo import members
from umkm_portal.pages.demo.people import OWNER_EMAIL, stall_owner
from umkm_portal.pages.tour.walk import officer

STAFF, SHOPEE, TIKTOK, OWNER = "petugas", members.SHOPEE, members.TIKTOK, "pemilik"


class NoSuchAccount(Exception):
    """The practice data has no such account (yet)."""


class Account(NamedTuple):
    """One button: who it logs in, and the first page she sees."""

    label: str
    english: str
    user: Callable[[], User]
    home: str

    @property
    def url(self) -> str:
        return reverse(self.home)


def log_in(key: str) -> tuple[User, str]:
    """The user behind a key and the address of her first page. Raises NoSuchAccount."""
    account = ACCOUNTS.get(key)
    if account is None:
        raise NoSuchAccount(key)
    return account.user(), account.url


def _member(slug: str) -> Callable[[], User]:
    def find() -> User:
        try:
            return members.manager(slug)
        except User.DoesNotExist:
            raise NoSuchAccount(slug) from None

    return find


def _owner() -> User:
    """The account of the stall owner, with her record, as a code to her mail would open it."""
    if stall_owner() is None:
        raise NoSuchAccount(OWNER)
    contact = Contact("email", OWNER_EMAIL)
    user = account_for(contact, now=timezone.now())
    claim_records(user, contact)
    return user


ACCOUNTS = {
    STAFF: Account("Petugas dinas", "Officer", officer, "admin:index"),
    SHOPEE: Account("Shopee", "Shopee", _member(members.SHOPEE), "partner:home"),
    TIKTOK: Account("TikTok", "TikTok", _member(members.TIKTOK), "partner:home"),
    OWNER: Account("Siti Aminah, pemilik kios", "Siti Aminah, stall owner", _owner, "mine:home"),
}
