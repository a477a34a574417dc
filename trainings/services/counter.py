"""Cohorts that a person can join while she is registered at the counter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from participants.counter.joining import Choice, Joining, JoinRefused, Place
from participants.models import Participant
from trainings.models import Cohort, Enrolment
from trainings.services import answers
from trainings.services.joining import is_eligible
from umkm_portal.accounts.models import User
from umkm_portal.common import codes
from umkm_portal.common.dates import format_moment

VIA_COUNTER = "loket"
State = Enrolment.State


def choices(now: datetime) -> list[Choice]:
    """Open cohorts whose class has not begun, the next one first."""
    is_taking = Q(closes_at=None) | Q(closes_at__gt=now)
    cohorts = Cohort.objects.upcoming(now=now).filter(is_taking).select_related("training")
    return [Choice(str(c.pk), _label(c)) for c in cohorts.order_by("starts_at", "pk")]


def join(key: str, person: Participant, actor: User, now: datetime) -> Place:
    """A seat, or a place in the line. Raises JoinRefused with the sentence for staff."""
    cohort = Cohort.objects.select_related("training").filter(pk=key).first()
    if cohort is None:
        raise JoinRefused("Gelombang itu tidak ada lagi. Pilih gelombang lain.")
    if not is_eligible(cohort, person):
        label = cohort.get_eligibility_display().lower()
        raise JoinRefused(f"gelombang {cohort.number} hanya untuk {label}.")
    try:
        enrolment = answers.join(cohort, person, now=now, via=VIA_COUNTER, actor=actor)
    except answers.AnswerRefused as refusal:
        raise JoinRefused(str(refusal)) from refusal
    enrolment.cohort = cohort
    return _place(enrolment)


def places(person: Participant, now: datetime) -> Sequence[Place]:
    """Seats and places in a line that lie ahead of her, the newest first."""
    is_ahead = Q(cohort__starts_at=None) | Q(cohort__starts_at__gt=now)
    states = (State.CONFIRMED, State.WAITLISTED, State.OFFERED)
    rows = Enrolment.objects.filter(is_ahead, participant=person, state__in=states)
    return [_place(e) for e in rows.select_related("cohort__training").order_by("-pk")]


JOINING = Joining(choices, join, places)


def _label(cohort: Cohort) -> str:
    seats = f"{cohort.free} kursi lagi" if cohort.free else "penuh, masuk daftar tunggu"
    start = format_moment(cohort.starts_at) if cohort.starts_at else "jadwal menyusul"
    return f"{cohort.training.title}, gelombang {cohort.number} – {start} ({seats})"


def _place(enrolment: Enrolment) -> Place:
    cohort = enrolment.cohort
    what = f"{cohort.training.title}, gelombang {cohort.number}"
    start = f", {format_moment(cohort.starts_at)}" if cohort.starts_at else ""
    if enrolment.state == State.CONFIRMED:
        sentence = f"Kursi Anda aman: {what}{start}."
    else:
        number = answers.waiting_position(enrolment)
        line = f"nomor {number} di daftar tunggu" if number else "ditawari kursi"
        sentence = f"Anda {line}: {what}{start}."
    code = enrolment.short_code
    address = f"{settings.PORTAL_URL}{reverse('trainings:invitation')}?kode={code}"
    return Place(sentence, codes.display(code), address)
