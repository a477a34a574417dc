"""What the officer at the door looks at: today's sessions, the counter, a person found by name."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from trainings.attendance.access import doors_of
from trainings.attendance.marks import EARLY, LATE
from trainings.models import Attendance, Enrolment, Session
from umkm_portal.accounts.models import User
from umkm_portal.common import bars, codes

FOUND_AT_MOST = 20
TICKETS_AT_MOST = 3000
"""A list that a phone takes along; an online class of thousands has no door."""
SHORTEST = 2


@dataclass(frozen=True)
class Counter:
    """People who were there, of those who have a seat."""

    present: int
    seats: int

    @property
    def label(self) -> str:
        return f"{self.present} dari {self.seats} sudah hadir"

    @property
    def bar(self) -> bars.Bar:
        return bars.draw([("green", "hadir", self.present)], total=self.seats)

    @property
    def percent(self) -> int:
        return min(100 * self.present // self.seats, 100) if self.seats else 0


@dataclass(frozen=True)
class Found:
    """One seat that a search by name found; the phone's end tells namesakes apart."""

    enrolment_id: int
    name: str
    hint: str
    came_at: datetime | None


def sessions_today(user: User, *, now: datetime) -> list[tuple[Session, Counter]]:
    """Sessions of this day (Jakarta) whose door the user keeps, the first one first."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = doors_of(user, now=now).filter(
        starts_at__lt=midnight + timedelta(days=1), ends_at__gte=midnight, cancelled_at=None
    )
    present = Count("attendances", filter=Q(attendances__came_at__isnull=False))
    rows = today.annotate(present=present).order_by("starts_at", "pk")
    return [(row, Counter(row.present, row.cohort.taken)) for row in rows]


def next_session(user: User, *, now: datetime) -> Session | None:
    """The next session to come, for a day without any."""
    ahead = doors_of(user, now=now).filter(starts_at__gt=now, cancelled_at=None)
    return ahead.order_by("starts_at", "pk").first()


def door_of_ticket(user: object, enrolment: Enrolment, *, now: datetime) -> Session | None:
    """The session going on for which this user, if she keeps its door, may mark the ticket."""
    if not isinstance(user, User):
        return None
    around = doors_of(user, now=now).filter(
        cohort=enrolment.cohort_id,
        cancelled_at=None,
        starts_at__lte=now + EARLY,
        ends_at__gte=now - LATE,
    )
    return around.order_by("starts_at", "pk").first()


def counter_of(session: Session) -> Counter:
    present = Attendance.objects.present().filter(session=session).count()
    return Counter(present, seated(session).count())


def seated(session: Session) -> QuerySet[Enrolment]:
    return Enrolment.objects.seated().filter(cohort=session.cohort_id)


def find_people(session: Session, typed: str) -> list[Found]:
    """Seats of the cohort whose owner's name has all the words, or whose phone ends so."""
    words = [word for word in typed.split() if len(word) >= SHORTEST]
    if not words:
        return []
    rows = seated(session).select_related("participant")
    for word in words:
        by_phone = Q(participant__phone__endswith=word) if word.isdecimal() else Q()
        rows = rows.filter(Q(participant__full_name__icontains=word) | by_phone)
    found = list(rows.order_by("participant__full_name", "pk")[:FOUND_AT_MOST])
    times = dict(
        Attendance.objects.filter(session=session, enrolment__in=found).values_list(
            "enrolment", "came_at"
        )
    )
    return [
        Found(row.pk, row.participant.full_name, phone_hint(row), times.get(row.pk))
        for row in found
    ]


def phone_hint(row: Enrolment) -> str:
    """The end of her number, or her code where there is none."""
    phone = row.participant.phone
    return f"HP berakhiran {phone[-4:]}" if phone else codes.display(row.short_code)


def ticket_list(session: Session) -> dict[str, object]:
    """The tickets of a session for a phone that may lose its network: no codes, no whole names.

    `tickets` has a hash of each ticket's code, and one of its identity in the QR code's address,
    with a number of the person in this list and her masked name. The salt is the session's own.
    """
    salt = hmac.digest(session.check_in_seed.encode(), b"tickets", "sha256").hex()[:32]
    rows = seated(session).select_related("participant").order_by("pk")[:TICKETS_AT_MOST]
    tickets = {}
    for number, row in enumerate(rows):
        known = (number, masked(row.participant.full_name))
        tickets[_hashed(salt, row.short_code)] = known
        tickets[_hashed(salt, row.public_id.hex)] = known
    return {"salt": salt, "tickets": tickets}


def masked(name: str) -> str:
    """`Siti A. N.`: enough to greet somebody."""
    first, *others = name.split() or ["Peserta"]
    return " ".join([first, *(f"{word[0]}." for word in others)])


def _hashed(salt: str, value: str) -> str:
    return sha256(f"{salt}:{value}".encode()).hexdigest()[:32]
