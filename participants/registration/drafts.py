"""Keeping a registration that is on its way, page by page, for whoever proved its contact."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from participants.contacts import Contact
from participants.models import Participant, Registration
from participants.models.registrations import PageAnswers
from umkm_portal.accounts.models import User

CONTACT, IDENTITY, ADDRESS, BUSINESS, INTEREST = PAGES = (
    "kontak",
    "identitas",
    "alamat",
    "usaha",
    "minat",
)
CHECK = "periksa"
"""The page after the last: everything told, nothing sent."""
NAME = "nama"


def begin(
    contact: Contact,
    *,
    public_id: uuid.UUID,
    name: str,
    cohort_code: str,
    now: datetime,
    instead_of: Registration | None = None,
) -> Registration:
    """Write a draft whose contact nobody has proved yet; `instead_of` one just like it."""
    draft = instead_of or Registration(public_id=public_id, created_at=now)
    draft.cohort_code = cohort_code
    draft.contact_kind, draft.contact = contact.kind, contact.value
    draft.seal(pages={CONTACT: {NAME: [name]}}, finished=[])
    _touch(draft, now=now)
    draft.save()
    return draft


def contact_of(draft: Registration) -> Contact:
    return Contact("phone" if draft.contact_kind == "phone" else "email", draft.contact)


def name_of(draft: Registration) -> str:
    return next(iter(draft.answers.get(CONTACT, {}).get(NAME, [])), "")


@transaction.atomic
def prove_contact(draft: Registration, contact: Contact, *, now: datetime) -> Registration:
    """Note that a code reached `contact`; return the draft to go on with.

    That is the one she began earlier under the same contact and name, on whatever device; the
    class she chose last counts.
    """
    draft = _locked(draft)
    draft.contact_kind, draft.contact, draft.verified_at = contact.kind, contact.value, now
    earlier = None if CONTACT in draft.finished else _earlier(draft, now=now)
    if earlier:
        earlier.cohort_code = draft.cohort_code or earlier.cohort_code
        draft.delete()
        draft = _locked(earlier, cohort_code=earlier.cohort_code)
    _write_page(draft, CONTACT, {NAME: [name_of(draft)]}, is_finished=True, now=now)
    return draft


@transaction.atomic
def save_page(
    draft: Registration, page: str, values: PageAnswers, *, is_finished: bool, now: datetime
) -> Registration:
    """Keep what of a page is right; the rest of the draft stays as other devices left it."""
    draft = _locked(draft)
    if draft.state == Registration.State.OPEN:
        _write_page(draft, page, values, is_finished=is_finished, now=now)
    return draft


@transaction.atomic
def choose_cohort(draft: Registration, code: str, *, now: datetime) -> Registration:
    """Remember the class she tapped on."""
    draft = _locked(draft)
    draft.cohort_code = code
    _touch(draft, now=now)
    draft.save(update_fields=["cohort_code", "changed_at", "expires_at"])
    return draft


def finish(draft: Registration, participant: Participant, *, seat_note: str, now: datetime) -> None:
    """The answers have become a person: what was kept of them goes."""
    draft.participant, draft.seat_note = participant, seat_note
    draft.state, draft.sent_at, draft.sealed_answers = Registration.State.SENT, now, None
    draft.save()


def unfinished(contacts: Collection[Contact], *, now: datetime) -> list[Registration]:
    """What whoever proved these contacts may go on with; the last one touched first."""
    rows = Registration.objects.open(now=now).proved()
    rows = rows.filter(contact__in=[contact.value for contact in contacts])
    return list(rows.order_by("-changed_at", "-pk"))


def is_begun(draft: Registration) -> bool:
    """Whether no more than the contact is told, so that nothing would be lost with it."""
    return draft.state == Registration.State.OPEN and draft.finished in ([], [CONTACT])


def lock(draft: Registration) -> Registration:
    """The draft as it stands now, locked until the transaction ends."""
    return _locked(draft)


def remove_expired(*, now: datetime) -> int:
    """Forget drafts that nobody went on with; return how many."""
    old = Registration.objects.filter(state=Registration.State.OPEN, expires_at__lte=now)
    return old.delete()[0]


def belongs_to(contact: Contact, user: User) -> bool:
    """Whether this account has proved the contact before, so that no code is needed."""
    return contact in proved_by(user)


def proved_by(user: User) -> list[Contact]:
    """The contacts of an account that received a code."""
    phone = [Contact("phone", user.phone)] if user.phone and user.phone_verified_at else []
    return [*phone, *([Contact("email", user.email.lower())] if user.email else [])]


def _earlier(draft: Registration, *, now: datetime) -> Registration | None:
    same = Registration.objects.open(now=now).proved().exclude(pk=draft.pk)
    same = same.filter(contact=draft.contact).order_by("-changed_at", "-pk")
    return next((row for row in same if _plain(name_of(row)) == _plain(name_of(draft))), None)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _write_page(
    draft: Registration, page: str, values: PageAnswers, *, is_finished: bool, now: datetime
) -> None:
    pages = draft.answers
    # Fields that were wrong keep what they held before.
    pages[page] = values if is_finished else {**pages.get(page, {}), **values}
    finished = {*draft.finished} - {page} | ({page} if is_finished else set())
    draft.seal(pages=pages, finished=[name for name in PAGES if name in finished])
    draft.step = next((name for name in PAGES if name not in finished), CHECK)
    _touch(draft, now=now)
    draft.save()


def _locked(draft: Registration, **changes: str) -> Registration:
    fresh = Registration.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    for column, value in changes.items():
        setattr(fresh, column, value)
    return fresh


def _touch(draft: Registration, *, now: datetime) -> None:
    draft.changed_at = now
    draft.expires_at = now + timedelta(days=settings.REGISTRATION_DAYS)
