"""NIK, the 16-digit number of a resident: PP KK CC DDMMYY SSSS (women: DD + 40).

A NIK says where and when it was first issued. It is never changed, not even when the birth date
in it is wrong, and it says nothing about where a person lives: oddities are warnings.
"""

import re
from collections.abc import Callable, Set
from datetime import date
from functools import lru_cache
from random import Random
from typing import NamedTuple
from unicodedata import decimal

SYNTHETIC_DISTRICT = "99"
"""Kecamatan of invented NIKs; no real person has it."""
PROVINCES = frozenset(
    str(code)
    for start, end in (
        (11, 19),
        (21, 21),
        (31, 36),
        (51, 53),
        (61, 65),
        (71, 76),
        (81, 82),
        (91, 97),
    )
    for code in range(start, end + 1)
)
_EXACT_FLOAT = 2**53
"""From here on a numeric cell no longer holds every whole number."""
_NIK = re.compile(r"[0-9]{16}")
_DAMAGED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+|[0-9]{8,}[.,]0{1,2}")
"""An exponent, or the decimals of a number that was turned into text."""
_SEPARATORS = str.maketrans("", "", " .-'\u00a0\u200b")
_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

KnownRegions = Callable[[str], bool] | Set[str]


class NikCheck(NamedTuple):
    """`value` is the 16 digits ("" if refused); errors refuse the row, warnings only tell."""

    value: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check(
    text: str | float,
    *,
    birth_date: date | None = None,
    known_regions: KnownRegions | None = None,
    allow_synthetic: bool,
) -> NikCheck:
    """Check a NIK as written; a float is a numeric spreadsheet cell.

    `known_regions` knows the codes of 6 digits (kecamatan) or 4 (kabupaten/kota, where kecamatan
    are not on file) without dots; a callable gets the first 6 digits.
    """
    warnings: list[str] = []
    if isinstance(text, str):
        value = text if _NIK.fullmatch(text) else _bare(text)
        refusal = _refusal_of_text(value, text)
    else:
        value, refusal = _from_number(text)
        warnings.append(
            "NIK tersimpan sebagai angka. Ubah format kolom NIK menjadi Teks agar angkanya tidak "
            "rusak."
        )
    if refusal:
        return NikCheck("", (refusal,))
    if value[4:6] == SYNTHETIC_DISTRICT and not allow_synthetic:
        return NikCheck(
            "", ("NIK ini hanya contoh untuk latihan. Isi NIK asli sesuai KTP, 16 angka.",)
        )
    _warn_about_region(value, known_regions, warnings)
    _warn_about_birth(value, birth_date, warnings)
    return NikCheck(value, (), tuple(warnings))


def birth_date_from(nik: str, *, today: date) -> date | None:
    """Return the birth date written in a NIK, or None if it is impossible.

    The century is a guess: the latest one that does not lie in the future.
    """
    day, month, year = int(nik[6:8]), int(nik[8:10]), int(nik[10:12])
    for century in (2000, 1900):
        try:
            born = date(century + year, month, day - 40 if day > 40 else day)
        except ValueError:
            continue
        if born <= today:
            return born
    return None


def mask(nik: str) -> str:
    """Return the NIK with only the first and last four digits readable."""
    return f"{nik[:4]}••••••••{nik[-4:]}"


def make_synthetic(rng: Random, *, birth_date: date, woman: bool, city_code: str) -> str:
    """Return an invented NIK (kecamatan 99) of a kabupaten/kota, `31.71` or `3171`."""
    day = birth_date.day + (40 if woman else 0)
    serial = rng.randint(1, 9999)
    city = city_code.replace(".", "")
    return f"{city}{SYNTHETIC_DISTRICT}{day:02}{birth_date:%m%y}{serial:04}"


def _bare(text: str) -> str:
    """Return what was typed without separators; digits of other scripts become ours."""
    bare = text.translate(_SEPARATORS).strip()
    return "".join(str(decimal(sign)) if sign.isdecimal() else sign for sign in bare)


def _refusal_of_text(value: str, text: str) -> str:
    """Return the sentence that refuses the digits `value` of the cell `text`, or ''."""
    if _DAMAGED.fullmatch(text.strip(" '")):
        return (
            f"NIK “{text.strip()[:24]}” rusak oleh aplikasi tabel. Ubah format kolom menjadi Teks, "
            "lalu ketik ulang NIK dari KTP."
        )
    if _NIK.fullmatch(value):
        if value[12:] == "0000":
            return (
                "NIK berakhiran 0000, tanda angkanya rusak di aplikasi tabel. Ubah format kolom "
                "menjadi Teks, lalu ketik ulang NIK dari KTP."
            )
        return ""
    if not value:
        return "NIK kosong. Isi 16 angka sesuai KTP."
    if not (value.isascii() and value.isdigit()):
        return "NIK berisi huruf atau tanda lain. Tulis 16 angka saja, sesuai KTP."
    return f"NIK harus 16 angka, tetapi ini {len(value)} angka. Periksa KTP lalu ketik ulang."


def _from_number(number: float) -> tuple[str, str]:
    """Return (digits, refusal) of a numeric cell: Excel keeps 15 digits and puts 0 last."""
    value = f"{number:.0f}"
    damaged = number != int(number) if abs(number) < _EXACT_FLOAT else True
    if not damaged and len(value) == 16 and value[-1] != "0":
        return value, _refusal_of_text(value, value)
    if len(value) == 16:
        return "", (
            "NIK tersimpan sebagai angka dan digit terakhirnya hilang. Ubah format kolom menjadi "
            "Teks, lalu ketik ulang NIK dari KTP."
        )
    return "", _refusal_of_text(value, value) or "NIK harus 16 angka."


def _warn_about_region(value: str, known: KnownRegions | None, warnings: list[str]) -> None:
    district = value[4:6]
    if value[:2] not in PROVINCES:
        warnings.append(f"Kode provinsi {value[:2]} pada NIK tidak dikenal. Cocokkan dengan KTP.")
    elif district == "00":
        warnings.append("Kode kecamatan pada NIK adalah 00. Cocokkan dengan KTP.")
    elif known is not None and district != SYNTHETIC_DISTRICT and not _is_known(value, known):
        warnings.append(
            f"Kode wilayah {value[:6]} pada NIK tidak ada di daftar sekarang; mungkin kode lama. "
            "Cocokkan dengan KTP."
        )


def _is_known(value: str, known: KnownRegions) -> bool:
    if isinstance(known, Set):
        return value[:6] in known or value[:4] in known
    return known(value[:6])


def _warn_about_birth(value: str, birth_date: date | None, warnings: list[str]) -> None:
    birth = value[6:12]
    if birth_date is not None and birth in _written(birth_date):
        return
    day, month, year = int(birth[:2]), int(birth[2:4]), int(birth[4:])
    if day > 40:
        day -= 40
    is_leap_day = day == 29 and month == 2
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month]) or (is_leap_day and year % 4):
        warnings.append("Tanggal lahir di dalam NIK tidak mungkin. Cocokkan dengan KTP.")
    elif birth_date is not None:
        warnings.append(
            "Tanggal lahir berbeda dengan yang tertulis di NIK. Cocokkan keduanya dengan KTP."
        )


@lru_cache(maxsize=65_536)
def _written(birth_date: date) -> tuple[str, str]:
    """Return how a NIK writes this birth date: of a man, of a woman."""
    tail = birth_date.strftime("%m%y")
    return f"{birth_date.day:02}{tail}", f"{birth_date.day + 40:02}{tail}"
