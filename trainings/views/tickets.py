"""The ticket page and its calendar file, opened by a signed link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trainings.models import Enrolment
from trainings.schedule import wave
from trainings.tickets import calendar_file, cohort_in_words, enrolment_of
from trainings.tickets import ticket as ticket_of


@never_cache
@require_safe
def ticket(request: HttpRequest, token: str) -> HttpResponse:
    enrolment = enrolment_of(token)
    if not enrolment:
        return link_unknown(request)
    shown = ticket_of(enrolment)
    words = wave(cohort_in_words(enrolment), now=timezone.now())
    if not shown:
        return render(request, "trainings/ticket_none.html", {"wave": words}, status=410)
    return render(request, "trainings/ticket.html", {"wave": words, "ticket": shown})


@never_cache
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    enrolment = enrolment_of(token)
    if not enrolment or enrolment.state not in Enrolment.SEATED:
        return link_unknown(request)
    words = wave(cohort_in_words(enrolment), now=timezone.now())
    return HttpResponse(
        calendar_file(enrolment, wave=words),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="jakpreneur-{words.code}.ics"'},
    )


def link_unknown(request: HttpRequest) -> HttpResponse:
    """What to do when a link was cut off, is too old, or was never ours."""
    return render(request, "trainings/link_unknown.html", status=404)
