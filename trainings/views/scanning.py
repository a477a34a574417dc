"""The officer's pages at the door, made for a phone: choose the session, scan, seat a walk-in.

Everything works by plain forms; `static/js/scan.js` adds the camera and the queue that waits for
a network.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from participants.models import Participant
from participants.search import find
from trainings.attendance import batches, desk, reading, wall
from trainings.attendance.access import doorkeeper, doors_of
from trainings.attendance.marks import Kind, Marked, Via, mark, mark_of
from trainings.attendance.walk_ins import WalkInRefused, takes_walk_ins, walk_in
from trainings.models import Enrolment, Session
from trainings.schedule import days_label, hours_label
from umkm_portal.accounts.models import User
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.qr import qr_code

CAMERA_CSP = {"script-src": ["'self'", "'wasm-unsafe-eval'"]}
"""Where a phone has no barcode reader of its own, one is run as WebAssembly."""
GUESTS_AT_MOST = 5


@doorkeeper
@require_safe
def doors(request: HttpRequest) -> HttpResponse:
    """Today's sessions of this officer."""
    now = timezone.now()
    user = cast(User, request.user)
    today = desk.sessions_today(user, now=now)
    context = {
        "today": [(row, place_and_time(row), counter) for row, counter in today],
        "next": None if today else desk.next_session(user, now=now),
        "now": now,
    }
    return render(request, "attendance/doors.html", context)


@doorkeeper
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, pk: int) -> HttpResponse:
    """Scan, type a code or search a name for one session; what came of it stands on top."""
    now = timezone.now()
    session = _session(request, pk, now=now)
    if request.method == "POST":
        return _record(request, session, now=now)
    typed = request.GET.get("q", "").strip()[: reading.LONGEST]
    context = {
        **_facts(session),
        "result": _result(request, session),
        "typed": typed,
        "found": desk.find_people(session, typed) if typed else None,
        "takes_guests": takes_walk_ins(session.cohort),
        "may_admin": _tab(request, session),
        "may_wall": wall.is_open(session, now=now),
    }
    response = render(request, "attendance/door.html", context)
    response._csp_update = CAMERA_CSP  # type: ignore[attr-defined]
    return response


@doorkeeper
@require_POST
def record_marks(request: HttpRequest, pk: int) -> JsonResponse:
    """Marks of a phone, several at once; the answer has one result each and the counter."""
    now = timezone.now()
    session = _session(request, pk, now=now)
    try:
        sent = batches.read_batch(request.body, now=now)
    except batches.BatchRefused as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    results = batches.record_batch(session, sent, by=cast(User, request.user), now=now)
    counter = desk.counter_of(session)
    return JsonResponse(
        {
            "results": [_told(result) for result in results],
            "present": counter.present,
            "seats": counter.seats,
        }
    )


@doorkeeper
@require_safe
def tickets(request: HttpRequest, pk: int) -> JsonResponse:
    """The tickets that are known here, for a phone that loses its network."""
    return JsonResponse(desk.ticket_list(_session(request, pk, now=timezone.now())))


@doorkeeper
@require_http_methods(["GET", "HEAD", "POST"])
def guests(request: HttpRequest, pk: int) -> HttpResponse:
    """Seat somebody who came without a seat, while one is free."""
    now = timezone.now()
    session = _session(request, pk, now=now)
    user = cast(User, request.user)
    if not takes_walk_ins(session.cohort):
        raise Http404
    if request.method == "POST":
        return _seat_guest(request, session, user, now=now)
    typed = request.GET.get("q", "").strip()[: reading.LONGEST]
    people = Participant.objects.for_user(user).living()
    rows = find(people, typed).order_by("full_name", "pk")[:GUESTS_AT_MOST] if typed else []
    context = {**_facts(session), "typed": typed, "people": list(rows), "key": uuid.uuid4()}
    return render(request, "attendance/guests.html", context)


@doorkeeper
@require_safe
def wall_code(request: HttpRequest, pk: int) -> HttpResponse:
    """The code for the wall; the browser fetches the next one by itself."""
    now = timezone.now()
    session = _session(request, pk, now=now)
    context = {**_facts(session), **_wall(session, now=now)}
    is_fragment = request.headers.get("X-Fragment") == "1"
    name = "attendance/_wall.html" if is_fragment else "attendance/wall.html"
    return render(request, name, context)


def place_and_time(session: Session) -> str:
    """`Selasa 1 Desember 2026, 09.00–12.00 WIB, Balai Warga`."""
    where = session.venue.name if session.venue else "daring"
    return f"{days_label([session.starts_at])}, {hours_label([session])}, {where}"


def _session(request: HttpRequest, pk: int, *, now: datetime) -> Session:
    session = doors_of(cast(User, request.user), now=now).filter(pk=pk).first()
    if session is None:
        raise Http404
    return session


def _facts(session: Session) -> dict[str, object]:
    cohort = session.cohort
    return {
        "session": session,
        "cohort": cohort,
        "title": f"{cohort.training.title}, gelombang {cohort.number}",
        "when": place_and_time(session),
        "counter": desk.counter_of(session),
    }


def _tab(request: HttpRequest, session: Session) -> str:
    """The tab with everybody's attendance, for those who may open it."""
    user = cast(User, request.user)
    if not user.is_staff or not user.has_perm("trainings.view_enrolment"):
        return ""
    return reverse("admin:trainings_cohort_attendance", args=[session.cohort_id])


def _record(request: HttpRequest, session: Session, *, now: datetime) -> HttpResponse:
    """One mark by a plain form; words that are no ticket become a search by name."""
    read = request.POST.get("baca", "").strip()[: reading.LONGEST].replace("\0", "")
    chosen = request.POST.get("kursi", "")
    seat = whole_in(chosen)
    kind = request.POST.get("jenis", Kind.IN)
    address = reverse("trainings:door", args=[session.pk])
    if kind not in Kind.values:
        raise Http404
    if not chosen and kind != Kind.UNDO and not reading.looks_like_ticket(read):
        return redirect(f"{address}?{urlencode({'q': read})}" if read else address)
    rows = Enrolment.objects.filter(cohort=session.cohort_id)
    enrolment = None if seat is None else rows.filter(pk=seat).first()
    result = mark(
        session,
        enrolment=enrolment,
        read=read,
        kind=kind,
        via=Via.SEARCH if enrolment else Via.CODE,
        key=_key(request),
        happened_at=now,
        by=cast(User, request.user),
        now=now,
    )
    return redirect(f"{address}?catatan={result.key}")


def _seat_guest(
    request: HttpRequest, session: Session, user: User, *, now: datetime
) -> HttpResponse:
    chosen = whole_in(request.POST.get("peserta", ""))
    people = Participant.objects.for_user(user).living()
    person = None if chosen is None else people.filter(pk=chosen).first()
    if person is None:
        raise Http404
    try:
        result = walk_in(session, person, key=_key(request), by=user, now=now)
    except WalkInRefused as refusal:
        messages.error(request, f"{person.full_name}: {refusal}")
        return redirect("trainings:door_guests", session.pk)
    address = reverse("trainings:door", args=[session.pk])
    return redirect(f"{address}?catatan={result.key}")


def _wall(session: Session, *, now: datetime) -> dict[str, object]:
    if not wall.is_open(session, now=now):
        return {"is_open": False}
    code = wall.code_at(session, now=now)
    address = reverse("trainings:self_check_in")
    url = f"{settings.PORTAL_URL}{address}?sesi={session.pk}&kode={code}"
    return {
        "is_open": True,
        "code": f"{code[:3]} {code[3:]}",
        "qr": qr_code(url, label="Kode QR untuk mencatat kehadiran sendiri"),
        "address": f"{settings.PORTAL_URL}{address}",
        "seconds": wall.seconds_left(now=now),
    }


def _result(request: HttpRequest, session: Session) -> Marked | None:
    try:
        key = uuid.UUID(request.GET.get("catatan", ""))
    except ValueError:
        return None
    return mark_of(session, key)


def _told(result: Marked) -> dict[str, object]:
    return {
        "key": str(result.key),
        "outcome": result.outcome,
        "tone": result.tone,
        "name": result.name,
        "sentence": result.sentence,
        "may_undo": result.may_undo,
    }


def _key(request: HttpRequest) -> uuid.UUID:
    """The key in the form, so that a page sent twice marks once; else a new one."""
    try:
        return uuid.UUID(request.POST.get("kunci", ""))
    except ValueError:
        return uuid.uuid4()
