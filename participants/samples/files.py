"""Sample files of the register: streamed, so that 370,000 people need little memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from participants.importing.columns import COLUMNS
from participants.samples.dirt import KINDS, REPEATED
from participants.samples.people import Cells, Inventor
from umkm_portal.common.spreadsheets import write_csv, write_xlsx

KEYS = [column.key for column in COLUMNS if column.key not in ("code", "active_until")]
LABELS = {column.key: column.label for column in COLUMNS}


class Sample(NamedTuple):
    """One row of a sample; `dirt` names what is wrong with it, or is empty."""

    cells: Cells
    dirt: str


def make_people(count: int, *, seed: int, dirt: float = 0) -> Iterator[Sample]:
    """Give `count` rows of which `dirt` percent must be refused; the seed decides all."""
    inventor = Inventor(seed)
    kinds = [*KINDS, REPEATED]
    tidy: Cells | None = None
    for number in range(count):
        cells = inventor.person(number)
        is_dirty = int((number + 1) * dirt / 100) > int(number * dirt / 100)
        if not is_dirty:
            tidy = cells
            yield Sample(cells, "")
            continue
        kind = inventor.rng.choice(kinds)
        if kind == REPEATED and tidy is not None:
            yield Sample(tidy, REPEATED)
            continue
        if kind == REPEATED:
            kind = kinds[0]
        KINDS[kind][1](cells, inventor.rng)
        yield Sample(cells, kind)


def write_sample(path: Path, count: int, *, seed: int, dirt: float = 0) -> Counter[str]:
    """Write a sample as CSV or XLSX (by the suffix) and return how often each dirt occurs.

    Raises ValueError for another suffix.
    """
    found: Counter[str] = Counter()

    def rows() -> Iterator[list[str]]:
        for cells, dirt_kind in make_people(count, seed=seed, dirt=dirt):
            if dirt_kind:
                found[dirt_kind] += 1
            yield [cells.get(key, "") for key in KEYS]

    header = [LABELS[key] for key in KEYS]
    if path.suffix.lower() == ".csv":
        with path.open("wb") as file:
            write_csv(file, header, rows())
    elif path.suffix.lower() == ".xlsx":
        write_xlsx(path, header, rows())
    else:
        raise ValueError("the file must end in .csv or .xlsx")
    return found


def messy_sample(path: Path) -> Counter[str]:
    """Write the small messy file of the guided tour: 120 people, 18 rows to repair."""
    return write_sample(path, 120, seed=7, dirt=15)
