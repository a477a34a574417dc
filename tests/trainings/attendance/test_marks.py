from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from participants import handlers
from tests.factories import EnrolmentFactory, ParticipantFactory, SessionFactory
from tests.trainings.attendance.conftest import address_of, begun, seat
from trainings import invariants
from trainings.models import Attendance, AttendanceMark, Enrolment
from trainings.services import answers
from trainings.services.transitions import create
from umkm_portal.common import codes

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def state_of(enrolment):
    enrolment.refresh_from_db()
    return enrolment.state


def outcomes(session):
    return list(session.marks.order_by("pk").values_list("kind", "outcome"))


def test_a_ticket_is_read_as_address_and_as_code_and_counts_once(scene, mark):
    address = address_of(scene.siti)
    typed = codes.display(scene.siti.short_code).lower()

    first, again = mark(address), mark(typed, at=scene.now + HOUR, now=scene.now + HOUR)
    by_card = mark(scene.budi.participant.code, via="code")

    clock = f"{timezone.localtime(scene.now):%H.%M}"
    assert (first.outcome, first.tone, first.name) == ("accepted", "green", "Siti Aminah")
    assert (again.outcome, again.tone) == ("already", "yellow")
    assert again.sentence == f"Sudah hadir sejak pukul {clock}."
    assert by_card.enrolment == scene.budi
    assert (state_of(scene.siti), Attendance.objects.present().count()) == ("attended", 2)
    assert invariants.violations() == []


def test_the_same_key_changes_nothing_and_is_answered_as_the_first_time(scene, mark):
    key = uuid4()

    first, again = mark(scene.siti, key=key), mark(scene.siti, key=key)

    assert again == first
    assert (
        AttendanceMark.objects.count(),
        scene.siti.events.filter(to_state="attended").count(),
    ) == (1, 1)


def test_what_does_not_fit_is_kept_with_its_sentence(scene, mark):
    other = seat(begun(), full_name="Ani Lestari")
    gone = seat(scene.cohort)
    answers.cancel(gone, now=scene.cohort.starts_at - HOUR, via="tautan")
    waiting = EnrolmentFactory(cohort=scene.cohort)
    tomorrow = SessionFactory(
        cohort=scene.cohort,
        starts_at=scene.now + timedelta(days=1),
        ends_at=scene.now + timedelta(days=1, hours=3),
    )

    found = [
        mark("JKP-2222-2222"),
        mark(address_of(other)),
        mark(gone),
        mark(waiting),
        mark(scene.siti, session=tomorrow),
        mark(scene.siti, at=scene.now + timedelta(days=1), now=scene.now + timedelta(days=2)),
    ]

    assert [(one.outcome, one.tone) for one in found] == [("refused", "red")] + 5 * [
        ("conflict", "red")
    ]
    starts = ("Kode tidak dikenal", "Salah gelombang", "Kursi ini sudah dilepas", "Belum punya")
    for one, start in zip(
        found, (*starts, "Salah sesi: sesi ini baru", "Salah sesi: ini sesi"), strict=True
    ):
        assert one.sentence.startswith(start)
        assert "\n" not in one.sentence
    assert AttendanceMark.objects.count() == 6
    assert not Attendance.objects.exists()


def test_a_cancelled_session_takes_no_marks_but_keeps_those_made_before(scene, mark):
    scene.session.cancelled_at = scene.now
    scene.session.save()

    late, early = (
        mark(scene.siti, at=scene.now, now=scene.now),
        mark(scene.siti, at=scene.now - HOUR / 4),
    )

    assert (late.outcome, early.outcome) == ("refused", "conflict")
    assert state_of(scene.siti) == "confirmed"


def test_undo_takes_back_one_mark_and_only_once(scene, mark):
    came = mark(scene.siti)
    mark(scene.siti)

    undone = mark(str(came.key), kind="undo", via="code")
    again = mark(str(came.key), kind="undo", via="code")

    assert (undone.outcome, undone.tone, undone.name) == ("accepted", "green", "Siti Aminah")
    assert (again.outcome, state_of(scene.siti)) == ("already", "confirmed")
    assert not Attendance.objects.exists()
    back = mark(scene.siti)
    stale = mark(str(came.key), kind="undo", via="code")
    assert (back.outcome, stale.outcome, state_of(scene.siti)) == (
        "accepted",
        "already",
        "attended",
    )
    assert mark("kosong", kind="undo", via="code").outcome == "refused"
    assert invariants.violations() == []


def test_undo_of_one_session_leaves_the_other(scene, mark):
    second = SessionFactory(
        cohort=scene.cohort,
        starts_at=scene.now + 2 * HOUR,
        ends_at=scene.now + 4 * HOUR,
    )
    mark(scene.siti)
    there = mark(scene.siti, session=second)

    mark(str(there.key), kind="undo", via="code", session=second)

    assert state_of(scene.siti) == "attended"
    assert Attendance.objects.get().session == scene.session


def test_in_and_out_arrive_in_any_order_and_the_outermost_times_count(scene, mark):
    later = scene.now + 2 * HOUR

    left = mark(scene.siti, kind="out", at=later, now=later)
    came = mark(scene.siti, at=scene.now, now=later)
    earlier = mark(scene.siti, at=scene.now - HOUR / 12, now=later)

    row = Attendance.objects.get()
    assert [left.outcome, came.outcome, earlier.outcome] == ["conflict", "accepted", "already"]
    assert (row.came_at, row.left_at) == (scene.now - HOUR / 12, later)
    assert AttendanceMark.objects.get(kind="out").settled_at is not None
    returned = mark(scene.siti, at=later + HOUR / 6, now=later + HOUR / 6)
    row.refresh_from_db()
    assert (returned.outcome, row.left_at) == ("accepted", None)
    assert mark(scene.budi, kind="out").outcome == "conflict"


def test_a_clock_that_runs_ahead_is_held_back(scene, mark):
    mark(scene.siti, at=scene.now + timedelta(days=400))

    assert Attendance.objects.get().came_at == scene.now


# --- People whose records go elsewhere


def handler():
    (found,) = [h for h in handlers.all_handlers() if h.model is Enrolment]
    return found


def test_merging_two_records_of_one_cohort_keeps_that_she_was_there(scene, mark):
    mark(scene.siti)
    source, target = scene.siti.participant, scene.budi.participant

    handler().merge(source, target)

    scene.cohort.refresh_from_db()
    assert (state_of(scene.siti), state_of(scene.budi)) == ("cancelled", "attended")
    assert (scene.cohort.taken, Attendance.objects.get().enrolment) == (1, scene.budi)
    assert invariants.violations() == []


def test_merging_into_a_record_without_a_seat_moves_the_seat_too(scene, mark):
    mark(scene.siti)
    twin = create(scene.cohort, ParticipantFactory(), now=scene.now, via="petugas")

    handler().merge(scene.siti.participant, twin.participant)

    scene.cohort.refresh_from_db()
    assert (state_of(scene.siti), state_of(twin), scene.cohort.taken) == (
        "cancelled",
        "attended",
        2,
    )
    assert invariants.violations() == []


def test_forgetting_leaves_the_attendance_and_takes_out_what_was_read(scene, mark):
    mark(address_of(scene.siti))

    handler().erase(scene.siti.participant)

    assert AttendanceMark.objects.get().read == ""
    assert state_of(scene.siti) == "attended"
