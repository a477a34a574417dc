"""What a partner decided in one call: the versions it sent, and the rows of the current one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from partners.models import CurationCall, CurationDecision, CurationList
from partners.space.overview import bar_of, count_outcomes
from umkm_portal.common.bars import Bar

HEADER = (*("Baris", "Nama usaha", "Tautan toko", "Hasil", "Nilai", "Alasan", "Catatan"),)
CHANGES = (("added", "baru"), ("changed", "berubah"), ("gone", "hilang"), ("same", "tetap"))


@dataclass
class Version:
    """One accepted list: its outcomes, and what changed against the version before."""

    curation_list: CurationList
    bar: Bar
    unmatched: int
    changes: list[tuple[str, int]]


def versions_of(call: CurationCall) -> list[Version]:
    """The newest first; the same queries for any number."""
    lists = list(call.lists.select_related("accepted_by", "file").order_by("-version"))
    counts = count_outcomes(found.pk for found in lists)
    return [
        Version(
            curation_list=found,
            bar=bar_of(counts.get(found.pk, Counter())),
            unmatched=counts.get(found.pk, Counter())["unmatched"],
            changes=changes_of(found.difference) if found.version > 1 else [],
        )
        for found in lists
    ]


def changes_of(difference: dict[str, int]) -> list[tuple[str, int]]:
    """A difference in words, without what did not happen."""
    return [(word, difference[key]) for key, word in CHANGES if difference.get(key)]


def current_of(call: CurationCall) -> CurationList | None:
    return call.lists.filter(state__in=CurationList.CURRENT).first()


def rows_of(found: CurationList) -> QuerySet[CurationDecision]:
    """The partner's own rows. Whether the register knows the person is not told row by row: a list
    of phone numbers would then tell who is in it."""
    return found.decisions.order_by("row_no").defer("contact")


def cells_of(found: CurationList) -> Iterator[list[object]]:
    """The rows as a spreadsheet takes them, under `HEADER`."""
    for row in rows_of(found).iterator(chunk_size=500):
        yield [
            *(row.shown_row, row.business_name, row.store_link, row.get_outcome_display()),
            *(row.grade, row.reason, row.note),
        ]
