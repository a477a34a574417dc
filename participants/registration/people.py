"""One person into the register: by herself after a code, or by staff at the counter.

A new record, or the completion of the record that is hers already (`matching.own_record`). What
is verified is never overwritten, and a suspicion of a twin never blocks anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from participants import niks
from participants.activity import record_activity
from participants.duplicates.later import search_later
from participants.models import (
    Business,
    Consent,
    Participant,
    Referral,
    SalesChannel,
    StageEvent,
)
from participants.registration.entry import Entry
from participants.registration.matching import (
    own_record,
    suspect_twins,
    unnamed_business,
    verified_holder,
)
from participants.search import refresh_search
from umkm_portal.accounts.models import User

__all__ = ["NOTICE_VERSION", "AlreadyVerified", "Entry", "register_person"]

NOTICE_VERSION = "2026-11"
"""The privacy notice (`/privasi/`) that people are shown now; change it with the text."""
KTP_SEEN = "KTP dilihat petugas"
REFERRED_SERVICE = "Pembinaan dan perizinan usaha"
"""What people from outside Jakarta are sent to the dinas of their own city for."""
_UNIQUE_NIK = "participant_verified_nik_unique"


class AlreadyVerified(Exception):
    """Staff saw a KTP whose NIK is verified on another record: `participant`."""

    def __init__(self, participant: Participant) -> None:
        super().__init__("NIK ini sudah terdaftar dan terverifikasi.")
        self.participant = participant


@transaction.atomic
def register_person(
    entry: Entry,
    *,
    source: str,
    account: User | None,
    actor: User | None,
    ktp_seen: bool,
    now: datetime,
) -> Participant:
    """Return the registered person: P1, notice, consents, business and search text included.

    `account` proved the phone or email of the entry by a code; `actor` is the member of staff who
    typed it in. Raises AlreadyVerified when `ktp_seen` and the NIK is verified on another record.
    """
    if account:
        # Two pages sent at once by one account wait for each other here.
        User.objects.select_for_update(no_key=True).get(pk=account.pk)
    holder = verified_holder(entry.nik) if ktp_seen else None
    if holder:
        raise AlreadyVerified(holder)
    person = own_record(entry, account=account, ktp_seen=ktp_seen) or Participant()
    _fill_in(person, entry, source=source, today=timezone.localdate(now))
    if account:
        person.account = account
    if ktp_seen and entry.nik:
        _verify(person, actor=actor, now=now)
    with _refusing_taken_nik(entry.nik):
        person.save()
    _write_business(person, entry)
    _write_consents(person, entry, source=source, actor=actor, now=now)
    _write_registration(person, actor=actor, day=timezone.localdate(now))
    suspect_twins(person, entry)
    search_later([person.pk])
    refresh_search([person.pk])
    record_activity([person.pk], at=now)
    person.refresh_from_db(fields=["search", "last_activity_at", "active_until"])
    return person


def _fill_in(person: Participant, entry: Entry, *, source: str, today: date) -> None:
    """Put the answers into the columns; a verified name, birth date and NIK stay as they are."""
    is_new, is_verified = person.pk is None, person.identity == Participant.Identity.VERIFIED
    person.full_name = person.full_name or entry.full_name
    person.source = person.source or source
    person.phone = entry.phone or person.phone
    person.email = entry.email or person.email
    if entry.birth_date and not (is_verified and person.birth_date):
        person.birth_date = entry.birth_date
    if entry.nik and not person.nik_index:
        for column, value in niks.facts_of(entry.nik).items():
            setattr(person, column, value)
    person.region = entry.region or person.region
    person.address = entry.address or person.address
    if is_new or entry.track == Participant.Track.SCALING:
        person.track = entry.track
    person.is_willing, person.willing_on = entry.is_willing, today
    person.willing_source = source


def _verify(person: Participant, *, actor: User | None, now: datetime) -> None:
    person.identity = Participant.Identity.VERIFIED
    person.verified_by, person.verified_how, person.verified_at = actor, KTP_SEEN, now


@contextmanager
def _refusing_taken_nik(nik: str) -> Iterator[None]:
    """Name the other record when somebody verified the same NIK at this very moment."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        holder = verified_holder(nik) if _UNIQUE_NIK in str(error) else None
        if holder is None:
            raise
        raise AlreadyVerified(holder) from error


def _write_business(person: Participant, entry: Entry) -> None:
    """Complete the business of that name, else the only one, else write a new one."""
    if not entry.has_business:
        return
    name = entry.business_name or f"Usaha {person.full_name}"[:120]
    known = list(person.businesses.order_by("pk"))
    same = [business for business in known if business.name.casefold() == name.casefold()]
    if entry.business_name:
        other = unnamed_business(person)
    else:
        other = known[0] if len(known) == 1 else None
    business = next(iter(same), other) or Business(participant=person)
    if entry.business_name or not business.name:
        business.name = name
    business.region = entry.region or business.region
    for column in ("sector", "products", "nib", "market", "stall"):
        setattr(business, column, getattr(entry, column) or getattr(business, column))
    if entry.yearly_sales is not None:
        business.yearly_sales = entry.yearly_sales
    business.save()
    SalesChannel.objects.bulk_create(
        [
            SalesChannel(business=business, platform=platform, store_link=link)
            for platform, link in entry.channels
        ],
        ignore_conflicts=True,
    )


def _write_consents(
    person: Participant, entry: Entry, *, source: str, actor: User | None, now: datetime
) -> None:
    """Record the notice, each consent given, and each that is taken back by saying no."""
    answers = {Consent.Purpose.NOTICE.value: True, **entry.consents}
    standing = _standing_consents(person)
    Consent.objects.bulk_create(
        [
            Consent(
                participant=person,
                purpose=purpose,
                event=Consent.Event.GIVEN if is_given else Consent.Event.WITHDRAWN,
                notice_version=NOTICE_VERSION,
                channel=source[:40],
                actor=actor,
                happened_at=now,
            )
            for purpose, is_given in answers.items()
            if is_given or standing.get(purpose) == Consent.Event.GIVEN
        ]
    )


def _standing_consents(person: Participant) -> dict[str, str]:
    """The last event of each purpose that names no organisation."""
    rows = person.consents.filter(organisation=None).order_by("happened_at", "pk")
    return dict(rows.values_list("purpose", "event"))


def _write_registration(person: Participant, *, actor: User | None, day: date) -> None:
    """P1 once in a life; outside Jakarta also the way to the dinas of her own city."""
    if not person.stage_events.filter(stage="P1", corrects=None).exists():
        StageEvent.objects.create(
            participant=person,
            stage_id="P1",
            organisation=person.agency,
            occurred_on=day,
            source_ref=f"registration:{person.pk}",
            actor=actor,
        )
    if person.region and not person.region.is_in_jakarta:
        Referral.objects.get_or_create(
            participant=person,
            service=REFERRED_SERVICE,
            defaults={"region": person.region},
        )
