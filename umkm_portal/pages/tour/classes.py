"""How far the class's part of the tour has come, read from rows."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from django.utils import timezone

from trainings.attendance import desk
from trainings.attendance.desk import Counter
from trainings.certificates.showing import demo_certificate
from trainings.models import (
    AttendanceMark,
    Certificate,
    CertificateBatch,
    Cohort,
    Enrolment,
    Session,
)
from trainings.planning.readiness import Readiness, readiness_of
from umkm_portal.pages.demo import courses, history
from umkm_portal.pages.demo.today import todays_session

FINISHED = f"{history.STALL}-1"
Kind, Outcome = AttendanceMark.Kind, AttendanceMark.Outcome


class ClassWalk:
    """The rows of the class's steps as they stand now; each fact is asked once."""

    def __init__(self) -> None:
        self.now: datetime = timezone.now()

    @cached_property
    def plan(self) -> Cohort | None:
        """The draft that lacks something, also once it is open."""
        return Cohort.objects.filter(code=courses.DRAFT).select_related("training").first()

    @property
    def is_open(self) -> bool:
        return bool(self.plan and self.plan.state != Cohort.State.DRAFT)

    @cached_property
    def readiness(self) -> Readiness | None:
        return readiness_of(self.plan, now=self.now) if self.plan else None

    @cached_property
    def finished(self) -> Cohort | None:
        """A class that is over and whose certificates are still to be printed."""
        return Cohort.objects.filter(code=FINISHED, state=Cohort.State.FINISHED).first()

    @cached_property
    def issued(self) -> int:
        papers = Certificate.objects.valid().filter(enrolment__cohort=self.finished)
        return papers.count() if self.finished else 0

    @cached_property
    def certificate(self) -> Certificate | None:
        """The first one issued."""
        return demo_certificate(FINISHED)

    @property
    def is_printed(self) -> bool:
        """Whether the file for the printer is, or was, ready."""
        jobs = CertificateBatch.objects.filter(cohort=self.finished, done_at__isnull=False)
        return bool(self.finished) and jobs.exists()

    @cached_property
    def session(self) -> Session | None:
        """The session of this day."""
        return todays_session(now=self.now)

    @cached_property
    def counter(self) -> Counter:
        return desk.counter_of(self.session) if self.session else Counter(0, 0)

    @cached_property
    def arrival(self) -> AttendanceMark | None:
        """The first ticket that counted today and was not taken back."""
        if not self.session:
            return None
        there = self.session.attendances.present().values("enrolment")
        came = self.session.marks.filter(kind=Kind.IN, outcome=Outcome.ACCEPTED)
        rows = came.filter(enrolment__in=there).select_related("enrolment__participant")
        return rows.order_by("pk").first()

    @cached_property
    def was_tried_again(self) -> bool:
        """A ticket that counts was shown a second time."""
        if not self.session:
            return False
        return self.session.marks.filter(kind=Kind.IN, outcome=Outcome.ALREADY).exists()

    @cached_property
    def ticket(self) -> Enrolment | None:
        """The ticket to be scanned: of who came first, before that of the first in the list."""
        if self.arrival:
            return self.arrival.enrolment
        if not self.session:
            return None
        rows = desk.seated(self.session).select_related("participant")
        return rows.order_by("arrival_no", "pk").first()
