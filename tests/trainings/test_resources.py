"""Venues, trainers and cohort plans in and out by spreadsheet."""

import io

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories import (
    CohortFactory,
    TopicFactory,
    TrainerFactory,
    TrainingFactory,
    VenueFactory,
    in_days,
)
from tests.staff import make_user
from trainings.models import Cohort, Session, Trainer, Venue
from trainings.planning.resources import CohortPlanResource
from trainings.resources import TrainerResource, VenueResource
from umkm_portal.common.small_tables import MAX_ROWS

pytestmark = pytest.mark.django_db


def load(resource, headers, *rows):
    data = tablib.Dataset(*rows, headers=headers)
    return resource().import_data(data, rollback_on_validation_errors=True)


def errors_of(result):
    rows = [str(error.error) for _, errors in result.row_errors() for error in errors]
    invalid = [str(row.error) for row in result.invalid_rows]
    return [str(error.error) for error in result.base_errors] + rows + invalid


VENUE = ["Nama", "Alamat", "Kapasitas", "Biaya per hari"]


def test_venues_come_in_with_money_as_people_write_it():
    result = load(VenueResource, VENUE, ["Balai A", "Jl. A", "40", "Rp 1.500.000"])

    assert errors_of(result) == []
    venue = Venue.objects.get()
    assert (venue.name, venue.capacity, venue.cost_per_day) == ("Balai A", 40, 1_500_000)


def test_a_bad_amount_is_named_with_its_sentence_and_nothing_is_written():
    result = load(
        VenueResource, VENUE, ["Balai A", "Jl. A", "40", "100"], ["Balai B", "Jl. B", "40", "mahal"]
    )

    assert "tidak terbaca" in errors_of(result)[0]
    assert not Venue.objects.exists()


def test_a_long_file_is_refused_with_one_sentence():
    rows = [[f"Balai {n}", "Jl. A", "40", "0"] for n in range(MAX_ROWS + 1)]

    result = load(VenueResource, VENUE, *rows)

    assert errors_of(result) == [
        f"Berkas ini {MAX_ROWS + 1} baris; paling banyak {MAX_ROWS} baris sekali unggah. "
        "Bagi menjadi beberapa berkas."
    ]


def test_what_goes_out_comes_in_again_unchanged():
    VenueFactory(cost_per_day=2_500_000)
    TrainerFactory(phone="+6281234567890").topics.add(TopicFactory(name="Foto"))
    CohortFactory(opens_at=in_days(-3), closes_at=in_days(8))
    before = list(Session.objects.values("starts_at", "ends_at", "venue"))

    for resource in (VenueResource, TrainerResource, CohortPlanResource):
        result = resource().import_data(resource().export())
        assert errors_of(result) == []
        assert result.totals["new"] == 0

    assert Trainer.objects.get().phone == "+6281234567890"
    assert [topic.name for topic in Trainer.objects.get().topics.all()] == ["Foto"]
    assert list(Session.objects.values("starts_at", "ends_at", "venue")) == before


PLAN = [
    "kode",
    "pelatihan",
    "gelombang ke",
    "cara",
    "boleh ikut",
    "kursi",
    "sesi mulai",
    "sesi selesai",
    "tempat",
]


def test_a_cohort_plan_comes_in_as_drafts_with_sessions():
    training, venue = TrainingFactory(slug="live"), VenueFactory(name="Balai A")
    first = ["live-9", "live", "9", "Tatap muka", "Siapa saja", "30"]

    result = load(
        CohortPlanResource,
        PLAN,
        [*first, "1/12/2026 09.00", "1 Desember 2026 12.00", "balai a"],
        [*first, "02/12/2026 09:00", "02/12/2026 12:00", "Balai A"],
    )

    assert errors_of(result) == []
    cohort = Cohort.objects.get()
    assert (cohort.training, cohort.state, cohort.seats) == (training, Cohort.State.DRAFT, 30)
    assert [s.venue for s in cohort.sessions.all()] == [venue, venue]
    assert (cohort.starts_at.day, cohort.ends_at.day) == (1, 2)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pelatihan": "tidak-ada"}, "belum ada di portal"),
        ({"cara": "Telepati"}, "Pilih salah satu: Tatap muka, Daring"),
        ({"tempat": "Balai Hilang"}, "belum ada di portal"),
        ({"sesi selesai": ""}, "berdua"),
        ({"sesi mulai": "1/12/2026"}, "tidak memuat jam"),
        ({"sesi selesai": "1/12/2026 08.00"}, "selesai setelah mulai"),
    ],
)
def test_a_bad_plan_is_refused_with_words_that_say_how_to_repair_it(changes, sentence):
    TrainingFactory(slug="live")
    VenueFactory(name="Balai A")
    row = dict(
        zip(
            PLAN,
            [
                "live-9",
                "live",
                "9",
                "Tatap muka",
                "Siapa saja",
                "30",
                "1/12/2026 09.00",
                "1/12/2026 12.00",
                "Balai A",
            ],
            strict=True,
        )
    )

    result = load(CohortPlanResource, PLAN, list((row | changes).values()))

    assert any(sentence in error for error in errors_of(result)), errors_of(result)
    assert not Cohort.objects.exists()


def test_the_whole_way_through_the_pages(client):
    client.force_login(make_user("head"))
    buffer = io.BytesIO(b"nama,alamat,kapasitas,biaya per hari\nBalai A,Jl. A,40,1.500.000\n")
    upload = SimpleUploadedFile("tempat.csv", buffer.read(), "text/csv")

    checked = client.post(
        reverse("admin:trainings_venue_import"), {"import_file": upload, "format": "1"}
    )
    assert not Venue.objects.exists()
    confirm = checked.context["confirm_form"]
    client.post(reverse("admin:trainings_venue_process_import"), confirm.initial)

    assert Venue.objects.get().cost_per_day == 1_500_000


def test_the_page_tells_the_limit_and_the_columns(client):
    client.force_login(make_user("head"))

    page = client.get(reverse("admin:trainings_cohort_import")).content.decode()

    assert "Paling banyak 2.000 baris" in page
    assert "sesi mulai, sesi selesai, tempat" in page


def test_an_auditor_may_export_but_not_import(client):
    client.force_login(make_user("auditor"))

    assert client.get(reverse("admin:trainings_venue_import")).status_code == 403
    assert client.get(reverse("admin:trainings_venue_export")).status_code == 200
