"""Who came to the sessions of partners' trainings: places taken, and people who were there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from partners.models import Partner
from trainings.models import Enrolment, Session
from umkm_portal.reports.funnel import CAME

SHOWN = 20


@dataclass(frozen=True)
class SessionLine:
    """One session: people with a seat in its cohort, and those who were there.

    Attendance is kept for a person and cohort: the sessions of one cohort share it.
    """

    session: Session
    seated: int
    came: int

    @property
    def percent(self) -> int:
        return 100 * self.came // self.seated if self.seated else 0


def sessions_of(partners: Sequence[Partner], *, now: datetime) -> list[SessionLine]:
    """The newest sessions that began, of trainings that these partners provide; one query."""
    offices = [partner.organisation_id for partner in partners]
    seated = Count("cohort__enrolments", filter=Q(cohort__enrolments__state__in=Enrolment.SEATED))
    came = Count("cohort__enrolments", filter=Q(cohort__enrolments__state__in=CAME))
    rows = (
        Session.objects.filter(cohort__training__provider__in=offices, starts_at__lte=now)
        .select_related("cohort__training")
        .annotate(seated=seated, came=came)
        .order_by("-starts_at", "-pk")
    )
    return [SessionLine(row, row.seated, row.came) for row in rows[:SHOWN]]
