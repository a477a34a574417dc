"""The ticket page, its paper and its calendar files, opened by a signed link."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trainings.attendance.desk import door_of_ticket
from trainings.certificates.showing import standing_of
from trainings.models import Enrolment
from trainings.panels import moved_to
from trainings.reminders.showing import next_for
from trainings.schedule import wave
from trainings.ticket_papers import ticket_pdf
from trainings.tickets import calendar_file, cohort_in_words, enrolment_of
from trainings.tickets import ticket as ticket_of


@never_cache
@require_safe
def ticket(request: HttpRequest, token: str) -> HttpResponse:
    enrolment = enrolment_of(token)
    if not enrolment:
        return link_unknown(request)
    now = timezone.now()
    enrolment.cohort = cohort_in_words(enrolment)
    shown = ticket_of(enrolment, now=now)
    words = wave(enrolment.cohort, now=now)
    if not shown:
        context = {"wave": words, "moved": moved_to(enrolment, now=now)}
        return render(request, "trainings/ticket_none.html", context, status=410)
    door = door_of_ticket(request.user, enrolment, now=now)
    standing = standing_of(enrolment, now=now)
    found = {
        "wave": words,
        "ticket": shown,
        "door": door,
        "standing": standing,
        "reminded": next_for(enrolment, now=now),
    }
    return render(request, "trainings/ticket.html", found)


@never_cache
@require_safe
def pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The ticket to print or to keep on the phone."""
    enrolment = enrolment_of(token)
    if not enrolment or enrolment.state not in Enrolment.SEATED:
        return link_unknown(request)
    now = timezone.now()
    enrolment.cohort = cohort_in_words(enrolment)
    words = wave(enrolment.cohort, now=now)
    shown = ticket_of(enrolment, now=now)
    if not shown:
        return link_unknown(request)
    return HttpResponse(
        ticket_pdf(shown, wave=words),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="tiket-{words.code}.pdf"'},
    )


@never_cache
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """All sessions; whoever gave her seat back takes them out of her calendar by the same file."""
    return _calendar(request, token, now=timezone.now())


@never_cache
@require_safe
def session_calendar(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """One session."""
    return _calendar(request, token, now=timezone.now(), session_id=pk)


def link_unknown(request: HttpRequest) -> HttpResponse:
    """What to do when a link was cut off, is too old, or was never ours."""
    return render(request, "trainings/link_unknown.html", status=404)


_IN_CALENDARS = (*Enrolment.SEATED, Enrolment.State.CANCELLED)


def _calendar(
    request: HttpRequest, token: str, *, now: datetime, session_id: int | None = None
) -> HttpResponse:
    enrolment = enrolment_of(token)
    if not enrolment or enrolment.state not in _IN_CALENDARS:
        return link_unknown(request)
    enrolment.cohort = cohort_in_words(enrolment)
    words = wave(enrolment.cohort, now=now)
    file = calendar_file(enrolment, wave=words, now=now, session_id=session_id)
    if not file:
        return link_unknown(request)
    name = words.code if session_id is None else f"{words.code}-{session_id}"
    return HttpResponse(
        file,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="jakpreneur-{name}.ics"'},
    )
