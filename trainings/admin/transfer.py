"""Moving people to another wave: the waiting line by a button, everybody when a cohort ends."""

from django import forms
from django.contrib import messages as notes
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from participants.models import Participant
from trainings import change_messages
from trainings.models import Cohort, Enrolment, SessionChange
from trainings.services import cancelling, carrying, changes
from umkm_portal.messaging.models import Campaign, Delivery
from umkm_portal.messaging.services.fallover import UNREACHED

MOST_WAVES = 30
MOST_ROWS = 200
KINDS = (change_messages.SCHEDULE_CHANGED.name, change_messages.COHORT_CANCELLED.name)


class WaveForm(forms.Form):
    """Another open wave of the same training."""

    wave = forms.ModelChoiceField(
        Cohort.objects.none(),
        label="Gelombang tujuan",
        error_messages={"required": "Pilih gelombang tujuan."},
    )

    def __init__(self, *args, cohort, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["wave"].queryset = waves_for(cohort)


class CancelForm(WaveForm):
    """Why a cohort is cancelled, and where its people go."""

    reason = forms.CharField(
        label="Alasan",
        max_length=300,
        error_messages={"required": "Tulis alasan pembatalan. Alasan ini dibaca peserta."},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["wave"].required = False


def waves_for(cohort):
    """Waves that may take the people of this one, the soonest first."""
    waves = Cohort.objects.upcoming().filter(training=cohort.training_id)
    return waves.exclude(pk=cohort.pk).order_by("starts_at", "pk")


def show(request, cohort, context):
    return _page(request, cohort, context, CancelForm(cohort=cohort))


def carry(request, cohort, context):
    """The waiting line goes to another wave, in order, before others there."""
    form = WaveForm(request.POST, cohort=cohort)
    if not form.is_valid():
        notes.error(request, "Pilih gelombang tujuan.")
        return redirect("admin:trainings_cohort_transfer", cohort.pk)
    to = form.cleaned_data["wave"]
    try:
        carried = carrying.carry_over(cohort, to=to, now=timezone.now(), by=request.user)
    except carrying.CarryRefused as refusal:
        notes.error(request, str(refusal))
        return redirect("admin:trainings_cohort_transfer", cohort.pk)
    notes.success(request, f"{carried.moved} orang dipindahkan ke daftar tunggu {to.code}.")
    if carried.left:
        notes.warning(
            request,
            f"{carried.left} orang tetap menunggu di sini: tidak memenuhi syarat gelombang itu, "
            "pernah menolaknya, atau sudah punya kursi.",
        )
    return redirect("admin:trainings_cohort_transfer", cohort.pk)


def cancel(request, cohort, context):
    """Cancel the cohort; its people move or are let go, and everybody hears of it once."""
    form = CancelForm(request.POST, cohort=cohort)
    if not form.is_valid():
        return _page(request, cohort, context, form, status=422)
    try:
        cohort = cancelling.cancel_cohort(
            cohort,
            reason=form.cleaned_data["reason"],
            successor=form.cleaned_data["wave"],
            by=request.user,
            now=timezone.now(),
        )
    except cancelling.CancelRefused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, cohort, context, form, status=422)
    if cohort.cancellation_told_at:
        notes.success(request, "Gelombang dibatalkan. Semua orangnya dikabari sekali.")
    else:
        notes.success(
            request, "Gelombang dibatalkan. Orangnya sedang dipindahkan, lalu dikabari sekali."
        )
    return redirect("admin:trainings_cohort_transfer", cohort.pk)


def _page(request, cohort, context, form, *, status=200):
    now = timezone.now()
    has_begun = cohort.starts_at is not None and cohort.starts_at <= now
    found = cancelling.consequence(cohort)
    is_cancelled = cohort.state == Cohort.State.CANCELLED
    context |= {
        "form": form,
        "found": found,
        "waves": list(waves_for(cohort)[:MOST_WAVES]),
        "chosen_wave": form["wave"].value() or "",
        "may_carry": bool(found.waiting) and (has_begun or not cohort.free) and not is_cancelled,
        "is_cancelled": is_cancelled,
        "may_cancel": cohort.state in changes.PUBLISHED or cohort.state == Cohort.State.DRAFT,
        "wishes": cohort.enrolments.filter(state=Enrolment.State.WANTS_OTHER_DATE).count(),
        "changes": _changes(cohort),
        "campaigns": list(_campaigns(cohort).order_by("-pk")[:5]),
        "unreached": _unreached(request.user, cohort),
    }
    return TemplateResponse(request, "staff/cohort_transfer.html", context, status=status)


def _campaigns(cohort):
    return Campaign.objects.filter(kind__in=KINDS, subject_id=cohort.pk)


def _changes(cohort):
    rows = SessionChange.objects.filter(session__cohort=cohort)
    return list(rows.select_related("session", "changed_by", "venue").order_by("-pk")[:20])


def _unreached(user, cohort):
    """People of this user's area whom a change reached by no channel: to be called."""
    rows = Delivery.objects.filter(campaign__in=_campaigns(cohort))
    same = rows.filter(campaign=OuterRef("campaign"), recipient_key=OuterRef("recipient_key"))
    told = same.exclude(state__in=[*UNREACHED, Delivery.State.CANCELLED])
    lost = rows.filter(~Exists(told), state__in=UNREACHED)
    people = Participant.objects.for_user(user).filter(
        pk__in=list(lost.values_list("recipient_key", flat=True)[:MOST_ROWS])
    )
    return list(people.order_by("full_name", "pk"))
