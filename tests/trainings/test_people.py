from urllib.parse import unquote

import pytest
from django.utils import timezone

from tests.factories import (
    CohortFactory,
    EnrolmentFactory,
    ParticipantFactory,
    RegionFactory,
    UserFactory,
)
from trainings.models import Enrolment
from trainings.services import people, rounds
from trainings.services.printed import printable_list
from umkm_portal.common import codes
from umkm_portal.messaging.services import mark_sent_by_hand

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


def test_pasted_codes_and_phones_are_invited_line_by_line(now):
    cohort = CohortFactory()
    by_code, by_phone = ParticipantFactory(), ParticipantFactory(phone="+6281234567890")
    family = ParticipantFactory.create_batch(2, phone="+6281200000001")
    unwilling = ParticipantFactory(is_willing=False)
    already = EnrolmentFactory(cohort=cohort).participant
    text = "\n".join(
        [
            codes.display(by_code.code),
            "0812-3456-7890",
            "",
            "081200000001",
            unwilling.code,
            already.code,
            by_code.code,
            "Siti",
            "0812 9999 9999",
        ]
    )

    result = people.invite_people(cohort, text, actor=UserFactory(is_staff=True), now=now)

    assert [(line.is_invited, line.message) for line in result.lines] == [
        (True, "Diundang."),
        (True, "Diundang."),
        (False, "Nomor ini dipakai lebih dari satu peserta; tulis kodenya."),
        (False, "Belum bersedia dilatih."),
        (False, "Sudah diundang ke gelombang ini."),
        (False, "Sudah ada di baris lain."),
        (False, result.lines[6].message),
        (False, "Nomor ini tidak terdaftar."),
    ]
    assert result.lines[6].message.startswith("Bukan kode peserta.")
    assert result.invited == 2
    assert result.round.is_everyone is False
    invited = set(result.round.enrolments.values_list("participant", flat=True))
    assert invited == {by_code.pk, by_phone.pk}
    assert family[0].pk not in invited


def test_an_override_invites_the_unwilling_with_its_reason_on_record(now):
    cohort = CohortFactory()
    person = ParticipantFactory(is_willing=False)

    result = people.invite_people(
        cohort, person.code, actor=None, now=now, override="Datang ke loket"
    )

    assert result.invited == 1
    event = Enrolment.objects.get(participant=person).events.get()
    assert event.note == "Pengecualian: Datang ke loket"


def test_pasting_nobody_known_opens_no_round(now):
    result = people.invite_people(CohortFactory(), "0812 9999 9999", actor=None, now=now)

    assert (result.invited, result.round) == (0, None)


def test_a_full_cohort_still_takes_people_for_its_waiting_line(now):
    cohort = CohortFactory(seats=0)
    person = ParticipantFactory()

    result = people.invite_people(cohort, person.code, actor=None, now=now)

    assert result.invited == 1


def test_people_without_an_address_are_listed_by_kecamatan_with_a_filled_in_chat(now):
    district = RegionFactory(code="31.71.07", level="district", name="Tanah Abang")
    village = RegionFactory(code="31.71.07.1001", parent=district, name="Kebon Kacang")
    reached = ParticipantFactory(region=village)
    siti = ParticipantFactory(
        region=village, email="", full_name="Siti Aminah", phone="+6281234567890"
    )
    budi = ParticipantFactory(region=None, email="", full_name="Budi", phone="")
    opened = rounds.open_round(CohortFactory(), actor=None, now=now)

    sheets = printable_list(opened)

    assert [sheet.place for sheet in sheets] == ["Tanah Abang", "Wilayah belum diketahui"]
    row = sheets[0].rows[0]
    code = Enrolment.objects.get(participant=siti).short_code
    assert (row.name, row.phone, row.code) == (
        "Siti Aminah",
        "0812-3456-7890",
        codes.display(code),
    )
    assert row.chat_link.startswith("https://wa.me/6281234567890?text=")
    text = unquote(row.chat_link)
    assert "Yth. Bapak/Ibu Siti Aminah" in text
    assert f"/undangan/?kode={code}" in text
    assert [row.chat_link for row in sheets[1].rows] == [""]
    assert sheets[1].rows[0].participant_id == budi.pk
    assert reached.full_name not in str(sheets)


def test_marking_a_row_as_told_keeps_it_on_the_list(now):
    person = ParticipantFactory(email="")
    opened = rounds.open_round(CohortFactory(), actor=None, now=now)
    enrolment = opened.enrolments.get()

    mark_sent_by_hand(
        opened.campaign,
        recipient_key=person.pk,
        subject_id=enrolment.pk,
        actor=UserFactory(is_staff=True),
        now=now,
    )

    assert [row.is_sent for sheet in printable_list(opened) for row in sheet.rows] == [True]
