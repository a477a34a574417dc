"""Changed and lost numbers: the record, the account that logs in by it, and its old logins."""

from __future__ import annotations

from datetime import datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from participants.models import Participant
from participants.search import refresh_search
from umkm_portal.accounts.doors import close_doors
from umkm_portal.accounts.models import User
from umkm_portal.accounts.sessions import end_sessions

_LABELS = {"phone": "nomor HP", "email": "email"}


@transaction.atomic
def change_contact(
    participant: Participant,
    *,
    phone: str | None = None,
    email: str | None = None,
    actor: User,
    now: datetime,
) -> bool:
    """Write a person's new phone or email; tell whether logins of her account were ended.

    None leaves a contact as it is, "" takes it away. The account follows when it logs in by the
    old contact: it gets the new one, unproved, and all its sessions end. Where others of the
    family still have the old contact, the new one is another account's, or the account is one of
    the staff, the record leaves the account instead and is claimed by a code to the new contact.
    """
    found = Participant.objects.select_for_update(of=("self",)).select_related("account")
    person = found.get(pk=participant.pk)
    wanted = {"phone": phone, "email": email}
    changed = {
        column: value
        for column, value in wanted.items()
        if value is not None and value != getattr(person, column)
    }
    if not changed:
        return False
    Participant.objects.filter(pk=person.pk).update(**changed, updated_at=now)
    refresh_search([person.pk])
    moved = [column for column in changed if _logs_in_by(person, column)]
    for column in moved:
        _follow(person, column, changed[column])
        words = f"Mengganti {_LABELS[column]}; semua login lama diakhiri"
        LogEntry.objects.log_actions(actor.pk, [person], CHANGE, words, single_object=True)
    participant.refresh_from_db(fields=[*changed, "account", "updated_at"])
    return bool(moved)


@transaction.atomic
def give_up_phone(user: User, *, now: datetime) -> User:
    """Take a number that its owner no longer has from her account and records."""
    lost = user.phone
    User.objects.filter(pk=user.pk).update(phone=None, phone_verified_at=None)
    people = Participant.objects.filter(account=user, phone=lost)
    ids = list(people.values_list("pk", flat=True))
    people.update(phone="", updated_at=now)
    refresh_search(ids)
    user.refresh_from_db()
    return user


def _logs_in_by(person: Participant, column: str) -> bool:
    old = getattr(person, column)
    return bool(old and person.account and getattr(person.account, column) == old)


def _follow(person: Participant, column: str, value: str) -> None:
    """Let the account go with the person, or the person without the account."""
    account = person.account
    if account is None:
        return
    old = getattr(person, column)
    family = Participant.objects.living().filter(account=account, **{column: old})
    is_shared = family.exclude(pk=person.pk).exists()
    is_taken = bool(value) and User.objects.filter(**{column: value}).exists()
    if is_shared or is_taken or account.is_staff:
        Participant.objects.filter(pk=person.pk).update(account=None)
    else:
        setattr(account, column, value or None)
        if column == "phone":
            account.phone_verified_at = None
        account.save(update_fields=[column, "phone_verified_at"])
        close_doors(account)
    end_sessions(account)
