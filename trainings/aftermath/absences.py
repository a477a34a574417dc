"""Why people with a seat never came, and what is done about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count

from trainings import wording
from trainings.aftermath import asking
from trainings.models import Absence, Enrolment
from trainings.services import seats
from trainings.services.transitions import State, move
from umkm_portal.accounts.models import User

OTHER = "lainnya"


class AbsenceRefused(Exception):
    """The reason is not taken; `str()` is the sentence for whoever gave it."""


class Reason(NamedTuple):
    """One reason in words, and how many people gave it."""

    label: str
    people: int


def given(enrolment: Enrolment) -> Absence | None:
    """Why she did not come, if it was said."""
    return Absence.objects.answered().filter(enrolment=enrolment).first()


@transaction.atomic
def give_reason(
    enrolment: Enrolment,
    *,
    reason: str,
    note: str,
    wants_next: bool,
    via: str,
    now: datetime,
    by: User | None = None,
) -> Absence:
    """Write or rewrite why she did not come. Raises AbsenceRefused.

    Whoever wants the next wave gives her old seat back as a wish for another date: the next round
    of invitations has her first, and another wave may seat her at once. That wish stays.
    """
    cohort = seats.lock(enrolment.cohort_id)
    enrolment = Enrolment.objects.select_related("participant__region", "participant__agency").get(
        pk=enrolment.pk
    )
    enrolment.cohort = cohort
    _check(enrolment, reason=reason, note=note, by=by, now=now)
    Absence.objects.get_or_create(enrolment=enrolment)
    row = Absence.objects.select_for_update(no_key=True).get(enrolment=enrolment)
    row.reason, row.note, row.via, row.recorded_by = reason, note.strip()[:300], via, by
    row.answered_at = row.answered_at or now
    row.wants_next = row.wants_next or wants_next
    row.save()
    if row.wants_next and enrolment.state == State.NO_SHOW:
        seats.release(cohort, enrolment)
        said = f"Mau gelombang berikutnya. {wording.ABSENCE_REASONS[reason]}."
        move(enrolment, to=State.WANTS_OTHER_DATE, now=now, via=via, actor=by, note=said)
    return row


def reasons(cohorts: Iterable[int] | None = None) -> list[Reason]:
    """How often each reason was given in these cohorts, or in all; the most frequent first."""
    rows = Absence.objects.counting()
    if cohorts is not None:
        rows = rows.filter(enrolment__cohort__in=list(cohorts))
    counts = rows.order_by().values_list("reason").annotate(count=Count("pk"))
    told = [Reason(wording.ABSENCE_REASONS.get(key, key), count) for key, count in counts]
    return sorted(told, key=lambda one: (-one.people, one.label))


def _check(enrolment: Enrolment, *, reason: str, note: str, by: User | None, now: datetime) -> None:
    is_away = enrolment.state == State.NO_SHOW or (
        enrolment.state == State.WANTS_OTHER_DATE and given(enrolment) is not None
    )
    if not is_away:
        raise AbsenceRefused("Kehadiran di kelas ini sudah tercatat. Alasan tidak diperlukan.")
    ask = asking.ask_of(enrolment, now=now)
    if by is None and (ask is None or ask.page != asking.ABSENCE):
        raise AbsenceRefused("Pertanyaan ini sudah ditutup.")
    if reason not in wording.ABSENCE_REASONS:
        raise AbsenceRefused("Pilih satu alasan.")
    if reason == OTHER and not note.strip():
        raise AbsenceRefused("Tulis alasannya dengan singkat.")
