"""Blocks of one person's page: her path, her consents, whether she counts as active."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from participants import activity, steps
from participants.consents import standing_consents
from participants.models import Consent, DuplicatePair, Participant, Stage, StageEvent
from umkm_portal.accounts.models import Membership, Organisation

MOST = 5
"""Suspicions that are named."""
MAY_STEP = "participants.add_stageevent"
MAY_DECIDE = "participants.change_participant"


class StepForm(forms.Form):
    """A step with its day and agency."""

    stage = forms.ModelChoiceField(Stage.objects.exclude(code=steps.REGISTRATION))
    occurred_on = forms.DateField()
    organisation = forms.ModelChoiceField(Organisation.objects.all(), required=False)


class CorrectionForm(StepForm):
    is_void = forms.BooleanField(required=False)


class DecisionForm(forms.Form):
    """Active or not by decision, until when, and why."""

    ACTIVE, ASLEEP = "aktif", "tidak"
    is_active = forms.ChoiceField(choices=[(ACTIVE, "Aktif"), (ASLEEP, "Tidak aktif")])
    until = forms.DateField(error_messages={"required": "Isi sampai kapan penetapan berlaku."})
    reason = forms.CharField(
        max_length=120, error_messages={"required": "Tulis alasan penetapannya."}
    )

    def clean_until(self):
        until = self.cleaned_data["until"]
        if until < timezone.localdate():
            raise forms.ValidationError("Tanggal berakhirnya sudah lewat.")
        return until


def urls(site):
    """The errands on one person, below her page."""
    errands = (
        ("langkah/", record, "step", MAY_STEP),
        ("langkah/<int:event>/", correct, "correct_step", MAY_STEP),
        ("keaktifan/", decide, "activity", MAY_DECIDE),
        ("keaktifan/aturan/", follow_rule, "activity_rule", MAY_DECIDE),
    )
    return [
        path(
            f"<int:pk>/{address}", _errand(site, view, needs), name=f"participants_participant_{n}"
        )
        for address, view, n, needs in errands
    ]


def blocks(request, person):
    """What the template shows below the form."""
    standing = StageEvent.objects.standing().filter(participant=person)
    return {
        "person": person,
        "steps": standing.select_related("stage", "organisation", "actor").order_by(
            "stage", "occurred_on", "pk"
        ),
        "stages": Stage.objects.exclude(code=steps.REGISTRATION).order_by("code"),
        "agencies": _agencies(),
        "own_agency": _own_agency(request.user),
        "may_step": request.user.has_perm(MAY_STEP),
        "may_decide": request.user.has_perm(MAY_DECIDE),
        "standing": sorted(
            standing_consents(person).values(), key=lambda c: (c.purpose, c.organisation_id or 0)
        ),
        "is_given": Consent.Event.GIVEN,
        "today": timezone.localdate(),
        "active_months": settings.ACTIVE_MONTHS,
        "suspicions": _suspicions(request, person),
    }


def record(request, person):
    form = StepForm(request.POST)
    if not form.is_valid():
        return _refuse(request, form)
    steps.record_step(person, **form.cleaned_data, actor=request.user, now=timezone.now())
    messages.success(request, f"{form.cleaned_data['stage']} dicatat.")


def correct(request, person, event):
    wrong = get_object_or_404(StageEvent, pk=event, participant=person)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _refuse(request, form)
    steps.correct_step(wrong, **form.cleaned_data, actor=request.user, now=timezone.now())
    messages.success(request, "Koreksi dicatat. Catatan lama tetap tersimpan.")


def decide(request, person):
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _refuse(request, form)
    data = form.cleaned_data
    is_active = data["is_active"] == DecisionForm.ACTIVE
    activity.decide_activity(
        person, is_active=is_active, until=data["until"], reason=data["reason"], now=timezone.now()
    )
    label = "aktif" if is_active else "tidak aktif"
    _log(request, person, f"Ditetapkan {label} sampai {data['until']:%d/%m/%Y}: {data['reason']}")
    messages.success(request, f"Ditetapkan {label} sampai {data['until']:%d/%m/%Y}.")


def follow_rule(request, person):
    activity.end_decision(person)
    _log(request, person, "Keaktifan kembali mengikuti aturan")
    messages.success(request, "Keaktifan kembali mengikuti aturan.")


def _errand(site, view, permission):
    """A button about one person: found, allowed, and back to her page with what became of it."""

    def run(request, pk, **args):
        person = Participant.objects.for_user(request.user).living().filter(pk=pk).first()
        if person is None:
            raise Http404
        if not request.user.has_perm(permission):
            raise PermissionDenied
        try:
            view(request, person, **args)
        except steps.StepRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:participants_participant_change", person.pk)

    return site.admin_view(require_POST(run))


def _refuse(request, form):
    for errors in form.errors.values():
        messages.error(request, errors[0])


def _log(request, person, sentence):
    LogEntry.objects.log_actions(request.user.pk, [person], CHANGE, sentence, single_object=True)


def _agencies():
    agencies = Organisation.objects.filter(kind=Organisation.Kind.AGENCY, is_active=True)
    return agencies.order_by("short_name", "pk")


def _own_agency(user):
    """The agency for which this user works, to begin with."""
    own = user.memberships.current().exclude(role=Membership.Role.AUDITOR).order_by("pk")
    return own.values_list("organisation", flat=True).first()


def _suspicions(request, person):
    """(other person, address of the pair) of each open suspicion that this user may look at."""
    if not request.user.has_perm("participants.view_duplicatepair"):
        return []
    seen = Participant.objects.for_user(request.user).values("pk")
    pairs = DuplicatePair.objects.filter(
        Q(first=person, second__in=seen) | Q(second=person, first__in=seen),
        state=DuplicatePair.State.OPEN,
    ).select_related("first", "second")
    return [
        (pair.second if pair.first_id == person.pk else pair.first, _page_of(pair))
        for pair in pairs.order_by("-score", "pk")[:MOST]
    ]


def _page_of(pair):
    try:
        return reverse("admin:participants_duplicatepair_change", args=[pair.pk])
    except NoReverseMatch:
        return ""
