"""Dates: day first, Indonesian months, four-digit years, and never a guess."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_portal.common import dates

DAY = date(2026, 3, 25)


@pytest.mark.parametrize(
    "text",
    [
        "25/03/2026",
        "25/3/2026",
        "25-03-2026",
        "25.03.2026",
        " 25/03/2026 ",
        "25/03/2026 00:00",
        "25/03/2026 00:00:00",
        "'25/03/2026",
        "2026-03-25",
        "2026-03-25 00:00:00",
        "2026-03-25T10:00:00+07:00",
        "2026/03/25",
        "2026/3/25 00:00:00",
        "2026.03.25",
        "March 25, 2026",
        "Wednesday, Mar 25th, 2026",
        "Maret 25 2026",
        "25 Maret 2026",
        "25 maret 2026",
        "25 MAR 2026",
        "25-Mar-2026",
        "25/Mar/2026",
        "25Mar2026",
        "25 Mar. 2026",
        "Rabu, 25 Maret 2026",
        "Rabu 25 Maret 2026",
        "25\u00a0Maret\u00a02026",
        date(2026, 3, 25),
        datetime(2026, 3, 25, 13, 0),
        datetime(2026, 3, 24, 18, 0, tzinfo=UTC),
    ],
)
def test_parse_date_reads(text):
    assert dates.parse_date(text) == DAY


@pytest.mark.parametrize(
    ("month", "number"),
    [
        ("Jan", 1),
        ("Feb", 2),
        ("Pebruari", 2),
        ("Apr", 4),
        ("Mei", 5),
        ("Jun", 6),
        ("Juli", 7),
        ("Agu", 8),
        ("Agt", 8),
        ("Agustus", 8),
        ("Sep", 9),
        ("Okt", 10),
        ("Nov", 11),
        ("Nop", 11),
        ("Nopember", 11),
        ("Des", 12),
    ],
)
def test_indonesian_months(month, number):
    assert dates.parse_date(f"1 {month} 2026") == date(2026, number, 1)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "kosong"),
        ("25/03/26", "dua angka"),
        ("25 Maret 26", "dua angka"),
        ("25-Mar-26", "dua angka"),
        ("03/25/2026", "hari dulu"),
        ("2026-25-03", "hari dulu"),
        ("2026/25/03", "hari dulu"),
        ("Marte 25, 2026", "Bulan “marte”"),
        ("March 25, 26", "tidak terbaca"),
        ("2026/03-25", "tidak terbaca"),
        ("31/02/2026", "tidak ada di kalender"),
        ("00/02/2026", "tidak ada di kalender"),
        ("32/13/2026", "tidak ada di kalender"),
        ("25 Marte 2026", "Bulan “marte”"),
        ("25/03/1026", "Tahun 1026"),
        ("25/03/9999", "Tahun 9999"),
        ("46106", "tidak terbaca"),
        ("25/03-2026", "tidak terbaca"),
        ("Maret 2026", "tidak terbaca"),
        ("besok", "tidak terbaca"),
        (date(1026, 3, 25), "Tahun 1026"),
    ],
)
def test_parse_date_refuses(text, word):
    with pytest.raises(dates.DateError, match=word):
        dates.parse_date(text)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_a_written_date_reads_back(day):
    for written in (
        dates.format_date(day),
        day.isoformat(),
        f"{day.day:02}/{day.month:02}/{day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day}-{dates.MONTHS[day.month - 1][:3]}-{day.year}",
    ):
        assert dates.parse_date(written) == day


@given(st.text(alphabet="0123456789/.- maretagusdskino,:T", max_size=20))
def test_any_text_is_a_date_or_a_sentence(text):
    try:
        answer = dates.parse_date(text)
    except dates.DateError as refusal:
        answer = str(refusal)

    assert isinstance(answer, date) or answer.endswith(".")


def test_format_date_names_day_and_month():
    assert dates.format_date(date(2026, 12, 1)) == "Selasa 1 Desember 2026"


def test_moments_are_shown_in_jakarta():
    moment = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    same_in_lombok = moment.astimezone(timezone(timedelta(hours=8)))

    assert dates.format_moment(moment) == "Selasa 1 Desember 2026, 09.00 WIB"
    assert dates.format_moment(same_in_lombok) == "Selasa 1 Desember 2026, 09.00 WIB"


def test_a_late_utc_evening_is_the_next_day_in_jakarta():
    assert dates.format_date(datetime(2026, 11, 30, 20, 0, tzinfo=UTC)) == "Selasa 1 Desember 2026"


def test_a_moment_without_zone_is_a_mistake():
    with pytest.raises(ValueError, match="time zone"):
        dates.format_moment(datetime(2026, 12, 1, 9, 0))


def test_a_whole_page_in_a_cell_is_refused_shortly():
    with pytest.raises(dates.DateError, match="terlalu panjang") as refused:
        dates.parse_date(" ".join(["1"] * 16_000))

    assert len(str(refused.value)) < 120
