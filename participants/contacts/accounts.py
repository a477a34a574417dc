"""Accounts of owners: found by what they proved, made when first needed, never with a password."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password

from participants.contacts.contact import Contact
from participants.models import Participant
from umkm_portal.accounts.models import User

LARGEST_FAMILY = 10
"""A contact in more records is a helper's."""


def account_for(contact: Contact, *, now: datetime) -> User:
    """The account of a contact that a code has just proved, made if there is none.

    A closed account is returned as it is; the login refuses it.
    """
    user, _ = User.objects.get_or_create(
        **{contact.kind: contact.value},
        defaults={"password": make_password(None), "joined_at": now},
    )
    if contact.is_phone:
        User.objects.filter(pk=user.pk).update(phone_verified_at=now)
        user.phone_verified_at = now
    return user


def has_account(contact: Contact) -> bool:
    """Whether somebody can log in by this contact: by an account, or by a record it stands in."""
    has_user = User.objects.filter(**{contact.kind: contact.value}).exists()
    has_record = bool(_claimable(contact))
    return has_user or has_record


def claim_records(user: User, contact: Contact) -> int:
    """Give the account the records that this proved contact stands in; return how many.

    Only records of nobody's account: what another account holds is for staff to sort out. Staff
    get none, and nobody gets those of a number that a helper gave for everybody she wrote down.
    """
    if user.is_staff:
        return 0
    mine = Participant.objects.filter(pk__in=_claimable(contact), account=None)
    return mine.update(account=user)


def needs_proof(user: User, now: datetime) -> bool:
    """Whether the phone of an owner must be proved again before anything is shown.

    Prepaid numbers get new owners: after PHONE_PROOF_MONTHS nobody knows whose it is. Staff log
    in by email and a second factor.
    """
    if not user.phone or user.is_staff:
        return False
    last = user.phone_verified_at
    return last is None or last < now - timedelta(days=settings.PHONE_PROOF_MONTHS * 365 // 12)


def _claimable(contact: Contact) -> list[int]:
    """Ids of the living records of nobody's account that this contact stands in, if few."""
    people = Participant.objects.living().filter(account=None, **{contact.kind: contact.value})
    ids = list(people.order_by("pk").values_list("pk", flat=True)[: LARGEST_FAMILY + 1])
    return ids if len(ids) <= LARGEST_FAMILY else []
