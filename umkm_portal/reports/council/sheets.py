"""The report as a spreadsheet: one line for each group, amounts in whole rupiah."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from umkm_portal.common.dates import format_moment
from umkm_portal.reports.council import figures
from umkm_portal.reports.council.figures import Figures, Line
from umkm_portal.reports.council.periods import Period
from umkm_portal.reports.council.targets import Progress

HEADER = (
    "Menurut",
    "Kelompok",
    "Gelombang",
    *(f"{label} ({unit})" for label in figures.STEPS.values() for unit in ("orang", "kursi")),
    "Rencana (Rp)",
    "Terikat (Rp)",
    "Terpakai (Rp)",
    "Rencana per orang hadir (Rp)",
    "Terpakai per orang hadir (Rp)",
    "Target (orang)",
    "Tercapai (orang)",
    "Sumber target",
    "Tanggal sumber",
)
_MONEY_AND_STEPS = 14
NUMBER, RUPIAH, DATE = "#,##0", '"Rp"#,##0', "d mmm yyyy"
_TEXTS = {"Menurut", "Kelompok", "Sumber target"}
FORMATS = {
    place: RUPIAH if name.endswith("(Rp)") else DATE if name == "Tanggal sumber" else NUMBER
    for place, name in enumerate(HEADER)
    if name not in _TEXTS
}
"""How the columns that are no words are shown: they can be added up as they stand."""


def above(period: Period, told: Figures) -> list[str]:
    return [
        f"Laporan pelatihan UMKM, {period.name}",
        f"Dihitung {format_moment(told.counted_at)}. Orang dihitung sekali; kursi sekali per "
        "gelombang. Tanda – berarti tidak ada orang untuk membagi.",
    ]


def rows_of(told: Figures, progress: Sequence[Progress]) -> Iterator[list[object]]:
    """The total, every group, then the targets."""
    yield _cells("Semua", told.total)
    for _, title, lines in told.tables:
        for line in lines:
            yield _cells(title, line)
    for one in progress:
        target = one.target
        yield [
            "Target",
            f"{target.get_measure_display()} {target.years} {target.scope}".strip(),
            *[""] * _MONEY_AND_STEPS,
            target.number,
            one.reached,
            target.source,
            target.source_date,
        ]


def _cells(title: str, line: Line) -> list[object]:
    counts = line.counts
    numbers = [pair for both in zip(counts.people, counts.places, strict=True) for pair in both]
    amounts = (line.cost.planned, line.cost.committed, line.cost.spent)
    return [
        title,
        line.name,
        line.cohorts,
        *numbers,
        *(round(amount) for amount in amounts),
        *("–" if amount is None else amount for amount in (line.planned_each, line.spent_each)),
    ]
