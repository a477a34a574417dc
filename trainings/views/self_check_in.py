"""People record themselves: the code on the wall proves that they are there, the ticket who."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from trainings.attendance import reading, wall
from trainings.attendance.marks import Kind, Marked, Via, mark
from trainings.models import Enrolment, Session
from trainings.views.lookups import too_many_attempts
from umkm_portal.accounts.models import User
from umkm_portal.common import attempts
from umkm_portal.common.numbers import whole_in

GRANT = "check_in"
GRANTED = timedelta(minutes=5)
"""How long whoever scanned the wall has to find her ticket's code."""
CHANGED = "Kode di dinding sudah berganti. Pindai atau ketik kode yang tampil sekarang."
NO_TICKET = "Kode tiket tidak dikenal. Lihat lagi di tiket Anda, misalnya JKP-7F3K-29XM."


@dataclass(frozen=True)
class Errors:
    """What to mend, by field; empty when nothing is wrong."""

    wall: str = ""
    ticket: str = ""

    def __bool__(self) -> bool:
        return bool(self.wall or self.ticket)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest) -> HttpResponse:
    """GET with the wall's code opens the door for a while; POST says who stands before it."""
    now = timezone.now()
    if attempts.are_exhausted("check_in", request):
        return too_many_attempts(request)
    if request.method == "POST":
        return _record(request, now=now)
    errors = Errors()
    if "kode" in request.GET:
        errors = _open_door(request, now=now)
    return _page(request, errors, now=now, status=422 if errors else 200)


def _open_door(request: HttpRequest, *, now: datetime) -> Errors:
    """Remember for this browser that the wall was seen."""
    wanted = whole_in(request.GET.get("sesi", ""))
    session = None if wanted is None else _session(wanted)
    if session is None or not wall.accepts(session, request.GET["kode"], now=now):
        attempts.count_failure("check_in", request)
        return Errors(wall=CHANGED)
    request.session[GRANT] = [session.pk, now.timestamp()]
    return Errors()


def _record(request: HttpRequest, *, now: datetime) -> HttpResponse:
    enrolment = _whose(request)
    session = _granted(request, now=now) or _by_typed_code(request, enrolment, now=now)
    errors = Errors(
        wall="" if session or enrolment is None else CHANGED,
        ticket="" if enrolment else NO_TICKET,
    )
    if enrolment is None or session is None:
        attempts.count_failure("check_in", request)
        return _page(request, errors, now=now, status=422)
    by = request.user if isinstance(request.user, User) else None
    result = mark(
        session,
        enrolment=enrolment,
        kind=Kind.IN,
        via=Via.SELF,
        key=_key(request),
        happened_at=now,
        by=by,
        now=now,
    )
    return _page(request, Errors(), now=now, result=result)


def _page(
    request: HttpRequest,
    errors: Errors,
    *,
    now: datetime,
    status: int = 200,
    result: Marked | None = None,
) -> HttpResponse:
    session = _granted(request, now=now)
    context = {
        "errors": errors,
        "result": result,
        "session": session,
        "places": _own_places(request, session, now=now),
        "wall_code": request.POST.get("dinding", "")[:20],
        "ticket_code": (request.POST or request.GET).get("tiket", "")[:200],
        "key": uuid.uuid4(),
    }
    return render(request, "attendance/check_in.html", context, status=status)


def _whose(request: HttpRequest) -> Enrolment | None:
    """The place chosen from those of this account, else that of the ticket's code."""
    chosen = whole_in(request.POST.get("kursi", ""))
    if chosen is not None and isinstance(request.user, User):
        own = reading.places().filter(participant__account=request.user)
        return own.filter(pk=chosen).first()
    return reading.of_ticket(request.POST.get("tiket", "").replace("\0", ""))


def _own_places(request: HttpRequest, session: Session | None, *, now: datetime) -> list[Enrolment]:
    """Seats of this account's people in the session, or in any whose door is open."""
    if not isinstance(request.user, User):
        return []
    rows = reading.places().seated().filter(participant__account=request.user)
    if session is not None:
        rows = rows.filter(cohort=session.cohort_id)
    else:
        rows = rows.filter(cohort__in=_open_sessions(now=now).values("cohort"))
    return list(rows.order_by("participant__full_name", "pk")[:10])


def _granted(request: HttpRequest, *, now: datetime) -> Session | None:
    pk, at = request.session.get(GRANT, (0, 0.0))
    if not pk or now.timestamp() - at > GRANTED.total_seconds():
        return None
    session = _session(pk)
    return session if session and wall.is_open(session, now=now) else None


def _by_typed_code(
    request: HttpRequest, enrolment: Enrolment | None, *, now: datetime
) -> Session | None:
    """The session of her cohort whose wall shows the typed code."""
    if enrolment is None:
        return None
    typed = request.POST.get("dinding", "")
    sessions = _open_sessions(now=now).filter(cohort=enrolment.cohort_id)
    return next((row for row in sessions if wall.accepts(row, typed, now=now)), None)


def _session(pk: int) -> Session | None:
    return Session.objects.select_related("cohort__training", "venue").filter(pk=pk).first()


def _open_sessions(*, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(
        cancelled_at=None,
        starts_at__lte=now + wall.MARGIN,
        ends_at__gte=now - wall.MARGIN,
    )


def _key(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("kunci", ""))
    except ValueError:
        return uuid.uuid4()
