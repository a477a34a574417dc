"""The dates of a cohort, which repeat those of its sessions that take place."""

from __future__ import annotations

from django.db.models import Max, Min

from trainings.models import Cohort


def refresh_cohort_dates(cohort: Cohort) -> None:
    """Write the start of the first and the end of the last session into the cohort."""
    taking_place = cohort.sessions.filter(cancelled_at=None)
    dates = taking_place.aggregate(starts_at=Min("starts_at"), ends_at=Max("ends_at"))
    Cohort.objects.filter(pk=cohort.pk).update(**dates)
    cohort.starts_at, cohort.ends_at = dates["starts_at"], dates["ends_at"]
