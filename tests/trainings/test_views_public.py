import pytest
from django.urls import reverse

from tests.factories import (
    CohortFactory,
    EnrolmentFactory,
    ParticipantFactory,
    RegionFactory,
    VenueFactory,
    in_days,
)
from trainings.models import Cohort
from umkm_portal.common import attempts, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def tanah_abang():
    city = RegionFactory(code="31.71", level="city", name="Kota", short_name="Jakarta Pusat")
    return RegionFactory(code="31.71.07", level="district", name="Tanah Abang", parent=city)


# --- Schedule


@pytest.mark.parametrize("count", [1, 3])
def test_schedule_runs_a_constant_number_of_queries(client, count, django_assert_num_queries):
    CohortFactory.create_batch(count)

    with django_assert_num_queries(5):
        response = client.get(reverse("trainings:schedule"))

    assert len(response.context["waves"]) == count


def test_schedule_hides_drafts_and_past_cohorts(client):
    shown = CohortFactory()
    hidden = [
        CohortFactory(state=Cohort.State.DRAFT),
        CohortFactory(state=Cohort.State.CANCELLED),
        CohortFactory(starts_at=in_days(-2)),
    ]

    body = client.get(reverse("trainings:schedule")).content.decode()

    assert shown.training.title in body
    assert not any(cohort.training.title in body for cohort in hidden)


def test_schedule_filters_by_kecamatan_topic_and_mode(client, tanah_abang):
    venue = VenueFactory(region=tanah_abang)
    wanted = CohortFactory(session__venue=venue)
    CohortFactory()
    CohortFactory(session__venue=venue)
    CohortFactory(session__venue=venue, training=wanted.training, mode=Cohort.Mode.ONLINE)

    response = client.get(
        reverse("trainings:schedule"),
        {"kecamatan": "31.71.07", "tema": wanted.training.topic.slug, "cara": "in_person"},
    )

    assert [wave.code for wave in response.context["waves"]] == [wanted.code]
    assert "Kecamatan Tanah Abang" in response.content.decode()


def test_schedule_without_a_match_keeps_the_filter_and_names_the_nearest(client, tanah_abang):
    elsewhere = RegionFactory(
        code="31.71.06", level="district", name="Menteng", parent=tanah_abang.parent
    )
    near = CohortFactory(session__venue=VenueFactory(region=elsewhere))
    CohortFactory(mode=Cohort.Mode.ONLINE)

    response = client.get(reverse("trainings:schedule"), {"kecamatan": "31.71.07"})

    body = response.content.decode()
    assert "Tidak ada gelombang untuk Kecamatan Tanah Abang." in body
    assert [wave.code for wave in response.context["nearby"]] == [near.code]
    assert '<option value="31.71.07" selected>' in body


@pytest.mark.parametrize("query", ["kecamatan=' OR 1", "tema=tidak-ada", "cara=x", "halaman=zz"])
def test_schedule_ignores_choices_it_does_not_know(client, query):
    cohort = CohortFactory()

    response = client.get(f"{reverse('trainings:schedule')}?{query}")

    assert response.status_code == 200
    assert cohort.training.title in response.content.decode()


def test_schedule_pages_keep_the_filter(client):
    training = CohortFactory().training
    CohortFactory.create_batch(13, training=training)

    response = client.get(
        reverse("trainings:schedule"), {"tema": training.topic.slug, "halaman": 2}
    )

    assert len(response.context["waves"]) == 2
    assert f"?tema={training.topic.slug}&amp;halaman=1" in response.content.decode()


# --- Cohort


@pytest.mark.parametrize("state", [Cohort.State.DRAFT, Cohort.State.CANCELLED])
def test_cohort_page_of_an_unpublished_cohort_is_not_found(client, state):
    cohort = CohortFactory(state=state)

    assert client.get(cohort.get_absolute_url()).status_code == 404


def test_cohort_page_shows_sessions_and_seats_but_no_class_link(client):
    cohort = CohortFactory(seats=80, taken=74, session__link="https://rapat.example/rahasia")

    body = client.get(cohort.get_absolute_url()).content.decode()

    assert "6 kursi lagi" in body
    assert "09.00–12.00 WIB" in body
    assert "rahasia" not in body


def test_cohort_page_names_nobody(client):
    cohort = CohortFactory()
    EnrolmentFactory(
        cohort=cohort,
        state="waitlisted",
        arrival_no=1,
        participant=ParticipantFactory(full_name="Siti Rahasia"),
    )

    body = client.get(cohort.get_absolute_url()).content.decode()

    assert "1 orang di daftar tunggu" in body
    assert "Siti" not in body


# --- Codes


def test_invitation_opens_by_code_in_any_spelling(client):
    enrolment = EnrolmentFactory()
    typed = f" {codes.display(enrolment.short_code).lower()} "

    response = client.post(reverse("trainings:invitation"), {"kode": typed})

    assert response.status_code == 302
    assert response.url.startswith("/u/")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Tulis kode undangan Anda."),
        ("JKP-2222-2223", "salah ketik"),
        (None, "tidak kami kenal"),
    ],
)
def test_invitation_with_a_wrong_code_says_what_to_do(client, typed, words):
    EnrolmentFactory()
    kode = codes.new_code() if typed is None else typed

    response = client.post(reverse("trainings:invitation"), {"kode": kode})

    assert response.status_code == 422
    body = response.content.decode()
    assert words in body
    assert "<title>Kesalahan: " in body
    assert 'href="#id_kode"' in body


def test_invitation_stops_guessing_from_one_address_only(client):
    enrolment = EnrolmentFactory()
    address = reverse("trainings:invitation")
    for _ in range(attempts.LIMIT):
        assert client.post(address, {"kode": codes.new_code()}).status_code == 422

    blocked = client.post(address, {"kode": enrolment.short_code})
    elsewhere = client.post(address, {"kode": enrolment.short_code}, REMOTE_ADDR="10.1.1.1")

    assert blocked.status_code == 429
    assert blocked["Retry-After"] == "600"
    assert "Terlalu banyak percobaan" in blocked.content.decode()
    assert elsewhere.status_code == 302


def test_right_codes_are_never_counted(client):
    enrolment = EnrolmentFactory()

    for _ in range(attempts.LIMIT + 1):
        response = client.post(reverse("trainings:invitation"), {"kode": enrolment.short_code})

    assert response.status_code == 302


def test_check_proves_an_invitation_without_a_name(client):
    enrolment = EnrolmentFactory(participant=ParticipantFactory(full_name="Siti Rahasia"))

    response = client.get(reverse("trainings:check"), {"kode": codes.display(enrolment.short_code)})

    body = response.content.decode()
    assert "Undangan ini asli." in body
    assert enrolment.training.title in body
    assert "Siti" not in body
    assert enrolment.participant.phone[3:] not in body


def test_check_warns_about_an_unknown_code(client):
    EnrolmentFactory()

    body = client.get(reverse("trainings:check"), {"kode": codes.new_code()}).content.decode()

    assert "tidak kami kenal" in body
    assert "Undangan ini asli" not in body


def test_check_stops_guessing(client):
    for _ in range(attempts.LIMIT):
        client.get(reverse("trainings:check"), {"kode": codes.new_code()})

    assert client.get(reverse("trainings:check")).status_code == 429
