"""Lists of online meetings, of one cohort: upload, look through, accept."""

import hashlib

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from trainings.admin.answers import enrolments_for
from trainings.admin.attendance import back
from trainings.attendance.access import doors_of
from trainings.attendance.meetings import services as meetings
from trainings.models import AttendanceFile, AttendanceFileRow
from umkm_portal.common import codes
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.spreadsheets import SpreadsheetError

ROWS_AT_MOST = 1000
MATCH_TONES = {
    AttendanceFileRow.Match.CODE: "green",
    AttendanceFileRow.Match.EMAIL: "green",
    AttendanceFileRow.Match.STAFF: "green",
    AttendanceFileRow.Match.NAME: "yellow",
    AttendanceFileRow.Match.NOBODY: "red",
    AttendanceFileRow.Match.IGNORED: "grey",
}


class FileForm(forms.Form):
    file = forms.FileField(max_length=200)


def upload(request, cohort, session_id):
    """The participants of an online meeting, as its file tells them."""
    session = _own_sessions(request, cohort).filter(pk=session_id).first()
    if session is None:
        return None
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, "Pilih berkas peserta rapat dari Zoom (.csv atau .xlsx).")
        return back(cohort)
    file = form.cleaned_data["file"]
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    try:
        kept = meetings.receive_file(
            session,
            file.temporary_file_path(),
            name=file.name,
            sha256=digest.hexdigest(),
            by=request.user,
            now=timezone.now(),
        )
    except SpreadsheetError as refusal:
        messages.error(request, str(refusal))
        return back(cohort)
    return _to_file(cohort, kept)


def meeting(request, cohort, context):
    """What a meeting's file says, for staff to look through before it counts."""
    wanted = whole_in(request.GET.get("berkas", ""))
    files = AttendanceFile.objects.filter(session__in=_own_sessions(request, cohort))
    files = files.select_related("session")
    file = files.filter(pk=wanted).first()
    if file is None:
        raise Http404
    rows = list(file.rows.select_related("enrolment__participant").order_by("number"))
    uncertain = (AttendanceFileRow.Match.NAME, AttendanceFileRow.Match.NOBODY)
    rows.sort(key=lambda row: (row.match not in uncertain, row.number))
    counts = [
        (MATCH_TONES[value], label, sum(row.match == value for row in rows))
        for value, label in AttendanceFileRow.Match.choices
    ]
    context |= {
        "file": file,
        "session": file.session,
        "rows": [
            (row, MATCH_TONES[row.match], meetings.percent_of(row, file.session))
            for row in rows[:ROWS_AT_MOST]
        ],
        "counts": [one for one in counts if one[2]],
        "choices": _choices(request, cohort),
        "guesses": sum(row.match == AttendanceFileRow.Match.NAME for row in rows),
    }
    return TemplateResponse(request, "staff/cohort_meeting.html", context)


def assign(request, cohort, row_id):
    """Say whose row of a meeting it is."""
    rows = AttendanceFileRow.objects.filter(file__session__in=_own_sessions(request, cohort))
    row = rows.select_related("file__session").filter(pk=row_id).first()
    if row is None:
        return None
    enrolment = None
    if "ignore" not in request.POST:
        enrolment = _typed_seat(request, cohort)
        if enrolment is None:
            messages.error(request, "Pilih orangnya dari daftar, atau ketik kode tiketnya.")
            return _to_file(cohort, row.file)
    try:
        meetings.assign_row(row, enrolment)
    except meetings.FileRefused as refusal:
        messages.error(request, str(refusal))
    return _to_file(cohort, row.file)


def accept(request, cohort, file_id):
    """Let the meeting's list count."""
    files = AttendanceFile.objects.filter(session__in=_own_sessions(request, cohort))
    file = files.filter(pk=file_id).first()
    if file is None:
        return None
    try:
        count = meetings.accept_file(
            file,
            with_guesses="guesses" in request.POST,
            by=request.user,
            now=timezone.now(),
        )
        messages.success(request, f"{count} orang tercatat hadir dari berkas rapat.")
    except meetings.FileRefused as refusal:
        messages.error(request, str(refusal))
    return back(cohort)


ERRANDS = (
    ("unggah", "meeting_upload", upload),
    ("baris", "meeting_row", assign),
    ("terima", "meeting_accept", accept),
)
"""Buttons about one session, row or file of the cohort."""


def _own_sessions(request, cohort):
    """Sessions of the cohort whose attendance this user keeps."""
    return doors_of(request.user, now=timezone.now()).filter(cohort=cohort)


def _choices(request, cohort):
    """Seats to choose from where a name in a meeting means nothing: code and name."""
    rows = enrolments_for(request.user, cohort).seated().order_by("participant__full_name", "pk")
    return [
        f"{codes.display(row.short_code)} {row.participant.full_name}"
        for row in rows[:ROWS_AT_MOST]
    ]


def _typed_seat(request, cohort):
    """The seat of a typed or chosen `JKP-7F3K-29XM Siti Aminah`."""
    code = codes.normalise(request.POST.get("who", "").strip().split(" ")[0])
    rows = enrolments_for(request.user, cohort)
    return rows.filter(short_code=code).first() if codes.is_valid(code) else None


def _to_file(cohort, file):
    address = reverse("admin:trainings_cohort_meeting", args=[cohort.pk])
    return redirect(f"{address}?berkas={file.pk}")
