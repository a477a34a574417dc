"""A meeting's list from upload to attendance: read, matched, looked through, accepted."""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import transaction

from trainings.attendance import closing
from trainings.attendance.marks import Kind, Outcome, Via, judge_all_closed
from trainings.attendance.meetings.matching import Match, Matched, Seats
from trainings.attendance.meetings.reading import Line, read_lines
from trainings.attendance.meetings.stays import Stay, minutes_of, shifted
from trainings.models import (
    Attendance,
    AttendanceFile,
    AttendanceFileRow,
    AttendanceMark,
    Enrolment,
    Session,
)
from trainings.services import seats
from trainings.services.transitions import State, move_all
from umkm_portal.accounts.models import User
from umkm_portal.common.spreadsheets import SpreadsheetError

EMPTY = "Daftar peserta rapat ini kosong. Unduh lagi laporannya, lalu unggah di sini."
NO_SEAT = "Hadir di rapat daring, tetapi tidak memegang kursi."
_SPACE = uuid.UUID("8a1c2f5e-1f53-4c0e-9f0a-6d2a35c2f3b7")
"""Marks of files have keys of their own: file and row."""


class FileRefused(Exception):
    """The file was accepted already, or the seat is not of this cohort; `str()` says which."""


class Person(NamedTuple):
    """All lines of one person of a meeting."""

    name: str
    email: str
    stays: list[Stay]
    minutes: int
    """The most that a line without times tells."""


def receive_file(
    session: Session,
    path: str | os.PathLike[str],
    *,
    name: str,
    sha256: str,
    by: User,
    now: datetime,
) -> AttendanceFile:
    """Read a meeting's list and match its people; nothing counts before it is accepted.

    The same bytes for the same session give the file that is there. Raises SpreadsheetError.
    """
    known = session.attendance_files.filter(sha256=sha256).first()
    if known is not None:
        return known
    lines = read_lines(path, near=session.starts_at)
    if not lines:
        raise SpreadsheetError(EMPTY)
    window = Stay(session.starts_at, session.ends_at)
    people = _people(lines, Seats(session.cohort))
    with transaction.atomic():
        file = AttendanceFile.objects.create(
            session=session, name=name[:200], sha256=sha256, uploaded_by=by, uploaded_at=now
        )
        AttendanceFileRow.objects.bulk_create(
            [
                _row(file, number, person, matched, window=window)
                for number, (person, matched) in enumerate(people, 1)
            ],
            batch_size=1000,
        )
    return file


def assign_row(row: AttendanceFileRow, enrolment: Enrolment | None) -> None:
    """Staff say whose row it is, or with None that it is no participant. Raises FileRefused."""
    if AttendanceFile.objects.filter(pk=row.file_id, accepted_at__isnull=False).exists():
        raise FileRefused("Berkas ini sudah diterima. Catat kehadirannya langsung pada orangnya.")
    if enrolment is not None and enrolment.cohort_id != row.file.session.cohort_id:
        raise FileRefused("Orang itu bukan peserta gelombang ini.")
    row.enrolment = enrolment
    row.match = Match.STAFF if enrolment else Match.IGNORED
    row.save(update_fields=["enrolment", "match"])


@transaction.atomic
def accept_file(file: AttendanceFile, *, with_guesses: bool, by: User, now: datetime) -> int:
    """Record everybody whose seat is known, with the minutes measured; return how many.

    People matched by name only count `with_guesses`. Of several rows for one seat, also those of
    another file of the session, the time that they cover together counts; where a list tells no
    times, the longest. Raises FileRefused when it was accepted before.
    """
    session = Session.objects.get(pk=file.session_id)
    session.cohort = seats.lock(session.cohort_id)
    if not AttendanceFile.objects.filter(pk=file.pk, accepted_at=None).update(accepted_at=now):
        raise FileRefused("Berkas ini sudah diterima.")
    rows = file.rows.filter(enrolment__isnull=False, minutes__gt=0).select_related("enrolment")
    counted = rows if with_guesses else rows.exclude(match=Match.NAME)
    groups: dict[int, list[AttendanceFileRow]] = defaultdict(list)
    for row in counted.order_by("joined_at", "number"):
        groups[row.enrolment_id or 0].append(row)
    seated = {pk: found for pk, found in groups.items() if _is_seated(found[0])}
    known = _record(session, file, seated, by=by, now=now)
    AttendanceMark.objects.bulk_create(
        [
            _mark(session, row, known=pk in known or bool(place), by=by, now=now)
            for pk, found in groups.items()
            for place, row in enumerate(found)
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )
    for source in (State.CONFIRMED, State.NO_SHOW):
        via = Via.FILE.label.lower()
        move_all(list(seated), source=source, to=State.ATTENDED, now=now, via=via)
    judge_all_closed(session.cohort, list(seated), now=now)
    return len(seated)


def percent_of(row: AttendanceFileRow, session: Session) -> int:
    """How much of the session the person was there, in whole percent."""
    length = closing.length_of(session)
    return min(100 * row.minutes // length, 100) if length else 0


def _people(lines: Iterable[Line], known: Seats) -> list[tuple[Person, Matched]]:
    """Lines joined by person: by seat where one was found, else by address, else by name."""
    groups: dict[tuple[str, object], tuple[Person, Matched]] = {}
    for line in lines:
        matched = known.match(line)
        if matched.enrolment_id:
            key: tuple[str, object] = ("seat", matched.enrolment_id)
        else:
            key = ("email", line.email) if line.email else ("name", line.name.lower())
        person, how = groups.get(key, (Person(line.name, line.email, [], 0), matched))
        stays = [*person.stays, line.stay] if line.stay else person.stays
        minutes = person.minutes if line.stay else max(person.minutes, line.minutes)
        is_surer = _ORDER[matched.how] < _ORDER[how.how]
        merged = Person(person.name, person.email or line.email, stays, minutes)
        groups[key] = (merged, matched if is_surer else how)
    return list(groups.values())


_ORDER: dict[str, int] = {Match.CODE: 0, Match.EMAIL: 1, Match.NAME: 2, Match.NOBODY: 3}


def _row(
    file: AttendanceFile, number: int, person: Person, matched: Matched, *, window: Stay
) -> AttendanceFileRow:
    stays = shifted(person.stays, window=window)
    length = round((window.ends - window.begins).total_seconds() / 60)
    minutes = minutes_of(stays, window=window) if stays else min(person.minutes, length)
    return AttendanceFileRow(
        file=file,
        number=number,
        name=person.name,
        email=person.email,
        joined_at=min(stay.begins for stay in stays) if stays else None,
        left_at=max(stay.ends for stay in stays) if stays else None,
        minutes=minutes,
        stays=[[round(stay.begins.timestamp()), round(stay.ends.timestamp())] for stay in stays],
        enrolment_id=matched.enrolment_id,
        match=matched.how,
    )


def _is_seated(row: AttendanceFileRow) -> bool:
    return row.enrolment is not None and row.enrolment.state in Enrolment.SEATED


def _record(
    session: Session,
    file: AttendanceFile,
    rows: dict[int, list[AttendanceFileRow]],
    *,
    by: User,
    now: datetime,
) -> set[int]:
    """Write the attendances; return those who were recorded as there before."""
    known = {
        one.enrolment_id: one
        for one in Attendance.objects.filter(session=session, enrolment__in=list(rows))
    }
    was_there = {pk for pk, one in known.items() if one.came_at is not None}
    earlier = _counted_before(session, file, was_there)
    fresh: list[Attendance] = []
    changed: list[Attendance] = []
    for pk, own in rows.items():
        one = known.get(pk) or Attendance(session=session, enrolment_id=pk, via=Via.FILE)
        came_at = min(row.joined_at or session.starts_at for row in own)
        one.came_at = min(one.came_at, came_at) if one.came_at else came_at
        one.left_at = max(
            [one.left_at or one.came_at, *(row.left_at for row in own if row.left_at)]
        )
        one.minutes = max(one.minutes or 0, _minutes_together([*own, *earlier[pk]], session))
        one.recorded_by, one.changed_at = by, now
        (changed if pk in known else fresh).append(one)
    Attendance.objects.bulk_create(fresh, batch_size=1000)
    columns = ["came_at", "left_at", "minutes", "recorded_by", "changed_at"]
    Attendance.objects.bulk_update(changed, columns, batch_size=500)
    return was_there


def _counted_before(
    session: Session, file: AttendanceFile, seats_there: set[int]
) -> dict[int, list[AttendanceFileRow]]:
    """Rows of the session's other accepted files that counted for these seats.

    A meeting that broke off and began again leaves two lists.
    """
    rows = AttendanceFileRow.objects.filter(
        file__session=session, file__accepted_at__isnull=False, enrolment__in=seats_there
    ).exclude(file=file)
    keys = {_key(row): row for row in rows}
    counted = AttendanceMark.objects.filter(
        key__in=keys, outcome__in=[Outcome.ACCEPTED, Outcome.ALREADY]
    )
    found: dict[int, list[AttendanceFileRow]] = defaultdict(list)
    for key in counted.values_list("key", flat=True):
        found[keys[key].enrolment_id or 0].append(keys[key])
    return found


def _minutes_together(rows: Iterable[AttendanceFileRow], session: Session) -> int:
    """Minutes of the session that the rows cover; what overlaps counts once."""
    own = list(rows)
    stays = [
        Stay(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))
        for row in own
        for begins, ends in row.stays
    ]
    covered = minutes_of(stays, window=Stay(session.starts_at, session.ends_at))
    return max([covered, *(row.minutes for row in own if not row.stays)])


def _key(row: AttendanceFileRow) -> uuid.UUID:
    return uuid.uuid5(_SPACE, f"{row.file_id}:{row.number}")


def _mark(
    session: Session, row: AttendanceFileRow, *, known: bool, by: User, now: datetime
) -> AttendanceMark:
    outcome, reason = Outcome.ACCEPTED, f"Hadir {row.minutes} menit menurut berkas rapat."
    if not _is_seated(row):
        outcome, reason = Outcome.CONFLICT, NO_SEAT
    elif known:
        outcome = Outcome.ALREADY
    return AttendanceMark(
        key=_key(row),
        session=session,
        enrolment_id=row.enrolment_id,
        kind=Kind.IN,
        via=Via.FILE,
        read=row.name,
        outcome=outcome,
        reason=reason,
        happened_at=row.joined_at or session.starts_at,
        received_at=now,
        made_by=by,
    )
