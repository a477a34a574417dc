"""The rule after a class: which classes are asked about now, and what those who came read."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from trainings.messages import place_of
from trainings.models import Certificate, Cohort, Enrolment
from trainings.reminders.rules import Name, settings_of

PASSED = "Anda lulus. Sertifikat Anda bisa diunduh lewat tautan di bawah begitu terbit."
PRINTED = "Anda lulus. Sertifikat Anda sudah terbit: unduh lewat tautan di bawah, bagian Kelas ini."
THERE = "Kehadiran Anda sudah kami catat."


def cohorts_due(*, since: datetime, now: datetime) -> list[int]:
    """Finished cohorts that ended after `since`, so many days ago as their programme has it.

    Days are days of the calendar; the hour is left to the account's working hours.
    """
    rows = Cohort.objects.filter(state=Cohort.State.FINISHED, ends_at__gt=since, ends_at__lte=now)
    rows = rows.annotate(programme_id=F("training__programme")).order_by("ends_at", "pk")
    facts = list(rows.values_list("pk", "ends_at", "programme_id"))
    settings = settings_of({programme for *_, programme in facts})
    today = timezone.localdate(now)
    found = []
    for pk, ends_at, programme in facts:
        rule = settings[programme][Name.AFTER]
        day = timezone.localdate(ends_at) + timedelta(days=rule.amount)
        if rule.is_on and day <= today:
            found.append(pk)
    return found


def result_of(enrolment_id: int) -> dict[str, str]:
    """Words of one seat with `hasil`: whether she finished, and where her certificate is."""
    has_passed = Enrolment.objects.filter(pk=enrolment_id, state=Enrolment.State.COMPLETED)
    papers = Certificate.objects.printable().filter(enrolment=enrolment_id)
    told = THERE
    if has_passed.exists():
        told = PRINTED if papers.exists() else PASSED
    return {**place_of(enrolment_id), "hasil": told}
