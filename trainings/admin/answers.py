"""The answers of one cohort: read them, record one given by telephone, keep the waiting line."""

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from participants.models import Participant
from participants.search import find
from trainings.followups import close_followup, open_followups
from trainings.models import Cohort, Enrolment, Offer
from trainings.services import answers, capacity, forfeits
from umkm_portal.common.keyset import NEWER, OLDER, read_page
from umkm_portal.common.numbers import whole_in

PER_PAGE = 50
TONES = {
    "confirmed": "green",
    "attended": "green",
    "completed": "green",
    "waitlisted": "yellow",
    "offered": "yellow",
    "not_mine": "red",
    "wants_other_date": "blue",
    "invited": "blue",
}


MOVABLE = (Enrolment.State.CONFIRMED, Enrolment.State.WANTS_OTHER_DATE)


class AnswerForm(forms.Form):
    """What a person said on the telephone."""

    YES, NO, LATER, NOT_MINE, CANCEL = "ya", "tidak", "lain", "bukan", "batal"
    answer = forms.ChoiceField(
        choices=[
            (YES, "Ya, akan hadir"),
            (NO, "Tidak bisa"),
            (LATER, "Minta jadwal lain"),
            (NOT_MINE, "Salah alamat, bukan orangnya"),
            (CANCEL, "Batal ikut"),
        ]
    )
    note = forms.CharField(required=False, max_length=300)


class PriorityForm(forms.Form):
    priority = forms.IntegerField(min_value=-100, max_value=100)
    reason = forms.CharField(max_length=160, required=False)


def enrolments_for(user, cohort):
    """The cohort's enrolments of people this user may see."""
    people = Participant.objects.for_user(user).values("pk")
    return cohort.enrolments.filter(participant__in=people).select_related(
        "participant__region", "answered_by"
    )


def show(request, cohort, context):
    """Answers of one state or all, newest first, with a search."""
    rows = enrolments_for(request.user, cohort)
    counts = dict(rows.order_by().values_list("state").annotate(count=Count("pk")))
    chosen = request.GET.get("status", "")
    if chosen in Enrolment.State.values:
        rows = rows.filter(state=chosen)
    typed = request.GET.get("q", "").strip()
    if typed:
        rows = rows.filter(participant__in=find(Participant.objects.all(), typed).values("pk"))
    page = read_page(rows, request.GET, size=PER_PAGE)
    todo = set(
        open_followups().filter(pk__in=[row.pk for row in page.rows]).values_list("pk", flat=True)
    )
    context |= {
        "rows": [
            (
                row,
                TONES.get(row.state, "grey"),
                row.pk in todo,
                row.state in MOVABLE,
                forfeits.is_forfeited(row),
            )
            for row in page.rows
        ],
        "counts": [
            (value, label, counts[value])
            for value, label in Enrolment.State.choices
            if value in counts
        ],
        "total": sum(counts.values()),
        "chosen": chosen,
        "typed": typed,
        "older": _link(request, OLDER, page.older, NEWER),
        "newer": _link(request, NEWER, page.newer, OLDER),
        "answer_choices": AnswerForm.base_fields["answer"].choices,
        "waves": list(other_waves(cohort)[:20]),
        "may_answer": request.user.has_perm("trainings.change_enrolment"),
    }
    return TemplateResponse(request, "staff/cohort_answers.html", context)


def record(request, cohort, enrolment_id):
    """Record an answer given by telephone, with who took it and when."""
    enrolment = enrolments_for(request.user, cohort).filter(pk=enrolment_id).first()
    if enrolment is None:
        return None
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Pilih jawabannya.")
        return _back(request, cohort)
    facts = {"now": timezone.now(), "via": answers.VIA_PHONE, "actor": request.user}
    answer, note = form.cleaned_data["answer"], form.cleaned_data["note"]
    try:
        if answer == AnswerForm.YES:
            enrolment = answers.accept(enrolment, **facts)
        elif answer == AnswerForm.NO:
            enrolment = answers.decline(enrolment, reason=note, **facts)
        elif answer == AnswerForm.LATER:
            enrolment = answers.ask_other_date(enrolment, note=note, **facts)
        elif answer == AnswerForm.NOT_MINE:
            enrolment = answers.not_mine(enrolment, **facts)
        else:
            enrolment = answers.cancel(enrolment, reason=note, **facts)
    except answers.AnswerRefused as refusal:
        messages.error(request, str(refusal))
        return _back(request, cohort)
    name = enrolment.participant.full_name
    messages.success(request, f"{name}: {enrolment.get_state_display().lower()}. Tercatat.")
    return _back(request, cohort)


def handle(request, cohort, enrolment_id):
    """Close the task that an answer left for staff."""
    enrolment = enrolments_for(request.user, cohort).filter(pk=enrolment_id).first()
    if enrolment is None:
        return None
    note = request.POST.get("note", "").strip() or "Ditangani petugas."
    close_followup(enrolment, note=note, actor=request.user, now=timezone.now())
    messages.success(request, "Ditandai sudah ditangani.")
    return _back(request, cohort)


def reinstate(request, cohort, enrolment_id):
    """Give a seat back that was forfeited to a person who came late."""
    enrolment = enrolments_for(request.user, cohort).filter(pk=enrolment_id).first()
    if enrolment is None:
        return None
    try:
        enrolment = forfeits.reinstate(enrolment, by=request.user, now=timezone.now())
    except answers.AnswerRefused as refusal:
        messages.error(request, str(refusal))
        return _back(request, cohort)
    messages.success(request, f"Kursi {enrolment.participant.full_name} dikembalikan.")
    return _back(request, cohort)


def move(request, cohort, enrolment_id):
    """Seat a person in another wave, as she said on the telephone: swap her seat, or join."""
    enrolment = enrolments_for(request.user, cohort).filter(pk=enrolment_id).first()
    wanted = whole_in(request.POST.get("cohort", ""))
    target = other_waves(cohort).filter(pk=wanted).first()
    if enrolment is None or target is None:
        return None
    facts = {"now": timezone.now(), "via": answers.VIA_PHONE, "actor": request.user}
    try:
        if enrolment.state == Enrolment.State.CONFIRMED:
            moved = answers.swap(enrolment, to=target, **facts)
        else:
            moved = answers.join(target, enrolment.participant, **facts)
    except answers.AnswerRefused as refusal:
        messages.error(request, str(refusal))
        return _back(request, cohort)
    note = f"Pindah ke {target.code}."
    close_followup(enrolment, note=note, actor=request.user, now=timezone.now())
    name = enrolment.participant.full_name
    state = moved.get_state_display().lower()
    messages.success(request, f"{name} di {target.code}: {state}. Tercatat.")
    return _back(request, cohort)


def other_waves(cohort):
    """Open waves of the same training that have not begun."""
    waves = Cohort.objects.upcoming().filter(training=cohort.training_id)
    return waves.exclude(pk=cohort.pk).order_by("starts_at", "pk")


def waiting(request, cohort, context):
    """The line in its order, and the seats that are offered at this moment."""
    people = Participant.objects.for_user(request.user).values("pk")
    line = cohort.enrolments.waiting().select_related("participant__region")
    offers = (
        cohort.offers.filter(state=Offer.State.PENDING, enrolment__participant__in=people)
        .select_related("enrolment__participant")
        .order_by("deadline_at", "pk")
    )
    context |= {
        "line": list(enumerate(line.filter(participant__in=people)[:500], start=1)),
        "offers": offers,
        "may_change": request.user.has_perm("trainings.change_cohort"),
    }
    return TemplateResponse(request, "staff/cohort_waiting.html", context)


def prioritise(request, cohort, enrolment_id):
    """Move a person up or down the line, with the reason."""
    enrolment = enrolments_for(request.user, cohort).filter(pk=enrolment_id).first()
    if enrolment is None:
        return None
    form = PriorityForm(request.POST)
    try:
        if not form.is_valid():
            raise capacity.ReasonMissing("Prioritas harus angka antara -100 dan 100.")
        capacity.change_priority(
            enrolment, **form.cleaned_data, now=timezone.now(), actor=request.user
        )
        messages.success(request, "Prioritas diubah dan tercatat.")
    except capacity.ReasonMissing as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:trainings_cohort_waiting", cohort.pk)


def _back(request, cohort):
    address = reverse("admin:trainings_cohort_answers", args=[cohort.pk])
    chosen = request.POST.get("status", "")
    return redirect(f"{address}?status={chosen}" if chosen in Enrolment.State.values else address)


def _link(request, name, value, other):
    if value is None:
        return ""
    query = request.GET.copy()
    query.pop(other, None)
    query[name] = value
    return f"?{query.urlencode()}"
