"""What a certificate says: frozen words, filled for one person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Any

from trainings.models import Certificate, CertificateEdition, CertificateKind
from umkm_portal.common.dates import MONTHS

VARIABLES = {
    "nama": "nama penerima",
    "pelatihan": "judul pelatihan",
    "gelombang": "nomor gelombang",
    "tanggal": "hari-hari hadir",
    "jam": "jam hadir, misalnya 6 jam",
    "jp": "jam pelajaran, misalnya 8 JP",
    "penyelenggara": "lembaga penyelenggara",
    "program": "nama program",
    "nomor": "nomor sertifikat",
}
MOST_DAYS = 6
"""More days than these are told as a span."""
_GIVEN = "Diberikan kepada\n{nama}\n"
_HELD = "{pelatihan}\nyang diselenggarakan {penyelenggara}\npada {tanggal}, selama {jam} ({jp})."
STANDARD = {
    CertificateKind.FINISHED: {
        "name": "Templat umum, lulus",
        "title": "Sertifikat",
        "body": f"{_GIVEN}yang telah menyelesaikan pelatihan\n{_HELD}",
    },
    CertificateKind.ATTENDED: {
        "name": "Templat umum, hadir",
        "title": "Surat Keterangan Hadir",
        "body": f"{_GIVEN}yang hadir dalam pelatihan\n{_HELD}",
    },
}
"""What is said as long as nobody has written a template for everybody."""


class WordingRefused(ValueError):
    """The text of a template cannot be filled; `str()` says what to change."""


@dataclass(frozen=True)
class Frozen:
    """What stands on every certificate of one edition."""

    kind: str
    title: str
    body: str
    place: str
    signer_name: str
    signer_title: str
    signer_nip: str
    signature: str
    logo: str
    training: str
    number: int
    programme: str
    organiser: str
    lesson_minutes: int
    total_minutes: int


@dataclass(frozen=True)
class Paper:
    """One certificate as it is drawn; `number` is the displayed one."""

    frozen: Frozen
    number: str
    name: str
    days: tuple[date, ...]
    minutes: int
    issued_on: date

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The body: each template line with what it comes to, empty ones left out."""
        values = self._values()
        found = ((line, line.format(**values).strip()) for line in self.frozen.body.splitlines())
        return [(line.strip(), text) for line, text in found if text]

    @property
    def lessons(self) -> int:
        """Whole lesson hours (JP) of what was attended."""
        return self.minutes // self.frozen.lesson_minutes

    def _values(self) -> dict[str, str]:
        frozen = self.frozen
        return {
            "nama": self.name,
            "pelatihan": frozen.training,
            "gelombang": str(frozen.number),
            "tanggal": days_in_words(self.days),
            "jam": hours_in_words(self.minutes),
            "jp": f"{self.lessons} JP",
            "penyelenggara": frozen.organiser,
            "program": frozen.programme,
            "nomor": self.number,
        }


def paper_of(certificate: Certificate, frozen: Frozen) -> Paper:
    return Paper(
        frozen=frozen,
        number=certificate.shown_number,
        name=certificate.name,
        days=tuple(certificate.attended_on),
        minutes=certificate.minutes,
        issued_on=certificate.issued_on,
    )


def frozen_of(edition: CertificateEdition) -> Frozen:
    facts: dict[str, Any] = edition.facts
    return Frozen(**facts)


def check_body(body: str) -> None:
    """Raise WordingRefused unless every variable is known and the name is there."""
    try:
        found = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(body)]
    except ValueError as error:
        raise WordingRefused("Ada kurung kurawal yang tidak ditutup. Tulis {nama}.") from error
    names = {name for name, _, _ in found if name is not None}
    if unknown := sorted(names - VARIABLES.keys()):
        raise WordingRefused(f"Isian {{{unknown[0]}}} tidak dikenal. Pilih dari daftar di bawah.")
    if any(spec or conversion for _, spec, conversion in found):
        raise WordingRefused("Tulis isian tanpa tambahan, misalnya {nama}.")
    if "nama" not in names:
        raise WordingRefused("Isi harus menyebut {nama}.")


def days_in_words(days: Iterable[date]) -> str:
    """`2 dan 9 Maret 2026`; many days as `12 hari, 2 Maret – 4 April 2026`."""
    found = sorted(set(days))
    if not found:
        return "–"
    if len(found) > MOST_DAYS:
        return f"{len(found)} hari, {_day(found[0])} – {_day(found[-1])}"
    words: list[str] = []
    for place, day in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        is_last_of_month = after is None or (after.year, after.month) != (day.year, day.month)
        words.append(_day(day) if is_last_of_month else f"{day.day}")
    return f"{', '.join(words[:-1])} dan {words[-1]}" if len(words) > 1 else words[0]


def hours_in_words(minutes: int) -> str:
    """`6 jam`, `2 jam 30 menit`, `45 menit`."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} jam"] if hours else []
    parts += [f"{rest} menit"] if rest or not hours else []
    return " ".join(parts)


def date_in_words(day: date) -> str:
    return _day(day)


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
