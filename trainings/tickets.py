"""The ticket of a confirmed seat: code, QR, its sessions, and what calendars make of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import caches
from django.urls import reverse
from django.utils.safestring import SafeString
from icalendar import Alarm, Calendar, Event

from trainings.models import Cohort, Enrolment, Session
from trainings.schedule import Wave, in_words, moment_label, session_hours
from umkm_portal.common import codes, shared_pages, tokens
from umkm_portal.common.dates import format_date
from umkm_portal.common.qr import qr_code

LINK_OPENS = timedelta(minutes=60)
"""How long before an online session begins its link is shown to those who have a seat."""
_OWN_FACTS = [field.name for field in Cohort._meta.concrete_fields if not field.is_relation]
REMINDS = timedelta(days=1)
"""How long before a session the calendar of a seat holder reminds her, wherever it is moved to."""


@dataclass(frozen=True)
class Sitting:
    """One session as it stands on the ticket; `link` is empty until shortly before it begins."""

    title: str
    when: str
    place: str
    link: str
    link_note: str
    calendar_url: str
    is_cancelled: bool


@dataclass(frozen=True)
class Ticket:
    """What the person shows at the door; `url` works in any camera app."""

    code: str
    name: str
    url: str
    calendar_url: str
    pdf_url: str
    qr: SafeString
    sittings: tuple[Sitting, ...]
    is_attended: bool
    is_cancelled: bool


def token_of(enrolment: Enrolment) -> str:
    return tokens.sign("ticket", enrolment.public_id)


def ticket_url(enrolment: Enrolment) -> str:
    """The https address that the QR code carries."""
    return f"{settings.PORTAL_URL}{reverse('trainings:ticket', args=[token_of(enrolment)])}"


def enrolment_of(token: str) -> Enrolment | None:
    """The enrolment a ticket belongs to, with its person; None for a foreign token.

    The pages read its cohort in words, with what belongs to it.
    """
    try:
        public_id = tokens.unsign("ticket", token)
    except tokens.BadToken:
        return None
    rows = Enrolment.objects.select_related("participant")
    return next(iter(rows.filter(public_id=public_id)), None)


def ticket(enrolment: Enrolment, *, now: datetime) -> Ticket | None:
    """The ticket of a seat; None while there is no seat. Read its cohort through `in_words`."""
    if enrolment.state not in Enrolment.SEATED:
        return None
    token = token_of(enrolment)
    url = ticket_url(enrolment)
    return Ticket(
        code=codes.display(enrolment.short_code),
        name=enrolment.participant.full_name,
        url=url,
        calendar_url=reverse("trainings:calendar", args=[token]),
        pdf_url=reverse("trainings:ticket_pdf", args=[token]),
        qr=qr_code(url, label="Kode QR tiket"),
        sittings=_sittings(enrolment, token=token, now=now),
        is_attended=enrolment.state in (Enrolment.State.ATTENDED, Enrolment.State.COMPLETED),
        is_cancelled=enrolment.cohort.state == Cohort.State.CANCELLED,
    )


def calendar_file(
    enrolment: Enrolment, *, wave: Wave, now: datetime, session_id: int | None = None
) -> bytes:
    """The sessions of the cohort, or one of them, as an iCalendar file in Jakarta time.

    Empty without such a session. What does not take place for her any more says so, so that the
    entry leaves her calendar.
    """
    sessions = enrolment.cohort.sessions.select_related("venue").order_by("starts_at", "pk")
    if session_id is not None:
        sessions = sessions.filter(pk=session_id)
    changes = _changes_of_mind(enrolment)
    events = [_event(enrolment, row, wave=wave, changes=changes, now=now) for row in sessions]
    if not events:
        return b""
    calendar = Calendar()
    calendar.add("prodid", "-//Jakpreneur//Portal Pelatihan//ID")
    calendar.add("version", "2.0")
    is_off = all(event["status"] == "CANCELLED" for event in events)
    calendar.add("method", "CANCEL" if is_off else "PUBLISH")
    for event in events:
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def cohort_in_words(enrolment: Enrolment) -> Cohort:
    """The enrolment's cohort with everything `schedule.wave` reads.

    The facts of its own row are read afresh; those of its training and sessions, the same for all
    who hold a seat, may be a few seconds old.
    """
    key = f"cohort-in-words:{enrolment.cohort_id}"
    known: Cohort | None = caches[shared_pages.CACHE].get(key)
    if known is not None:
        known.refresh_from_db(fields=_OWN_FACTS)
        return known
    read = in_words(Cohort.objects.all()).get(pk=enrolment.cohort_id)
    caches[shared_pages.CACHE].set(key, read, shared_pages.SECONDS)
    return read


def _sittings(enrolment: Enrolment, *, token: str, now: datetime) -> tuple[Sitting, ...]:
    rows = list(enrolment.cohort.sessions.all())
    return tuple(
        _sitting(row, number=number, token=token, now=now) for number, row in enumerate(rows, 1)
    )


def _sitting(session: Session, *, number: int, token: str, now: datetime) -> Sitting:
    opens = session.starts_at - LINK_OPENS
    is_off = session.cancelled_at is not None
    has_link = bool(session.link) and not is_off and now < session.ends_at
    venue = session.venue
    return Sitting(
        title=session.title or f"Sesi {number}",
        when=f"{format_date(session.starts_at)}, {session_hours(session)}",
        place=f"{venue.name}, {venue.address}" if venue else "Daring",
        link=session.link if has_link and opens <= now else "",
        link_note=f"Tautan kelas muncul di sini {moment_label(opens)}."
        if has_link and now < opens
        else "",
        calendar_url=reverse("trainings:session_calendar", args=[token, session.pk]),
        is_cancelled=is_off,
    )


def _changes_of_mind(enrolment: Enrolment) -> int:
    """What her own leaving and coming back adds to the number of each calendar entry."""
    left = enrolment.events.filter(to_state=Enrolment.State.CANCELLED)
    times = left.exclude(from_state=Enrolment.State.CANCELLED).count()
    return 2 * times - (enrolment.state == Enrolment.State.CANCELLED)


def _event(
    enrolment: Enrolment, session: Session, *, wave: Wave, changes: int, now: datetime
) -> Event:
    zone = ZoneInfo(settings.TIME_ZONE)
    url = ticket_url(enrolment)
    event = Event()
    # The same identity on every download: a calendar updates the entry instead of doubling it.
    event.add("uid", f"{enrolment.public_id}-{session.pk}@portal-pelatihan")
    event.add("dtstamp", now.astimezone(ZoneInfo("UTC")))
    event.add("sequence", session.sequence + changes)
    event.add("dtstart", session.starts_at.astimezone(zone))
    event.add("dtend", session.ends_at.astimezone(zone))
    event.add("summary", f"{wave.title}{f': {session.title}' if session.title else ''}")
    venue = session.venue
    event.add("location", f"{venue.name}, {venue.address}" if venue else wave.place)
    event.add("description", f"Kode tiket {codes.display(enrolment.short_code)}. Tiket: {url}")
    event.add("url", url)
    is_off = session.cancelled_at is not None or enrolment.state not in Enrolment.SEATED
    is_off = is_off or enrolment.cohort.state == Cohort.State.CANCELLED
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    if not is_off:
        event.add_component(_alarm(str(event["summary"])))
    return event


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -REMINDS)
    return alarm
