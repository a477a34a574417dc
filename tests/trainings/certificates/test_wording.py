from datetime import date

import pytest

from trainings.certificates.wording import (
    WordingRefused,
    check_body,
    days_in_words,
    hours_in_words,
)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([], "–"),
        ([date(2026, 3, 2)], "2 Maret 2026"),
        ([date(2026, 3, 9), date(2026, 3, 2)], "2 dan 9 Maret 2026"),
        (
            [date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)],
            "30, 31 Maret 2026 dan 1 April 2026",
        ),
        ([date(2026, 3, day) for day in range(1, 13)], "12 hari, 1 Maret 2026 – 12 Maret 2026"),
    ],
)
def test_days_are_told_as_people_write_them(days, words):
    assert days_in_words(days) == words


def test_hours_are_told_in_words():
    assert [*map(hours_in_words, (0, 45, 180, 150))] == [
        *("0 menit", "45 menit", "3 jam", "2 jam 30 menit")
    ]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("{nama} {nik}", "tidak dikenal"),
        ("{nama", "kurung kurawal"),
        ("{nama!r}", "tanpa tambahan"),
        ("{nama.__class__}", "tidak dikenal"),
        ("{}", "tidak dikenal"),
        ("Selamat", "menyebut {nama}"),
    ],
)
def test_a_text_that_cannot_be_filled_is_refused(body, refusal):
    with pytest.raises(WordingRefused, match=refusal):
        check_body(body)
    check_body("{nama} lulus {pelatihan} pada {tanggal}")
