"""A session that people have heard of is moved, cancelled or added; who holds a seat is told once.

Each change raises the session's `sequence`, so that calendars follow. The message waits until
nobody has changed the cohort for `QUIET`: several changes become one message, and a change that
was taken back becomes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from trainings import change_messages, ways, wording
from trainings.models import Cohort, Session, SessionChange, Venue
from trainings.models.enrolments import Enrolment, Offer
from trainings.reminders.following import follow_sessions
from trainings.services import seats
from trainings.sessions import refresh_cohort_dates
from umkm_portal.accounts.models import User
from umkm_portal.common.dates import format_moment
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign

QUIET = timedelta(minutes=3)
PUBLISHED = (Cohort.State.OPEN, Cohort.State.CLOSED)
Kind = SessionChange.Kind


class ChangeRefused(Exception):
    """The session cannot be changed so; the text is the sentence for the officer."""


class AlreadyCancelled(ChangeRefused):
    def __init__(self) -> None:
        super().__init__("Sesi ini sudah dibatalkan. Tambahkan sesi baru bila jadi diadakan.")


class LastSession(ChangeRefused):
    def __init__(self) -> None:
        super().__init__(
            "Ini satu-satunya sesi. Pindahkan harinya, atau batalkan gelombangnya lewat tab "
            "Pindah dan batal."
        )


class EndsBeforeStart(ChangeRefused):
    def __init__(self) -> None:
        super().__init__("Sesi harus selesai setelah mulai.")


@transaction.atomic
def move_session(
    session: Session,
    *,
    starts_at: datetime,
    ends_at: datetime,
    venue: Venue | None,
    link: str,
    by: User | None,
    now: datetime,
) -> bool:
    """Give a session another time, place or link; True when anything is different now.

    Raises ChangeRefused with the sentence for the officer.
    """
    if ends_at <= starts_at:
        raise EndsBeforeStart
    cohort, session = _locked(session)
    if session.cancelled_at:
        raise AlreadyCancelled
    wanted = (starts_at, ends_at, venue.pk if venue else None, link)
    if wanted == (session.starts_at, session.ends_at, session.venue_id, session.link):
        return False
    _note(session, cohort, kind=Kind.MOVED, by=by, now=now)
    session.starts_at, session.ends_at, session.venue, session.link = (
        starts_at,
        ends_at,
        venue,
        link,
    )
    session.sequence += 1
    session.save(update_fields=["starts_at", "ends_at", "venue", "link", "sequence"])
    _follow(cohort)
    follow_sessions([session.pk], now=now)
    return True


@transaction.atomic
def cancel_session(session: Session, *, by: User | None, now: datetime) -> bool:
    """Cancel one session of several; False when it was cancelled before.

    Raises LastSession: a cohort without sessions is cancelled as a whole.
    """
    cohort, session = _locked(session)
    if session.cancelled_at:
        return False
    if not cohort.sessions.filter(cancelled_at=None).exclude(pk=session.pk).exists():
        raise LastSession
    _note(session, cohort, kind=Kind.CANCELLED, by=by, now=now)
    session.cancelled_at = now
    session.sequence += 1
    session.save(update_fields=["cancelled_at", "sequence"])
    _follow(cohort)
    follow_sessions([session.pk], now=now)
    return True


@transaction.atomic
def add_session(session: Session, *, by: User | None, now: datetime) -> None:
    """Tell of a session that was just saved into a cohort with people."""
    cohort, session = _locked(session)
    _note(session, cohort, kind=Kind.ADDED, by=by, now=now)
    _follow(cohort)


def tell_changes(*, now: datetime) -> int:
    """Tell the people of every cohort whose changes have come to rest; return how many cohorts."""
    untold = SessionChange.objects.filter(told_at=None).order_by().values("session__cohort")
    resting = untold.annotate(last=Max("changed_at")).filter(last__lte=now - QUIET)
    return sum(tell_change(row["session__cohort"], now=now) is not None for row in resting)


@transaction.atomic
def tell_change(cohort_id: int, *, now: datetime) -> Campaign | None:
    """One message to everybody with a seat about all that changed; None when nothing did."""
    cohort = seats.lock(cohort_id)
    pending = SessionChange.objects.filter(session__cohort=cohort, told_at=None)
    changes = list(pending.select_related("session__venue", "venue").order_by("pk"))
    if not changes or changes[-1].changed_at > now - QUIET:
        return None
    SessionChange.objects.filter(pk__in=[change.pk for change in changes]).update(told_at=now)
    sentence = _in_words(cohort, changes, now=now)
    people = cohort.enrolments.filter(state__in=_TOLD)
    if not sentence or cohort.state not in PUBLISHED or not people.exists():
        return None
    return _send(cohort, sentence, now=now)


def recent_in_words(cohort: Cohort, *, since: datetime, now: datetime) -> str:
    """What is different from before the first change after `since`; told before or not."""
    rows = SessionChange.objects.filter(
        session__cohort=cohort, changed_at__gt=since, session__ends_at__gt=now
    )
    changes = list(rows.select_related("session__venue", "venue").order_by("pk"))
    return _in_words(cohort, changes, now=now)


_TOLD = (
    Enrolment.State.CONFIRMED,
    Enrolment.State.ATTENDED,
    Enrolment.State.NO_SHOW,
    Enrolment.State.OFFERED,
)
_AUDIENCE = """
INSERT INTO messaging_audiencemember (campaign_id, position, recipient_key, subject_id)
SELECT %(campaign)s, row_number() OVER (ORDER BY e.id), e.participant_id, e.id
FROM trainings_enrolment e WHERE e.cohort_id = %(cohort)s AND e.state = ANY(%(states)s)
"""


def _locked(session: Session) -> tuple[Cohort, Session]:
    cohort = seats.lock(session.cohort_id)
    fresh = Session.objects.select_for_update(no_key=True, of=("self",)).select_related("venue")
    return cohort, fresh.get(pk=session.pk)


def _note(session: Session, cohort: Cohort, *, kind: Kind, by: User | None, now: datetime) -> None:
    """Keep what the session was; nobody has heard of a plan, nor hears of a session that is over.

    A plan keeps no record, since nobody is told.
    """
    if cohort.state not in PUBLISHED or session.ends_at <= now:
        return
    SessionChange.objects.create(
        session=session,
        kind=kind,
        venue=session.venue,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        link=session.link,
        changed_by=by,
        changed_at=now,
    )


def _follow(cohort: Cohort) -> None:
    """The cohort's dates repeat its sessions; no seat is on offer after the class has begun."""
    refresh_cohort_dates(cohort)
    if cohort.starts_at:
        late = cohort.offers.filter(state=Offer.State.PENDING, deadline_at__gt=cohort.starts_at)
        late.update(deadline_at=cohort.starts_at)


def _in_words(cohort: Cohort, changes: Sequence[SessionChange], *, now: datetime) -> str:
    """A sentence for each session that is different from what people knew; empty when none is."""
    first: dict[int, SessionChange] = {}
    for change in changes:
        first.setdefault(change.session_id, change)
    numbers = _numbers(cohort)
    told = (_sentence(change, numbers[pk]) for pk, change in first.items())
    return " ".join(filter(None, told))


def _numbers(cohort: Cohort) -> dict[int, str]:
    """What a session is called: its title, or its number among the sessions by date."""
    rows: Iterable[Session] = cohort.sessions.order_by("starts_at", "pk")
    return {row.pk: row.title or f"Sesi {number}" for number, row in enumerate(rows, 1)}


def _sentence(change: SessionChange, name: str) -> str:
    """What is different between before the first untold change and now."""
    session = change.session
    before, after = format_moment(change.starts_at), format_moment(session.starts_at)
    if change.kind == Kind.ADDED:
        is_new = session.cancelled_at is None
        return f"{name} ditambahkan: {after}{_at(session.venue)}." if is_new else ""
    if session.cancelled_at:
        return f"{name}, {before}, dibatalkan."
    parts = []
    if (change.starts_at, change.ends_at) != (session.starts_at, session.ends_at):
        until = wording.hour(session.ends_at)
        parts.append(f"semula {before}, menjadi {after} sampai {until} WIB")
    if change.venue_id != session.venue_id:
        place = f"{session.venue.name}, {session.venue.address}" if session.venue else "daring"
        parts.append(f"tempatnya sekarang {place}")
    if change.link != session.link:
        parts.append("tautan daringnya baru, ada di halaman tiket")
    return f"{name}: {', '.join(parts)}." if parts else ""


def _at(venue: Venue | None) -> str:
    return f", di {venue.name}, {venue.address}" if venue else ", daring"


def _send(cohort: Cohort, sentence: str, *, now: datetime) -> Campaign:
    title = f"Perubahan jadwal {cohort.training.title}, gelombang {cohort.number}"
    campaign = messaging.create_campaign(
        change_messages.SCHEDULE_CHANGED,
        subject_id=cohort.pk,
        title=title,
        actor=None,
        now=now,
        channels=ways.open_channels(change_messages.SCHEDULE_CHANGED),
        options={change_messages.CHANGES: sentence},
        not_after=cohort.ends_at if cohort.ends_at and cohort.ends_at > now else None,
    )
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "cohort": cohort.pk,
        "states": [str(state) for state in _TOLD],
    }
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCE, values)
    campaign = messaging.approve_campaign(campaign, actor=None, now=now)
    return messaging.start_campaign(campaign, now=now)
