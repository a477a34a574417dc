"""Lists of online meetings: every form of them, matched, looked through, accepted."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from tests.trainings.attendance.conftest import begun, seat
from trainings import invariants
from trainings.attendance.meetings import services
from trainings.attendance.meetings.matching import words_of
from trainings.attendance.meetings.stays import Stay, minutes_of, read_moment
from trainings.models import Attendance, AttendanceMark
from umkm_portal.common import codes
from umkm_portal.common.dates import JAKARTA
from umkm_portal.common.spreadsheets import SpreadsheetError

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 5)


def at(hour, minute=0):
    return datetime(2026, 10, 5, hour, minute, tzinfo=JAKARTA)


@pytest.mark.parametrize(
    "text",
    [
        "10/05/2026 05:55:00 PM",
        "05/10/2026 17:55",
        "2026-10-05 17:55:00",
        "2026-10-05T10:55:00Z",
        "2026-10-05T17:55:00+07:00",
        "05.10.2026 17.55",
    ],
)
def test_times_are_read_in_every_order_by_the_day_of_the_session(text):
    assert read_moment(text, day=DAY) == at(17, 55)


@pytest.mark.parametrize("text", ["", "kemarin", "99/99/2026 10:00", "10/05/2026 29:00"])
def test_what_is_no_time_is_none(text):
    assert read_moment(text, day=DAY) is None


def test_stays_that_overlap_count_once_and_only_within_the_session():
    window = Stay(at(9), at(12))
    stays = [Stay(at(8), at(10)), Stay(at(9, 30), at(10, 30)), Stay(at(11), at(13))]

    assert minutes_of(stays, window=window) == 150
    assert minutes_of([], window=window) == 0


def test_names_are_compared_without_titles_and_signs():
    assert words_of("Hj. Siti-Aminah, S.E.") == words_of("siti aminah")


@pytest.fixture
def online(scene):
    """A session of 9 to 12 on 5 October with four seats."""
    cohort = begun()
    scene.people = [
        seat(cohort, full_name="Siti Aminah"),
        seat(cohort, full_name="Budi Hartono", email="budi@contoh.example"),
        seat(cohort, full_name="Raden Ajeng Wulan Sari"),
        seat(cohort, full_name="Ani Lestari"),
    ]
    scene.meeting = cohort.sessions.get()
    scene.meeting.venue = None
    scene.meeting.starts_at, scene.meeting.ends_at = at(9), at(12)
    scene.meeting.save()
    scene.now = timezone.now()
    return scene


def receive(online, tmp_path, text, name="peserta.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8-sig")
    return services.receive_file(
        online.meeting,
        path,
        name=name,
        sha256=f"{abs(hash(text)):064d}"[:64],
        by=online.officer,
        now=online.now,
    )


def rows_of(file):
    return list(
        file.rows.order_by("number").values_list("name", "minutes", "match", "enrolment_id")
    )


HEADER = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"


def test_a_file_of_joins_is_matched_by_code_address_and_name(online, tmp_path):
    siti, budi, wulan, _ = online.people
    code = codes.display(siti.short_code)
    text = "\n".join(
        [
            HEADER,
            f"{code} Siti,,10/05/2026 08:50:00 AM,10/05/2026 10:00:00 AM,70,Yes",
            f"HP Samsung ({code}),,10/05/2026 09:30:00 AM,10/05/2026 12:30:00 PM,180,Yes",
            "budi,BUDI@contoh.example,10/05/2026 09:00:00 AM,10/05/2026 09:45:00 AM,45,No",
            "Wulan Sari,,10/05/2026 11:00:00 AM,10/05/2026 11:30:00 AM,30,Yes",
            "iPhone,,10/05/2026 09:00:00 AM,10/05/2026 11:30:00 AM,150,Yes",
        ]
    )

    file = receive(online, tmp_path, text)

    assert rows_of(file) == [
        (f"{code} Siti", 180, "code", siti.pk),
        ("budi", 45, "email", budi.pk),
        ("Wulan Sari", 30, "name", wulan.pk),
        ("iPhone", 150, "nobody", None),
    ]
    assert receive(online, tmp_path, text) == file
    assert not Attendance.objects.filter(session=online.meeting).exists()


@pytest.mark.parametrize(
    "text",
    [
        "Name (original name);Email;Total duration (minutes);Guest\nbudi;budi@contoh.example;45;No",
        "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants\n"
        "812 3456,Bimtek,10/05/2026 08:30:00 AM,10/05/2026 12:30:00 PM,dinas@contoh.example,240,99"
        f"\n\n{HEADER}\nbudi,budi@contoh.example,10/05/2026 09:00:00 AM,"
        "10/05/2026 09:45:00 AM,45,No",
        f"Topic,Meeting ID,{HEADER}\nBimtek,812,budi,budi@contoh.example,10/05/2026 09:00:00 AM,"
        "10/05/2026 09:45:00 AM,45,No",
        f"{HEADER},Recording Consent\nbudi,budi@contoh.example,2026-10-05T02:00:00Z,"
        "2026-10-05T02:45:00Z,45,No,Y",
        f"{HEADER}\nbudi,budi@contoh.example,10/05/2026 02:00:00 AM,10/05/2026 02:45:00 AM,45,No",
    ],
    ids=["one row a person", "meeting on top", "topic in each row", "consent, UTC", "plain UTC"],
)
def test_every_form_of_the_file_tells_the_same(online, tmp_path, text):
    assert rows_of(receive(online, tmp_path, text)) == [("budi", 45, "email", online.people[1].pk)]


@pytest.mark.parametrize(
    "text", ["", "a,b,c\n1,2,3", HEADER, "PK\x03\x04 not a workbook", "Nama;Alamat\nSiti;Jati"]
)
def test_other_files_are_refused_in_a_sentence_and_leave_nothing(online, tmp_path, text):
    with pytest.raises(SpreadsheetError, match=r"[A-Z].*\."):
        receive(online, tmp_path, text)
    assert not online.meeting.attendance_files.exists()


def test_an_accepted_file_counts_once_guesses_only_when_wanted(online, tmp_path):
    siti, _, _, ani = online.people
    text = "\n".join(
        [
            HEADER,
            f"{siti.short_code},,10/05/2026 09:00:00 AM,10/05/2026 12:00:00 PM,180,Yes",
            "Wulan Sari,,10/05/2026 11:00:00 AM,10/05/2026 11:30:00 AM,30,Yes",
            "iPhone,,10/05/2026 09:00:00 AM,10/05/2026 11:30:00 AM,150,Yes",
            "Panitia,,10/05/2026 09:00:00 AM,10/05/2026 11:30:00 AM,150,Yes",
        ]
    )
    file = receive(online, tmp_path, text)
    phone, host = file.rows.filter(match="nobody").order_by("number")
    services.assign_row(phone, ani)
    services.assign_row(host, None)
    facts = {"by": online.officer, "now": online.now}

    count = services.accept_file(file, with_guesses=False, **facts)

    with pytest.raises(services.FileRefused):
        services.accept_file(file, with_guesses=True, **facts)
    phone.refresh_from_db()
    with pytest.raises(services.FileRefused):
        services.assign_row(file.rows.get(pk=phone.pk), None)
    minutes = dict(Attendance.objects.values_list("enrolment", "minutes"))
    for one in online.people:
        one.refresh_from_db()
    assert (count, minutes) == (2, {siti.pk: 180, ani.pk: 150})
    assert [one.state for one in online.people] == [
        "attended",
        "confirmed",
        "confirmed",
        "attended",
    ]
    assert AttendanceMark.objects.filter(via="file", outcome="accepted").count() == 2
    assert invariants.violations() == []
    assert timedelta(minutes=services.percent_of(phone, online.meeting)) == timedelta(minutes=83)


def test_a_person_on_two_devices_or_in_two_meetings_has_the_time_they_cover(online, tmp_path):
    siti, budi, *_ = online.people
    join = "{},,10/05/2026 {}:00 AM,10/05/2026 {}:00 AM,0,Yes".format
    first = receive(
        online,
        tmp_path,
        "\n".join(
            [
                HEADER,
                join(siti.short_code, "09:00", "10:00"),
                join("HP Siti", "09:30", "10:15"),
                join(budi.short_code, "09:00", "09:20"),
            ]
        ),
        "satu.csv",
    )
    services.assign_row(first.rows.get(name="HP Siti"), siti)
    facts = {"with_guesses": False, "by": online.officer, "now": online.now}

    assert services.accept_file(first, **facts) == 2
    minutes = dict(Attendance.objects.values_list("enrolment", "minutes"))
    assert minutes == {siti.pk: 75, budi.pk: 20}
    lines = AttendanceMark.objects.filter(enrolment=siti).order_by("happened_at")
    assert [line.outcome for line in lines] == ["accepted", "already"]

    again = "\n".join(
        [
            HEADER,
            join(siti.short_code, "10:00", "10:30"),
            join(budi.short_code, "11:00", "11:40"),
        ]
    )
    services.accept_file(receive(online, tmp_path, again, "dua.csv"), **facts)
    minutes = dict(Attendance.objects.values_list("enrolment", "minutes"))
    assert minutes == {siti.pk: 90, budi.pk: 60}
    assert invariants.violations() == []
