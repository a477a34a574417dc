"""Rows of a list that nobody of the register was found for: staff link, invite or set aside."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from participants.models import Participant, ParticipantQuerySet, SalesChannel
from participants.search import find
from participants.store_links import LinkKey, link_key
from partners.models import CurationDecision
from umkm_portal.accounts.models import User
from umkm_portal.common import phones
from umkm_portal.common.numbers import whole_in

Waiting = CurationDecision.Waiting
MatchedBy = CurationDecision.MatchedBy
SIMILAR = ("Nama pemilik mirip", "Nama usaha mirip")
SHOWN = 6
"""Candidates shown for one row."""
FEW = 500
"""Invited rows looked through in one turn."""
Row = dict[str, str]
TOLD = {
    "owner_name": "Pemilik",
    "business_name": "Usaha",
    "phone": "Nomor HP",
    "email": "Email",
    "store_link": "Tautan toko",
    "products": "Produk",
    "category": "Kategori",
    "city": "Kota",
    "district": "Kecamatan",
}


class RowRefused(Exception):
    """Nothing can be done with the row so; `str()` is the sentence for staff."""


@dataclass
class Candidate:
    """A person who may be the one that a row means, and why."""

    person: Participant
    reasons: list[str] = field(default_factory=list)
    is_taken: bool = False
    """Another row of the same list is about her already."""


def contact_of(decision: CurationDecision) -> Row:
    """What the file says about the business, by the column keys of a list; {} when forgotten."""
    found = json.loads(str(decision.contact)) if decision.contact else {}
    return {key: str(value) for key, value in found.items() if value}


def told(decision: CurationDecision) -> list[tuple[str, str]]:
    """(label, value) of what the file says about the business, as staff read it."""
    contact = contact_of(decision)
    contact.setdefault("business_name", decision.business_name)
    contact.setdefault("store_link", decision.store_link)
    return [(label, contact[key]) for key, label in TOLD.items() if contact.get(key)]


def candidates(decision: CurationDecision) -> list[Candidate]:
    """People who share something with the row, those with most in common first."""
    row = contact_of(decision)
    found: dict[int, Candidate] = {}
    for reason, people in _searches(decision, row):
        for person in people.select_related("region").defer("nik", "search")[:SHOWN]:
            found.setdefault(person.pk, Candidate(person)).reasons.append(reason)
    taken = set(
        CurationDecision.objects.filter(
            list=decision.list_id, participant__in=list(found)
        ).values_list("participant", flat=True)
    )
    for pk in taken:
        found[pk].is_taken = True
    return sorted(found.values(), key=_strength)[:SHOWN]


@transaction.atomic
def link(
    decision: CurationDecision,
    person: Participant,
    *,
    by: User | None,
    how: str = MatchedBy.STAFF,
    now: datetime,
) -> CurationDecision:
    """Say that a row is about this person. Raises RowRefused.

    The caller publishes it (`publish_found`): her list may be announced already.
    """
    found = _locked(decision)
    found.participant, found.matched_by = person, how
    _settle(found, Waiting.SETTLED, by=by, now=now)
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:
        raise RowRefused("Orang ini sudah punya baris lain di daftar yang sama.") from error
    return found


@transaction.atomic
def mark_invited(decision: CurationDecision, *, by: User, now: datetime) -> CurationDecision:
    """The owner was asked to register; the decision finds her when she does."""
    return _wait(decision, Waiting.INVITED, by=by, now=now)


@transaction.atomic
def set_aside(decision: CurationDecision, *, by: User, now: datetime) -> CurationDecision:
    """Nobody goes on with this row; it stays in the list."""
    return _wait(decision, Waiting.SET_ASIDE, by=by, now=now)


@transaction.atomic
def take_up(decision: CurationDecision, *, by: User, now: datetime) -> CurationDecision:
    """Put a row that was invited or set aside back into the queue."""
    return _wait(decision, Waiting.REVIEW, by=by, now=now)


def registered_since() -> list[tuple[CurationDecision, Participant]]:
    """Invited rows whose owner stands in the register now, each with the one person it can be.

    The same email or phone; of a phone that several people share, the one of the row's name.
    Three queries.
    """
    rows = CurationDecision.objects.unmatched().filter(waiting=Waiting.INVITED).order_by("pk")
    invited = [(row, contact_of(row)) for row in rows[:FEW]]
    by_phone, by_email = _people_by_contact([contact for _, contact in invited])
    found = []
    for row, contact in invited:
        people = {p.pk: p for p in by_email.get(contact.get("email", "").lower(), [])}
        people |= {p.pk: p for p in by_phone.get(_phone_of(contact), [])}
        if len(people) > 1:
            name = _plain(contact.get("owner_name", ""))
            people = {pk: p for pk, p in people.items() if _plain(p.full_name) == name}
        if len(people) == 1:
            found.append((row, next(iter(people.values()))))
    return found


def _searches(decision: CurationDecision, row: Row) -> list[tuple[str, ParticipantQuerySet]]:
    """(reason, people) by everything that the row tells."""
    people = Participant.objects.living()
    phone, email = _phone_of(row), row.get("email", "").strip().lower()
    link_ = decision.store_link or row.get("store_link", "")
    shop = decision.business_name or row.get("business_name", "")
    named = row.get("candidates", "").split(",")
    met = [pk for text in named if (pk := whole_in(text)) is not None]
    asked: list[tuple[str, str, Callable[[], ParticipantQuerySet]]] = [
        ("Cocok dengan isi berkas", row.get("candidates", ""), lambda: people.filter(pk__in=met)),
        ("Nomor HP sama", phone, lambda: people.filter(phone=phone)),
        ("Email sama", email, lambda: people.filter(email=email)),
        ("Tautan toko sama", link_, lambda: people.filter(_sells_at(link_))),
        (SIMILAR[0], row.get("owner_name", ""), lambda: find(people, row["owner_name"])),
        (SIMILAR[1], shop, lambda: find(people, shop)),
    ]
    return [(reason, search().distinct().order_by("pk")) for reason, told, search in asked if told]


def _strength(candidate: Candidate) -> tuple[int, int, int]:
    """Sorts whoever shares more before others: a number or a link says more than a similar name."""
    sure = sum(reason not in SIMILAR for reason in candidate.reasons)
    return -sure, -len(candidate.reasons), candidate.person.pk


def _sells_at(link_: str) -> Q:
    """Owners of the shop behind a link, however it was copied."""
    keyed = SalesChannel.objects.exclude(store_link="").alias(key=LinkKey("store_link"))
    owners = keyed.filter(key=link_key(link_)).values("business__participant")
    return Q(pk__in=owners)


def _locked(decision: CurationDecision) -> CurationDecision:
    rows = CurationDecision.objects.unmatched().select_for_update(of=("self",))
    found = rows.filter(pk=decision.pk).first()
    if found is None:
        raise RowRefused("Baris ini sudah diselesaikan, atau daftarnya sudah diganti.")
    return found


def _wait(
    decision: CurationDecision, waiting: Waiting, *, by: User, now: datetime
) -> CurationDecision:
    found = _locked(decision)
    _settle(found, waiting, by=by, now=now)
    found.save(update_fields=["waiting", "settled_by", "settled_at"])
    return found


def _settle(
    decision: CurationDecision, waiting: Waiting, *, by: User | None, now: datetime
) -> None:
    decision.waiting = waiting
    is_open = waiting == Waiting.REVIEW
    decision.settled_by, decision.settled_at = (None, None) if is_open else (by, now)


def _people_by_contact(
    contacts: list[Row],
) -> tuple[dict[str, list[Participant]], dict[str, list[Participant]]]:
    told_phones = {phone for row in contacts if (phone := _phone_of(row))}
    emails = {email for row in contacts if (email := row.get("email", "").lower())}
    by_phone: dict[str, list[Participant]] = defaultdict(list)
    by_email: dict[str, list[Participant]] = defaultdict(list)
    people = Participant.objects.living().defer("nik", "search")
    for person in people.filter(Q(phone__in=told_phones) | Q(email__in=emails)):
        if person.phone in told_phones:
            by_phone[person.phone].append(person)
        if person.email in emails:
            by_email[person.email].append(person)
    return by_phone, by_email


def _phone_of(row: Row) -> str:
    try:
        return phones.to_e164(row.get("phone", ""))
    except phones.PhoneError:
        return ""


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
