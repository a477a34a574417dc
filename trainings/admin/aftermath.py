"""After a class in the staff pages: what people say of it, and why others did not come."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from trainings import wording
from trainings.admin.answers import enrolments_for
from trainings.aftermath import absences, feedback
from trainings.aftermath.ratings import least_for, ratings_of
from trainings.models import Absence, Cohort, Enrolment, Feedback, FeedbackQuestion, Trainer
from trainings.models.aftermath import THERE
from trainings.services.answers import VIA_PHONE
from umkm_portal.common import bars, phones
from umkm_portal.common.keyset import NEWER, OLDER, read_page
from umkm_portal.common.staff_admin import StaffAdmin

PER_PAGE = 50
YEAR = timedelta(days=365)


@admin.register(FeedbackQuestion)
class FeedbackQuestionAdmin(StaffAdmin):
    list_display = ("text", "slot", "shown_kind", "words")
    list_filter = ("kind",)
    ordering = ("kind", "slot", "pk")
    fields = (("kind", "slot"), "text", "words")

    @admin.display(description="bentuk pelatihan", ordering="kind")
    def shown_kind(self, question):
        return question.get_kind_display() or "Semua yang lain"


class AbsenceForm(forms.Form):
    """What a person who did not come said on the telephone."""

    reason = forms.ChoiceField(choices=[*wording.ABSENCE_REASONS.items()])
    note = forms.CharField(required=False, max_length=300)
    wants_next = forms.BooleanField(required=False)


def show(request, cohort, context):
    """Averages, comments, and who is to be asked by telephone."""
    there = cohort.enrolments.filter(state__in=THERE).count()
    answered = Feedback.objects.counting().filter(enrolment__cohort=cohort).count()
    away = enrolments_for(request.user, cohort).filter(
        Q(state=Enrolment.State.NO_SHOW)
        | Q(state=Enrolment.State.WANTS_OTHER_DATE, absences__answered_at__isnull=False)
    )
    page = read_page(away, request.GET, size=PER_PAGE)
    known = {row.enrolment_id: row for row in _answers(page.rows)}
    context |= {
        "is_closed": cohort.state == Cohort.State.FINISHED,
        "there": there,
        "answered": answered,
        "response": bars.draw([("green", "menjawab", answered)], total=there),
        "is_few": 0 < answered < feedback.FEW,
        "few": feedback.FEW,
        "averages": feedback.averages([cohort.pk]),
        "trainers": _trainers(cohort, least=least_for(request.user)),
        "comments": feedback.comments(cohort, user=request.user),
        "reasons": _bars(absences.reasons([cohort.pk])),
        "away": [(row, _phone(row), known.get(row.pk)) for row in page.rows],
        "reason_choices": wording.ABSENCE_REASONS.items(),
        "older": page.older and f"?{OLDER}={page.older}",
        "newer": page.newer and f"?{NEWER}={page.newer}",
        "may_record": request.user.has_perm("trainings.change_enrolment"),
    }
    return TemplateResponse(request, "staff/cohort_feedback.html", context)


def record(request, cohort, enrolment_id):
    """Write down what a person said on the telephone."""
    away = enrolments_for(request.user, cohort).filter(state__in=Absence.AWAY)
    enrolment = away.filter(pk=enrolment_id).first()
    if enrolment is None:
        return None
    form = AbsenceForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Pilih alasannya.")
        return redirect("admin:trainings_cohort_feedback", cohort.pk)
    facts = {"via": VIA_PHONE, "by": request.user, "now": timezone.now()}
    try:
        row = absences.give_reason(enrolment, **form.cleaned_data, **facts)
    except absences.AbsenceRefused as refusal:
        messages.error(request, str(refusal))
    else:
        name = enrolment.participant.full_name
        told = " Didahulukan di gelombang berikutnya." if row.wants_next else ""
        messages.success(request, f"{name}: alasan dicatat.{told}")
    return redirect("admin:trainings_cohort_feedback", cohort.pk)


def overview(request, context):
    """All closed cohorts, newest first, and the reasons of a year."""
    if not request.user.has_perm("trainings.view_enrolment"):
        raise PermissionDenied
    now = timezone.now()
    closed = Cohort.objects.for_user(request.user).filter(state=Cohort.State.FINISHED)
    page = read_page(closed.select_related("training"), request.GET, size=PER_PAGE)
    ids = [cohort.pk for cohort in page.rows]
    facts = _facts(ids)
    year = closed.filter(ends_at__gt=now - YEAR).values_list("pk", flat=True)
    context |= {
        "title": "Umpan balik",
        "rows": [(cohort, *facts[cohort.pk]) for cohort in page.rows],
        "reasons": _bars(absences.reasons(year)),
        "averages": feedback.averages(year),
        "few": feedback.FEW,
        "older": page.older and f"?{OLDER}={page.older}",
        "newer": page.newer and f"?{NEWER}={page.newer}",
    }
    return TemplateResponse(request, "staff/aftermath.html", context)


ERRANDS = (("alasan", "reason", record),)
"""Buttons about one seat of the cohort."""


def _phone(enrolment):
    phone = enrolment.participant.phone
    return phones.display(phone) if phone else ""


def _answers(enrolments):
    return Absence.objects.answered().filter(enrolment__in=[row.pk for row in enrolments])


def _trainers(cohort, *, least):
    """Who taught here, with what people of all their classes think."""
    found = list(
        Trainer.objects.filter(assignments__session__cohort=cohort).distinct().order_by("name")
    )
    ratings = ratings_of([trainer.pk for trainer in found], least=least)
    return [(trainer, ratings.get(trainer.pk)) for trainer in found]


def _bars(reasons):
    """Each reason with its bar, measured against all."""
    total = sum(reason.people for reason in reasons)
    return [
        (reason, bars.draw([("yellow", reason.label, reason.people)], total=total))
        for reason in reasons
    ]


def _facts(ids):
    """By cohort: people who were there, answers, average in figures, who did not come, reasons."""
    rows = Enrolment.objects.filter(cohort__in=ids).order_by().values_list("cohort")
    there = dict(rows.filter(state__in=THERE).annotate(Count("pk")))
    away = dict(rows.filter(state=Enrolment.State.NO_SHOW).annotate(Count("pk")))
    asked = Absence.objects.counting().filter(enrolment__cohort__in=ids).order_by()
    told = dict(asked.values_list("enrolment__cohort").annotate(Count("pk")))
    wish = asked.filter(enrolment__state=Enrolment.State.WANTS_OTHER_DATE)
    moved = dict(wish.values_list("enrolment__cohort").annotate(Count("pk")))
    means = feedback.averages_by_cohort(ids)
    return {
        pk: (
            there.get(pk, 0),
            means.get(pk),
            away.get(pk, 0) + moved.get(pk, 0),
            told.get(pk, 0),
        )
        for pk in ids
    }
