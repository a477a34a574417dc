"""What attendance adds to the first page of the staff site."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse

from trainings.attendance import closing, desk
from trainings.attendance.access import doors_of
from trainings.models import AttendanceMark
from umkm_portal.accounts.models import User
from umkm_portal.pages.staff.tasks import Task

AT_MOST = 5


def _today(request: HttpRequest, now: datetime) -> Iterable[Task]:
    """Sessions of this day whose door the user keeps."""
    if not isinstance(request.user, User):
        return
    for session, counter in desk.sessions_today(request.user, now=now)[:AT_MOST]:
        cohort = session.cohort
        yield Task(
            f"Hari ini: {cohort.training.title}, gelombang {cohort.number}",
            f"{counter.label}.",
            reverse("trainings:door", args=[session.pk]),
            "Pindai tiket",
            "green",
            counter.bar,
        )


def _conflicts(request: HttpRequest, now: datetime) -> Iterable[Task]:
    """Marks that do not fit, by cohort."""
    if not isinstance(request.user, User):
        return
    rows = AttendanceMark.objects.filter(
        outcome=AttendanceMark.Outcome.CONFLICT,
        settled_at=None,
        session__in=doors_of(request.user, now=now).values("pk"),
    )
    counts = rows.values("session__cohort", "session__cohort__code").annotate(count=Count("pk"))
    for row in counts.order_by("session__cohort")[:AT_MOST]:
        yield Task(
            f"{row['count']} catatan kehadiran perlu diselesaikan",
            f"{row['session__cohort__code']}: tidak cocok dengan kursi yang ada.",
            reverse("admin:trainings_cohort_attendance", args=[row["session__cohort"]]),
            "Selesaikan",
        )


def _unmarked(request: HttpRequest, now: datetime) -> Iterable[Task]:
    """Classes that are over and of which nobody wrote down who came."""
    for cohort in closing.unmarked(now=now).order_by("-ends_at", "-pk")[:AT_MOST]:
        yield Task(
            f"Kehadiran {cohort.code} belum dicatat",
            f"{cohort.taken} orang memegang kursi. Catat dari daftar kertas, lalu tutup.",
            reverse("admin:trainings_cohort_attendance", args=[cohort.pk]),
            "Catat",
        )


SOURCES: list[tuple[str, Callable[[HttpRequest, datetime], Iterable[Task]]]] = [
    ("trainings.change_enrolment", _today),
    ("trainings.change_enrolment", _conflicts),
    ("trainings.change_cohort", _unmarked),
]
