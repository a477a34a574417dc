"""The ticket of a confirmed seat: code, QR and calendar file."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from icalendar import Calendar, Event

from trainings.models import Cohort, Enrolment, Session
from trainings.schedule import Wave, in_words
from umkm_portal.common import codes, tokens
from umkm_portal.common.qr import qr_code


@dataclass(frozen=True)
class Ticket:
    """What the person shows at the door; `url` works in any camera app."""

    code: str
    name: str
    url: str
    calendar_url: str
    qr: SafeString
    is_attended: bool
    is_cancelled: bool


def token_of(enrolment: Enrolment) -> str:
    return tokens.sign("ticket", enrolment.public_id)


def enrolment_of(token: str) -> Enrolment | None:
    """The enrolment a ticket belongs to, with cohort and person; None for a foreign token."""
    try:
        public_id = tokens.unsign("ticket", token)
    except tokens.BadToken:
        return None
    rows = Enrolment.objects.select_related("cohort", "participant")
    return rows.filter(public_id=public_id).first()


def ticket(enrolment: Enrolment) -> Ticket | None:
    """The ticket of a seat; None while there is no seat."""
    if enrolment.state not in Enrolment.SEATED:
        return None
    token = token_of(enrolment)
    url = f"{settings.PORTAL_URL}{reverse('trainings:ticket', args=[token])}"
    return Ticket(
        code=codes.display(enrolment.short_code),
        name=enrolment.participant.full_name,
        url=url,
        calendar_url=reverse("trainings:calendar", args=[token]),
        qr=qr_code(url, label="Kode QR tiket"),
        is_attended=enrolment.state in (Enrolment.State.ATTENDED, Enrolment.State.COMPLETED),
        is_cancelled=enrolment.cohort.state == Cohort.State.CANCELLED,
    )


def calendar_file(enrolment: Enrolment, *, wave: Wave) -> bytes:
    """All sessions of the cohort as an iCalendar file in Jakarta time."""
    calendar = Calendar()
    calendar.add("prodid", "-//Jakpreneur//Portal Pelatihan//ID")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for session in enrolment.cohort.sessions.select_related("venue").order_by("starts_at", "pk"):
        calendar.add_component(_event(enrolment, session, wave=wave))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def cohort_in_words(enrolment: Enrolment) -> Cohort:
    """The enrolment's cohort with everything `schedule.wave` reads."""
    return in_words(Cohort.objects.all()).get(pk=enrolment.cohort_id)


def _event(enrolment: Enrolment, session: Session, *, wave: Wave) -> Event:
    zone = ZoneInfo(settings.TIME_ZONE)
    url = f"{settings.PORTAL_URL}{reverse('trainings:ticket', args=[token_of(enrolment)])}"
    event = Event()
    # The same identity on every download: a calendar updates the entry instead of doubling it.
    event.add("uid", f"{enrolment.public_id}-{session.pk}@portal-pelatihan")
    event.add("dtstamp", enrolment.changed_at.astimezone(ZoneInfo("UTC")))
    event.add("dtstart", session.starts_at.astimezone(zone))
    event.add("dtend", session.ends_at.astimezone(zone))
    event.add("summary", f"{wave.title}{f': {session.title}' if session.title else ''}")
    venue = session.venue
    event.add("location", f"{venue.name}, {venue.address}" if venue else wave.place)
    event.add("description", f"Kode tiket {codes.display(enrolment.short_code)}. Tiket: {url}")
    event.add("url", url)
    is_cancelled = enrolment.cohort.state == Cohort.State.CANCELLED
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    return event
