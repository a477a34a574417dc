from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.factories import CohortFactory, RegionFactory, SessionFactory, VenueFactory, in_days
from trainings.models import Cohort
from trainings.schedule import (
    Seats,
    count_by_district,
    days_label,
    hours_label,
    in_district,
    in_words,
    moment_label,
    open_cohorts,
    wave,
    waves,
)

pytestmark = pytest.mark.django_db
WIB = ZoneInfo("Asia/Jakarta")


def at(*parts):
    return datetime(*parts, tzinfo=WIB)


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ([], ""),
        ([None], ""),
        ([at(2026, 12, 1, 9)], "Selasa 1 Desember 2026"),
        ([at(2026, 12, 1, 9), at(2026, 12, 1, 13)], "Selasa 1 Desember 2026"),
        ([at(2026, 12, 1, 9), at(2026, 12, 2, 9)], "Selasa–Rabu, 1–2 Desember 2026"),
        ([at(2026, 11, 30, 9), at(2026, 12, 1, 9)], "Senin–Selasa, 30 November – 1 Desember 2026"),
        (
            [at(2026, 12, 31, 9), at(2027, 1, 1, 9)],
            "Kamis–Jumat, 31 Desember 2026 – 1 Januari 2027",
        ),
    ],
)
def test_days_label_says_the_span(moments, words):
    assert days_label(moments) == words


def test_days_label_reads_the_day_in_jakarta():
    assert days_label([datetime(2026, 11, 30, 18, tzinfo=ZoneInfo("UTC"))]) == (
        "Selasa 1 Desember 2026"
    )


def test_moment_label_names_the_time_zone():
    assert moment_label(at(2026, 11, 25, 17)) == "Rabu 25 November 2026, 17.00 WIB"


def test_hours_label_counts_days_or_sessions():
    cohort = CohortFactory(session=None)
    start = at(2026, 12, 1, 9)
    first = SessionFactory(cohort=cohort, starts_at=start, ends_at=start + timedelta(hours=6))
    second = SessionFactory(
        cohort=cohort,
        starts_at=start + timedelta(days=1),
        ends_at=start + timedelta(days=1, hours=6),
    )
    short = SessionFactory(
        cohort=cohort,
        starts_at=start + timedelta(days=2),
        ends_at=start + timedelta(days=2, hours=3),
    )

    assert hours_label([]) == ""
    assert hours_label([first]) == "09.00–15.00 WIB"
    assert hours_label([first, second]) == "09.00–15.00 WIB, 2 hari"
    assert hours_label([first, second, short]) == "09.00–15.00 WIB, 3 sesi"


@pytest.mark.parametrize(
    ("seats", "taken", "left", "percent", "is_full"),
    [
        (80, 74, 6, 92, False),
        (80, 80, 0, 100, True),
        (300, 299, 1, 99, False),
        (0, 0, 0, 100, True),
    ],
)
def test_seats_never_round_up_to_full(seats, taken, left, percent, is_full):
    shown = Seats(seats, taken)

    assert (shown.left, shown.percent, shown.is_full) == (left, percent, is_full)


def test_wave_counts_offered_seats_as_taken():
    cohort = CohortFactory(seats=10, taken=6, held=3)

    assert wave(cohort, now=timezone.now()).seats.left == 1


@pytest.mark.parametrize(
    ("state", "opens", "closes", "words"),
    [
        (Cohort.State.CLOSED, None, None, "Pendaftaran sudah ditutup"),
        (Cohort.State.OPEN, None, None, "Pendaftaran dibuka"),
        (Cohort.State.OPEN, 2, 3, "Pendaftaran dibuka "),
        (Cohort.State.OPEN, -2, 3, "Pendaftaran ditutup "),
        (Cohort.State.OPEN, -2, -1, "Pendaftaran sudah ditutup "),
    ],
)
def test_wave_says_when_registration_ends(state, opens, closes, words):
    cohort = CohortFactory(
        state=state,
        opens_at=opens and in_days(opens),
        closes_at=closes and in_days(closes),
    )

    label = wave(cohort, now=timezone.now()).registration

    assert label.startswith(words)
    assert label.endswith("WIB") == (closes is not None)


def test_open_cohorts_holds_what_can_be_joined_soonest_first():
    late = CohortFactory(starts_at=in_days(9))
    soon = CohortFactory(starts_at=in_days(2))
    undated = CohortFactory(starts_at=None, ends_at=None, session=None)
    CohortFactory(starts_at=in_days(-1))
    for state in (Cohort.State.DRAFT, Cohort.State.CLOSED, Cohort.State.CANCELLED):
        CohortFactory(state=state)

    assert list(open_cohorts(now=timezone.now())) == [soon, late, undated]


def test_in_district_finds_by_kecamatan_and_by_kelurahan():
    kecamatan = RegionFactory(code="31.71.07", level="district")
    kelurahan = RegionFactory(code="31.71.07.1001")
    neighbour = RegionFactory(code="31.71.08", level="district")
    here, below, elsewhere = (
        CohortFactory(session__venue=VenueFactory(region=region))
        for region in (kecamatan, kelurahan, neighbour)
    )

    found = in_district(Cohort.objects.all(), "31.71.07")

    assert set(found) == {here, below}
    assert elsewhere not in found


def test_count_by_district_counts_a_cohort_once_per_place():
    venue = VenueFactory(region=RegionFactory(code="31.71.07.1001"))
    cohort = CohortFactory(session__venue=venue)
    SessionFactory(cohort=cohort, venue=venue)
    SessionFactory(cohort=cohort, venue=VenueFactory(region=RegionFactory(code="31.71.07.1002")))
    CohortFactory(session__venue=venue)
    CohortFactory()

    assert count_by_district(Cohort.objects.all()) == {"31.71.07": 2}


@pytest.mark.parametrize("count", [1, 3])
def test_waves_read_any_number_of_cohorts_in_two_queries(count, django_assert_num_queries):
    CohortFactory.create_batch(count)

    with django_assert_num_queries(2):
        found = waves(in_words(Cohort.objects.all()), now=timezone.now())

    assert len(found) == count


def test_wave_keeps_the_hint_apart_from_the_place():
    cohort = CohortFactory(
        place_note="Bawa KTP.", session__venue=VenueFactory(name="Balai", address="Jalan 1")
    )

    found = wave(cohort, now=timezone.now())

    assert (found.place, found.address, found.place_note) == ("Balai", "Jalan 1", "Bawa KTP.")


def test_wave_online_tells_the_cost_in_data():
    cohort = CohortFactory(mode=Cohort.Mode.ONLINE, data_cost_mb=250)

    assert wave(cohort, now=timezone.now()).place == "Dari rumah, butuh kuota ±250 MB"
