"""Attendance of one cohort: who came to which session, what needs a look, closing."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from participants.models import Participant
from trainings.admin.answers import TONES, enrolments_for
from trainings.admin.noting import note_names_taken
from trainings.attendance import closing, conflicts, desk, marks, sheets
from trainings.attendance.access import doors_of
from trainings.models import (
    Attendance,
    AttendanceFile,
    AttendanceMark,
    Session,
)
from umkm_portal.common import bars
from umkm_portal.common.keyset import NEWER, OLDER, read_page
from umkm_portal.common.numbers import whole_in

PER_PAGE = 50
PURPOSE = "Daftar hadir"


def show(request, cohort, context):
    """A strip for each session, marks to settle, and every seat with its hours."""
    now = timezone.now()
    sessions = list(cohort.sessions.select_related("venue").order_by("starts_at", "pk"))
    seats = enrolments_for(request.user, cohort).seated()
    typed = request.GET.get("q", "").strip()
    if typed:
        seats = seats.filter(participant__full_name__icontains=typed)
    page = read_page(seats, request.GET, size=PER_PAGE)
    doors = {*doors_of(request.user, now=now).filter(cohort=cohort).values_list("pk", flat=True)}
    context |= {
        "strips": _strips(cohort, sessions, doors, now=now),
        "conflicts": _conflicts(cohort, doors),
        "sessions": sessions,
        "rows": _rows(page.rows, sessions, cohort),
        "typed": typed,
        "needed": closing.needed_minutes(cohort),
        "total": closing.total_minutes(cohort),
        "older": _link(request, OLDER, page.older, NEWER),
        "newer": _link(request, NEWER, page.newer, OLDER),
        "may_mark": request.user.has_perm("trainings.change_enrolment"),
        "may_close": _may_close(request, cohort, sessions, now=now),
        "key": uuid.uuid4(),
    }
    return TemplateResponse(request, "staff/cohort_attendance.html", context)


def record(request, cohort, enrolment_id):
    """Write down from paper that somebody was there, or take it back."""
    enrolment = enrolments_for(request.user, cohort).filter(pk=enrolment_id).first()
    session = session_of(cohort, request.POST.get("session", ""))
    if enrolment is None or session is None:
        return None
    now = timezone.now()
    facts = {"via": marks.Via.SEARCH, "by": request.user, "now": now, "key": _key(request)}
    if request.POST.get("what") == marks.Kind.UNDO:
        slip = marks.last_arrival(session, enrolment)
        if slip is None:
            messages.error(request, "Belum tercatat hadir di sesi itu.")
            return back(cohort)
        told = marks.mark(
            session, kind=marks.Kind.UNDO, read=str(slip.key), happened_at=now, **facts
        )
    else:
        at = session.starts_at
        told = marks.mark(session, kind=marks.Kind.IN, enrolment=enrolment, happened_at=at, **facts)
    _say(request, told.tone, f"{enrolment.participant.full_name}: {told.sentence}")
    return back(cohort)


def settle(request, cohort, mark_id):
    """Decide about a mark that did not fit."""
    now = timezone.now()
    doors = doors_of(request.user, now=now).values("pk")
    rows = AttendanceMark.objects.filter(session__cohort=cohort, session__in=doors)
    row = rows.select_related("session").filter(pk=mark_id).first()
    if row is None:
        return None
    try:
        if request.POST.get("choice") == "accept":
            told = conflicts.accept_conflict(row, by=request.user, now=now)
            messages.success(request, f"{told.name}: {told.sentence}")
        else:
            conflicts.dismiss_conflict(row, by=request.user, now=now)
            messages.success(request, "Diabaikan. Catatannya tetap tersimpan.")
    except conflicts.SettleRefused as refusal:
        messages.error(request, str(refusal))
    return back(cohort)


def close(request, cohort, context):
    """Everybody of the cohort is judged: did not come, came, finished."""
    try:
        closed = closing.close_cohort(cohort, by=request.user, now=timezone.now())
        messages.success(
            request,
            f"Gelombang ditutup: {closed.completed} lulus, {closed.attended} hadir belum cukup, "
            f"{closed.no_show} tidak hadir.",
        )
    except closing.CohortNotOver as refusal:
        messages.error(request, str(refusal))
    return back(cohort)


def signatures(request, cohort, context):
    """The list to sign, of one session."""
    session = session_of(cohort, request.GET.get("sesi", ""))
    if session is None:
        raise Http404
    now = timezone.now()
    session.cohort = cohort
    people = Participant.objects.for_user(request.user).values("pk")
    content = sheets.signature_list(session, sheets.lines_of(session, people), now=now)
    rows = cohort.enrolments.seated().filter(participant__in=people)
    note_names_taken(rows, by=request.user, purpose=f"{PURPOSE} {cohort.code}", now=now)
    name = f"daftar-hadir-{cohort.code}-{session.pk}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


ERRANDS = (
    ("hadir", "presence", record),
    ("selesaikan", "settle", settle),
)
"""Buttons about one seat or mark of the cohort."""


def _strips(cohort, sessions, doors, *, now):
    """Each session with its bar, its files, and whether this user keeps its door."""
    present = _present(sessions)
    files = {}
    for file in AttendanceFile.objects.filter(session__cohort=cohort).order_by("pk"):
        files.setdefault(file.session_id, []).append(file)
    return [
        {
            "session": session,
            "number": number,
            "counter": desk.Counter(present.get(session.pk, 0), cohort.taken),
            "bar": bars.draw([("green", "hadir", present.get(session.pk, 0))], total=cohort.taken),
            "may_scan": session.pk in doors,
            "is_online": session.venue_id is None,
            "is_over": session.ends_at <= now,
            "files": files.get(session.pk, []),
        }
        for number, session in enumerate(sessions, 1)
    ]


def _present(sessions):
    rows = Attendance.objects.present().filter(session__in=sessions).values_list("session")
    counts = {}
    for (pk,) in rows:
        counts[pk] = counts.get(pk, 0) + 1
    return counts


def _conflicts(cohort, doors):
    """Open marks of the sessions whose doors this user keeps: she meets these people anyway."""
    rows = conflicts.open_conflicts(cohort).filter(session__in=doors)
    return [
        (row, row.enrolment.participant.full_name if row.enrolment else row.read)
        for row in rows[:PER_PAGE]
    ]


def _rows(enrolments, sessions, cohort):
    """Each seat: its tag, minutes of all, and a cell for each session."""
    ids = [row.pk for row in enrolments]
    came = {
        (one.enrolment_id, one.session_id): one
        for one in Attendance.objects.filter(enrolment__in=ids)
    }
    minutes = (
        {one.enrolment_id: one.minutes for one in closing.presences(cohort, only=ids)}
        if ids
        else {}
    )
    total = closing.total_minutes(cohort)
    return [
        (
            row,
            TONES.get(row.state, "grey"),
            min(100 * minutes.get(row.pk, 0) // total, 100) if total else 0,
            [(session, came.get((row.pk, session.pk))) for session in sessions],
        )
        for row in enrolments
    ]


def _may_close(request, cohort, sessions, *, now):
    held = [session for session in sessions if session.cancelled_at is None]
    is_over = bool(held) and all(session.ends_at <= now for session in held)
    return is_over and request.user.has_perm("trainings.change_cohort")


def session_of(cohort, wanted):
    rows = Session.objects.select_related("venue").filter(cohort=cohort)
    return rows.filter(pk=whole_in(wanted)).first()


def _key(request):
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def _say(request, tone, sentence):
    level = {"green": messages.SUCCESS, "yellow": messages.INFO}.get(tone, messages.ERROR)
    messages.add_message(request, level, sentence)


def back(cohort):
    return redirect("admin:trainings_cohort_attendance", cohort.pk)


def _link(request, name, value, other):
    if value is None:
        return ""
    query = request.GET.copy()
    query.pop(other, None)
    query[name] = value
    return f"?{query.urlencode()}"
