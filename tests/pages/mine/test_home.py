from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from participants.models import StageEvent
from tests.factories import CohortFactory, EnrolmentFactory, UserFactory, in_days
from trainings.models import Enrolment
from trainings.services import answers
from umkm_portal.pages.mine.home import called, greeting

pytestmark = pytest.mark.django_db
HOME = "/saya/"


def body(client, address=HOME):
    return client.get(address).content.decode()


def press(client, enrolment, word, **more):
    address = reverse("mine:class", args=[enrolment.public_id])
    return client.post(address, {"jawaban": word, **more})


def test_home_without_anything_says_what_to_do(client, family):
    text = body(client)

    assert "Siti Aminah" in text
    assert "Dapur Siti" in text
    assert "Belum ada undangan." in text
    assert "0 dari 7 langkah selesai" in text
    assert "Ganti orang" in text


def test_account_without_people_is_shown_the_way_in(client):
    client.force_login(UserFactory())

    assert 'href="/daftar/"' in body(client)
    assert client.get("/saya/profil/").url == HOME


def test_invitation_is_answered_with_the_rules_of_the_link(client, family):
    enrolment = EnrolmentFactory(participant=family.siti)
    text = body(client)
    assert all(word in text for word in ("Ya, saya hadir", "Tidak bisa", "Minta jadwal lain"))
    assert "Balas sebelum" in text

    assert press(client, enrolment, "ya").status_code == 302
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.answer_via) == ("confirmed", answers.VIA_ACCOUNT)
    text = body(client)
    assert 'aria-label="Kode QR tiket"' in text
    assert "1 sedang berjalan" in text
    refused = press(client, enrolment, "tidak")
    assert refused.status_code == 409
    assert str(answers.HoldsSeat()) in refused.content.decode()
    assert press(client, enrolment, "entah").status_code == 400
    press(client, enrolment, "batal", alasan="Sakit")
    assert "Kehadiran dibatalkan" in body(client)


def test_full_class_shows_the_place_in_line(client, family):
    cohort = CohortFactory(seats=0)
    press(client, EnrolmentFactory(participant=family.siti, cohort=cohort), "ya")

    assert "Urutan Anda di daftar tunggu." in body(client)


def test_strangers_classes_and_people_are_not_there(client, family):
    foreign = EnrolmentFactory(participant=family.stranger)
    others = EnrolmentFactory(participant=family.wulan)

    assert press(client, foreign, "ya").status_code == 404
    assert press(client, others, "ya").status_code == 404, "another person is chosen"
    assert client.post("/saya/ganti/", {"kode": family.stranger.code}).status_code == 404
    assert client.post("/saya/ganti/", {"kode": "x"}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == Enrolment.State.INVITED


def test_switching_lasts_and_ends_with_the_account_of_the_person(client, family):
    client.post("/saya/ganti/", {"kode": family.wulan.code})
    assert "Wulan" in body(client)
    family.wulan.account = None
    family.wulan.save()

    assert "Siti Aminah" in body(client)


def test_path_leaves_out_what_was_corrected(client, family):
    first = StageEvent.objects.create(
        participant=family.siti, stage_id="P3", occurred_on="2026-03-01", source_ref="a"
    )
    StageEvent.objects.create(
        participant=family.siti, stage_id="P2", occurred_on="2026-10-14", source_ref="b"
    )
    StageEvent.objects.create(
        participant=family.siti,
        stage_id="P3",
        occurred_on="2026-03-01",
        source_ref="c",
        corrects=first,
        is_void=True,
    )

    text = body(client)

    assert "1 dari 7 langkah selesai" in text
    assert "Selesai 14 Oktober 2026" in text


def test_use_counts_as_activity_once_a_day(client, family):
    body(client)
    family.siti.refresh_from_db()
    first = family.siti.last_activity_at
    body(client, "/saya/profil/")

    family.siti.refresh_from_db()
    assert first is not None
    assert family.siti.last_activity_at == first


@pytest.mark.parametrize("count", [1, 3])
def test_home_runs_a_constant_number_of_queries(client, family, count, django_assert_num_queries):
    for _ in range(count):
        EnrolmentFactory(participant=family.siti)
        answers.join(CohortFactory(), family.siti, now=timezone.now(), via="tautan")
    body(client)

    with django_assert_num_queries(19):
        body(client)


def test_greeting_follows_the_clock_of_jakarta():
    nine = in_days(1, hour=9)

    assert [greeting(nine + timedelta(hours=h)) for h in (0, 3, 7, 10)] == [
        "Selamat pagi",
        "Selamat siang",
        "Selamat sore",
        "Selamat malam",
    ]


def test_a_long_name_is_called_by_its_first_words():
    assert called("Siti Aminah") == "Siti Aminah"
    assert called("Raden Ajeng Siti Aminah Nurhasanah Kusumawardhani") == "Raden Ajeng Siti Aminah"
    assert called("Nurhasanahkusumawardhaniwiryaningrat") == "Nurhasanahkusumawardhaniwiryaningrat"
