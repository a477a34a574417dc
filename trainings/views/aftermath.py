"""The pages after a class, by the link of a message or from /saya/: GET shows, POST answers."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from trainings import after_messages
from trainings.aftermath import absences, asking, feedback
from trainings.aftermath.forms import AbsenceForm, FeedbackForm
from trainings.aftermath.questions import questions_of
from trainings.models import Enrolment
from trainings.schedule import wave
from trainings.services import joining
from trainings.tickets import cohort_in_words
from trainings.views.links import enrolment_behind
from trainings.views.tickets import link_unknown
from umkm_portal.common import tokens
from umkm_portal.messaging.models import Delivery

_PAGES = {
    after_messages.FEEDBACK.name: "trainings:feedback",
    after_messages.ABSENCE.name: "trainings:absence",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feedback_by_link(request: HttpRequest, token: str) -> HttpResponse:
    enrolment, via = enrolment_behind(token)
    if not enrolment:
        return link_unknown(request)
    return ask_feedback(request, enrolment, via=via, now=timezone.now())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def absence_by_link(request: HttpRequest, token: str) -> HttpResponse:
    enrolment, via = enrolment_behind(token)
    if not enrolment:
        return link_unknown(request)
    return ask_absence(request, enrolment, via=via, now=timezone.now())


def page_of_message(token: str) -> str:
    """The name of the page that a message after a class leads to; empty for other messages."""
    try:
        public_id = tokens.unsign("answer", token)
    except tokens.BadToken:
        return ""
    kinds = Delivery.objects.filter(public_id=public_id).values_list("campaign__kind", flat=True)
    return _PAGES.get(kinds.first() or "", "")


def ask_feedback(
    request: HttpRequest, enrolment: Enrolment, *, via: str, now: datetime
) -> HttpResponse:
    """The questions, or thanks with what was answered; `?ubah` shows the questions again."""
    context = _about(enrolment, now=now)
    ask = asking.ask_of(enrolment, now=now)
    before = feedback.given(enrolment)
    if ask is None or ask.page != asking.FEEDBACK:
        return _thank(request, context, before=before)
    if before and request.method != "POST" and "ubah" not in request.GET:
        return _thank(request, context, before=before, may_change=True)
    form = FeedbackForm(
        request.POST if request.method == "POST" else None,
        asked=questions_of(enrolment.cohort.training),
        trainers=feedback.trainers_of(enrolment),
        before=before,
    )
    if request.method == "POST" and form.is_valid():
        return _take_feedback(request, enrolment, form, context, via=via, now=now)
    status = 422 if form.is_bound else 200
    return render(request, "trainings/feedback.html", context | {"form": form}, status=status)


def ask_absence(
    request: HttpRequest, enrolment: Enrolment, *, via: str, now: datetime
) -> HttpResponse:
    """Why she did not come; afterwards the other waves she may choose."""
    context = _about(enrolment, now=now)
    ask = asking.ask_of(enrolment, now=now)
    before = absences.given(enrolment)
    if before:
        others = joining.other_waves(enrolment, now=now).exists()
        context |= {"before": before, "has_others": before.wants_next and others}
    if ask is None or ask.page != asking.ABSENCE:
        return render(request, "trainings/absence_done.html", context)
    if before and request.method != "POST" and "ubah" not in request.GET:
        return render(request, "trainings/absence_done.html", context | {"may_change": True})
    form = AbsenceForm(request.POST if request.method == "POST" else None, before=before)
    if request.method == "POST" and form.is_valid():
        return _take_absence(request, enrolment, form, context, via=via, now=now)
    status = 422 if form.is_bound else 200
    return render(request, "trainings/absence.html", context | {"form": form}, status=status)


def _take_feedback(
    request: HttpRequest,
    enrolment: Enrolment,
    form: FeedbackForm,
    context: dict[str, object],
    *,
    via: str,
    now: datetime,
) -> HttpResponse:
    try:
        feedback.answer(
            enrolment,
            scores=form.scores,
            trainers=form.trainer_scores,
            comment=form.cleaned_data["comment"],
            may_name=form.cleaned_data["may_name"],
            via=via,
            now=now,
        )
    except feedback.FeedbackRefused as refusal:
        context |= {"form": form, "refusal": str(refusal)}
        return render(request, "trainings/feedback.html", context, status=409)
    return redirect(request.path)


def _take_absence(
    request: HttpRequest,
    enrolment: Enrolment,
    form: AbsenceForm,
    context: dict[str, object],
    *,
    via: str,
    now: datetime,
) -> HttpResponse:
    try:
        absences.give_reason(enrolment, **form.cleaned_data, via=via, now=now)
    except absences.AbsenceRefused as refusal:
        context |= {"form": form, "refusal": str(refusal)}
        return render(request, "trainings/absence.html", context, status=409)
    return redirect(request.path)


def _about(enrolment: Enrolment, *, now: datetime) -> dict[str, object]:
    """The class in words; its address is one step above this page's."""
    enrolment.cohort = cohort_in_words(enrolment)
    return {"wave": wave(enrolment.cohort, now=now), "name": enrolment.participant.full_name}


def _thank(
    request: HttpRequest,
    context: dict[str, object],
    *,
    before: object,
    may_change: bool = False,
) -> HttpResponse:
    context |= {"before": before, "may_change": may_change}
    return render(request, "trainings/feedback_done.html", context)
