"""What curations add to the first page of the staff site."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse

from partners.calls import steps
from partners.models import Appeal, Application, CurationCall, CurationDecision, CurationList
from umkm_portal.accounts.models import User
from umkm_portal.pages.staff.tasks import Task

AT_MOST = 5


def _lists(request: HttpRequest, now: datetime) -> Iterable[Task]:
    """Lists that wait to be announced."""
    rows = CurationList.objects.filter(state=CurationList.State.ACCEPTED).select_related("call")
    for row in rows.annotate(count=Count("decisions")).order_by("accepted_at", "pk")[:AT_MOST]:
        yield Task(
            f"Daftar kurasi {row.call.title}",
            f"Versi {row.version}, {row.count} baris, belum diumumkan.",
            reverse("admin:partners_curationlist_change", args=[row.pk]),
            "Periksa dan umumkan",
        )


def _rows(request: HttpRequest, now: datetime) -> Iterable[Task]:
    rows = CurationDecision.objects.unmatched().filter(waiting=CurationDecision.Waiting.REVIEW)
    if count := rows.count():
        yield Task(
            f"{count} baris kurasi belum cocok",
            "Pemilik usahanya belum bisa dikabari.",
            reverse("admin:partners_curationdecision_changelist"),
            "Tinjau",
        )


def _appeals(request: HttpRequest, now: datetime) -> Iterable[Task]:
    if count := Appeal.objects.waiting().count():
        yield Task(
            f"{count} keberatan menunggu jawaban",
            "Bicarakan dengan kurator, lalu jawab.",
            reverse("admin:partners_appeal_changelist"),
            "Jawab",
        )


def _applications(request: HttpRequest, now: datetime) -> Iterable[Task]:
    """Applications whose next step is this user's."""
    if not isinstance(request.user, User):
        return
    roles = steps.roles_of(request.user)
    rows = Application.objects.for_user(request.user).exclude(
        call__state=CurationCall.State.CANCELLED
    )
    waiting = rows.exclude(call__steps=[]).values_list("call__steps", "state")
    count = sum(
        number
        for listed, state, number in waiting.annotate(number=Count("pk")).order_by()
        if (step := steps.next_step(CurationCall(steps=listed), state))
        and steps.OFFICES[step] & roles
    )
    if count:
        yield Task(
            f"{count} lamaran kurasi menunggu Anda",
            "Periksa, lalu teruskan atau kembalikan.",
            f"{reverse('admin:partners_application_changelist')}?menunggu=saya",
            "Periksa",
        )


SOURCES: list[tuple[str, Callable[[HttpRequest, datetime], Iterable[Task]]]] = [
    ("partners.change_curationlist", _lists),
    ("partners.change_curationdecision", _rows),
    ("partners.change_appeal", _appeals),
    ("partners.change_application", _applications),
]
