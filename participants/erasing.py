"""Forgetting a person: what told who she was is emptied, what happened stays as a count.

The rows about her are emptied by the handlers that every app registers; her places in trainings
are given back by theirs. Nothing is deleted that another row counts on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model

from participants import handlers
from participants.exporting.recalling import FORGOTTEN_SINCE, recall_exports
from participants.models import Business, Participant, Registration
from umkm_portal.accounts.models import User
from umkm_portal.accounts.sessions import end_sessions
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Channel

FORGOTTEN = "Dihapus"
Status = Participant.Status


@transaction.atomic
def anonymise(person: Participant, *, actor: User | None, now: datetime) -> bool:
    """Forget a person and the records merged into her; False when she was forgotten before.

    Gives back her places in trainings, empties her rows, history, staged rows and messages, and
    closes her account when nobody else is left on it. `actor` is who decided it.
    """
    # A row that is written about her meanwhile may still point at her: the key is not locked.
    person = Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
    if person.status == Status.ANONYMISED:
        return False
    records = [*records_merged_into(person), person]
    accounts = {record.account_id for record in records if record.account_id}
    addresses = _addresses_of(records)
    for record in records:
        _forget_record(record, now=now)
    for phone, email in addresses:
        _forget_addresses(phone, email)
    recall_exports([record.pk for record in records], because=FORGOTTEN_SINCE)
    for account in User.objects.filter(pk__in=accounts):
        close_account(account)
    return True


def close_account(account: User) -> bool:
    """Delete an account that is nobody's any more; staff and members of partners keep theirs."""
    if account.is_staff or account.participants.exists() or account.memberships.exists():
        return False
    _forget_entries(User, [account.pk])
    end_sessions(account)
    account.delete()
    return True


def records_merged_into(person: Participant) -> list[Participant]:
    """The records that ended in this one, however many steps ago."""
    found: list[Participant] = []
    ends = [person.pk]
    while ends:
        merged = list(Participant.objects.filter(merged_into__in=ends).order_by("pk"))
        found += merged
        ends = [record.pk for record in merged]
    return found


def _addresses_of(records: list[Participant]) -> set[tuple[str, str]]:
    """Phone and email of these records, today and ever before."""
    history = apps.get_model("participants", "ParticipantHistory")
    before = history.objects.filter(pgh_obj__in=[record.pk for record in records])
    now = {(record.phone, record.email) for record in records}
    return now | set(before.values_list("phone", "email"))


def _forget_record(person: Participant, *, now: datetime) -> None:
    """Empty one record, everything that handlers know about it, and the log of the staff pages."""
    for handler in handlers.all_handlers():
        handler.erase(person)
    messaging.forget_recipient(person.pk, now=now)
    _forget_log(person)
    _empty(person)
    # Emptying wrote one more line of history, with the values of now.
    for handler in handlers.all_handlers():
        if handler.model.__name__ == "ParticipantHistory":
            handler.erase(person)


def _empty(person: Participant) -> None:
    person.full_name, person.address = FORGOTTEN, ""
    person.nik, person.nik_index, person.nik_last4 = None, None, ""
    person.phone, person.email, person.birth_date = "", "", None
    person.account, person.verified_by, person.verified_how = None, None, ""
    person.is_willing, person.willing_source, person.restricted_at = False, "", None
    person.active_until, person.override_until = None, None
    person.active_override, person.active_reason = False, ""
    person.identity = Participant.Identity.CLAIMED
    person.search = ""
    if person.status == Status.ACTIVE:
        person.status = Status.ANONYMISED
    person.save()


def _forget_log(person: Participant) -> None:
    """The log of the staff pages keeps who did what and when, not the name of the person."""
    _forget_entries(Participant, [person.pk])
    _forget_entries(Business, person.businesses.values_list("pk", flat=True))


def _forget_entries(model: type[Model], ids: Iterable[int]) -> None:
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id__in=[str(pk) for pk in ids],
    ).update(object_repr=FORGOTTEN, change_message="")


def _forget_addresses(phone: str, email: str) -> None:
    """Take addresses that no other record has off the list of stopped ones, and what somebody
    began to register under them."""
    everybody = Participant.objects.all()
    if phone and not everybody.filter(phone=phone).exists():
        for channel in (Channel.WHATSAPP, Channel.SMS):
            messaging.forget_address(channel=channel, address=phone)
        _forget_drafts(phone)
    if email and not everybody.filter(email=email).exists():
        messaging.forget_address(channel=Channel.EMAIL, address=email)
        _forget_drafts(email)


def _forget_drafts(contact: str) -> None:
    drafts = Registration.objects.filter(contact__iexact=contact, participant=None)
    drafts.filter(state=Registration.State.OPEN).delete()
