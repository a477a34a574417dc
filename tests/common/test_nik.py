"""NIK: damage is refused, oddities are told, and nothing is inferred that a NIK does not say."""

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_portal.common import nik

GOOD = "3171074503900001"


def checked(text, **options):
    return nik.check(text, **{"allow_synthetic": False} | options)


def test_a_good_nik_has_neither_errors_nor_warnings():
    found = checked(GOOD, birth_date=date(1990, 3, 5), known_regions={"317107"})

    assert found == nik.NikCheck(GOOD, (), ())


@pytest.mark.parametrize(
    "text",
    [
        f" {GOOD} ",
        f"'{GOOD}",
        "3171 0745 0390 0001",
        "317107.450390.0001",
        "３１７１０７４５０３９００００１",
        "٣١٧١٠٧٤٥٠٣٩٠٠٠٠١",
    ],
)
def test_separators_and_digits_of_other_scripts_are_read(text):
    assert checked(text).value == GOOD


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "kosong"),
        ("317107450390000", "15 angka"),
        ("31710745039000011", "17 angka"),
        ("3171074503900000", "0000"),
        ("3.17107E+15", "rusak"),
        ("3,17E15", "rusak"),
        ("317107450390000A", "huruf"),
        ("３１７１０７４５０３９０００A", "huruf"),
        ("3171074503900001.0", "rusak"),
        ("317107450390001.0", "rusak"),
        ("3171074503900001,00", "rusak"),
        (3171074503900010.0, "digit terakhirnya hilang"),
        (9171074503900001.0, "digit terakhirnya hilang"),
        (317107450390000.0, "15 angka"),
    ],
)
def test_damage_is_an_error(text, word):
    found = checked(text)

    assert found.value == ""
    assert len(found.errors) == 1
    assert word in found.errors[0]


def test_an_intact_numeric_cell_passes_with_a_warning():
    found = checked(3171074503900001.0)

    assert found.value == GOOD
    assert found.errors == ()
    assert ["Teks" in warning for warning in found.warnings] == [True]


@pytest.mark.parametrize(
    ("text", "options", "word"),
    [
        ("9971074503900001", {}, "provinsi 99"),
        ("3171004503900001", {}, "kecamatan pada NIK adalah 00"),
        ("3171084503900001", {"known_regions": {"317107"}}, "317108"),
        ("3171084503900001", {"known_regions": lambda code: code == "317107"}, "317108"),
        ("3171077203900001", {}, "tidak mungkin"),
        ("3171073002900001", {}, "tidak mungkin"),
        ("3171072902910001", {}, "tidak mungkin"),
        ("3171070013900001", {}, "tidak mungkin"),
        (GOOD, {"birth_date": date(1990, 3, 6)}, "berbeda"),
        (GOOD, {"birth_date": date(1991, 3, 5)}, "berbeda"),
    ],
)
def test_oddities_are_warnings_only(text, options, word):
    found = checked(text, **options)

    assert (found.value, found.errors) == (text, ())
    assert word in " ".join(found.warnings)


def test_a_city_without_kecamatan_on_file_is_known_by_four_digits():
    assert checked("3273014503900001", known_regions={"3273"}).warnings == ()


def test_synthetic_niks_are_refused_outside_practice():
    text = "3171994503900001"

    assert checked(text, allow_synthetic=True, known_regions={"317107"}) == nik.NikCheck(text)
    assert "contoh" in checked(text).errors[0]


@given(
    seed=st.integers(),
    born=st.dates(date(1927, 1, 1), date(2026, 11, 21)),
    woman=st.booleans(),
    city=st.sampled_from(["31.71", "3175", "31.01"]),
)
def test_a_made_nik_is_valid_and_tells_the_birth_date(seed, born, woman, city):
    made = nik.make_synthetic(Random(seed), birth_date=born, woman=woman, city_code=city)

    assert checked(made, birth_date=born, allow_synthetic=True) == nik.NikCheck(made)
    assert nik.birth_date_from(made, today=date(2026, 11, 21)) == born


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9]{14,17}", fullmatch=True)))
def test_any_text_is_sixteen_digits_or_an_error(text):
    found = checked(text)

    assert bool(found.errors) == (found.value == "")
    if found.value:
        assert len(found.value) == 16
        assert found.value.isdigit()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_sixteen_digits_or_an_error(number):
    found = checked(number)

    assert bool(found.errors) == (found.value == "")


def test_the_century_is_the_latest_that_is_not_in_the_future():
    assert nik.birth_date_from("3171070101050001", today=date(2026, 1, 1)) == date(2005, 1, 1)
    assert nik.birth_date_from("3171070101270001", today=date(2026, 1, 1)) == date(1927, 1, 1)
    assert nik.birth_date_from("3171079901050001", today=date(2026, 1, 1)) is None


def test_mask_keeps_the_ends():
    assert nik.mask(GOOD) == "3171••••••••0001"
