"""The trainers of one cohort: who was asked, who said yes, and for what fee."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from trainings.aftermath.ratings import least_for, ratings_of
from trainings.models import Assignment
from trainings.planning import clashes
from trainings.planning.trainers import fees_of, record_answers
from umkm_portal.common import phones
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_fields import RupiahField

TONES = {
    Assignment.State.ASKED: "yellow",
    Assignment.State.CONFIRMED: "green",
    Assignment.State.DECLINED: "red",
}
CHANGE = "trainings.change_cohort"


class AssignmentForm(forms.ModelForm):
    fee = RupiahField(required=False, label="Honor")

    class Meta:
        model = Assignment
        fields = ("state", "fee", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "st-input"
        fee = self.instance.trainer.fee_per_session
        self.fields["fee"].widget.attrs["placeholder"] = format_rupiah(fee)

    def save(self, commit=True):
        if "state" in self.changed_data:
            is_open = self.cleaned_data["state"] == Assignment.State.ASKED
            self.instance.answered_at = None if is_open else timezone.now()
        return super().save(commit)


AnswerForms = forms.modelformset_factory(Assignment, form=AssignmentForm, extra=0)


def show(request, cohort, context):
    """Every session with its trainers; the answers are typed here."""
    may_change = request.user.has_perm(CHANGE)
    rows = _assignments(cohort)
    typed = request.POST if request.method == "POST" and may_change else None
    if typed is not None and "all" in typed:
        return _answer_all(request, cohort, rows)
    answers = AnswerForms(typed, queryset=rows)
    if typed is not None and answers.is_valid():
        answers.save()
        messages.success(request, "Jawaban pelatih disimpan.")
        return redirect("admin:trainings_cohort_trainers", cohort.pk)
    fees = fees_of(cohort)
    context |= {
        "answers": answers,
        "people": _people(cohort, answers.forms, least=least_for(request.user)),
        "empty_sessions": cohort.sessions.filter(assignments=None, cancelled_at=None).order_by(
            "starts_at", "pk"
        ),
        "fees": format_rupiah(fees.wanted),
        "fees_planned": format_rupiah(fees.planned),
        "fees_lacking": format_rupiah(fees.lacking) if fees.lacking else "",
        "may_change": may_change,
    }
    status = 422 if typed is not None else 200
    return TemplateResponse(request, "staff/cohort_trainers.html", context, status=status)


def _assignments(cohort):
    rows = Assignment.objects.filter(session__cohort=cohort, session__cancelled_at=None)
    rows = rows.select_related("trainer__organisation", "session__venue")
    return rows.order_by("trainer__name", "trainer", "session__starts_at", "pk")


def _people(cohort, answer_forms, *, least):
    """(trainer, chat link, fee, [(form, tone, clashes)], rating) by trainer."""
    sessions = {form.instance.session_id: form.instance.session for form in answer_forms}
    told = _clashes(cohort, sessions)
    ratings = ratings_of({form.instance.trainer_id for form in answer_forms}, least=least)
    people = {}
    for form in answer_forms:
        row = form.instance
        trainer = row.trainer
        person = people.setdefault(
            trainer.pk,
            (
                trainer,
                _chat(cohort, trainer),
                format_rupiah(trainer.fee_per_session),
                [],
                ratings.get(trainer.pk),
            ),
        )
        against = [c.sentence for c in told[row.session_id] if trainer.name in c.sentence]
        person[3].append((form, TONES[Assignment.State(form.initial["state"])], against))
    return list(people.values())


def _clashes(cohort, sessions):
    found = list(
        cohort.sessions.filter(pk__in=sessions)
        .select_related("venue")
        .prefetch_related(clashes.assignments())
    )
    meetings = [clashes.meeting_of(session, cohort) for session in found]
    told = clashes.find_clashes(meetings)
    kinds = clashes.TRAINER_KINDS
    return {
        session.pk: [clash for clash in against if clash.kind in kinds]
        for session, against in zip(found, told, strict=True)
    }


def _chat(cohort, trainer):
    if not trainer.phone:
        return ""
    text = (
        f"Yth. {trainer.name}, bersediakah Anda mengajar "
        f"{clashes.name_of(cohort)}? Mohon balas YA atau TIDAK."
    )
    return phones.whatsapp_link(trainer.phone, text)


def _answer_all(request, cohort, rows):
    """One answer of a trainer for all her sessions: `12:confirmed`."""
    number, _, state = request.POST["all"].partition(":")
    trainer = whole_in(number)
    if trainer is None or state not in Assignment.State.values:
        messages.error(request, "Pilih jawabannya.")
    else:
        hers = list(rows.filter(trainer=trainer).values_list("pk", flat=True))
        count = record_answers(hers, state=state, now=timezone.now())
        messages.success(request, f"Jawaban untuk {count} sesi disimpan.")
    return redirect("admin:trainings_cohort_trainers", cohort.pk)
