"""Files that nobody thought of: damaged bytes and odd cells, through the whole pipeline.

Each ends in a state with words, never in an exception, and what is accepted is stored. Other
files with `FUZZ_SEED=7 pytest tests/catalogue/test_fuzz.py -m long -n 0`.
"""

import csv
import os
import random

import pytest
from django.db import transaction
from django.utils import timezone

from participants import invariants
from participants.models import Participant
from participants.samples import write_sample
from tests.catalogue.builders import ods, ods_row, sheet, text, xls
from tests.tables import load_lists
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

pytestmark = [pytest.mark.django_db, pytest.mark.long]
State = ImportFile.State
SEED = int(os.environ.get("FUZZ_SEED", "1"))
CHUNKS, FILES = 10, 50
ROWS = 40
ODD = (
    *("", " ", "\u200b", "\u202eabc", "=1+1", "@SUM(A1)", "-", "---", "NULL", "#REF!", "0" * 400),
    *("a" * 40_000, "\ud7ff\U0001f600", "3.17E+15", "1e309", "-0", "NaN", "\x00", "'", '";"'),
    *("31/02/2020", "99/99/9999", "2020-13-45T99:99", "+62 812 3456 7890 / 0813", "0812", "%s"),
    *("{}", "\\N", "<script>alert(1)</script>", "ｆｕｌｌ", "٣١٧", "\r\n", "\t", "Ya", "tidak"),
)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Headings and rows of the dinas's register, one in five with a common mistake."""
    path = tmp_path_factory.mktemp("sample") / "daftar.csv"
    write_sample(path, ROWS, seed=SEED, dirt=20)
    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = csv.Sniffer().sniff(file.readline(), ";,").delimiter
        file.seek(0)
        return [[*row] for row in csv.reader(file, delimiter=delimiter)]


def with_odd_cells(rng, table):
    """Some cells replaced, and sometimes columns, rows or headings where they should not be."""
    rows = [[*row] for row in table]
    for _ in range(rng.choice([1, 5, 60])):
        row = rng.choice(rows)
        if row:
            row[rng.randrange(len(row))] = rng.choice(ODD)
    if rng.random() < 0.3:
        rows.insert(rng.randrange(len(rows)), [rng.choice(ODD)] * rng.randrange(30))
    if rng.random() < 0.2:
        rows.insert(rng.randrange(len(rows)), [*rows[0]])
    if rng.random() < 0.2:
        for row in rows:
            row.insert(0, rng.choice(ODD))
    return rows


def built(rng, rows):
    """The rows as one of five kinds of files: its ending, and its bytes."""
    kind = rng.choice(["xlsx", "ods", "xls", "csv", "csv16"])
    if kind == "csv":
        return "csv", text(rows)
    if kind == "csv16":
        return "csv", text(rows, delimiter="\t", encoding="utf-16")
    clean = [["".join(c for c in cell if c.isprintable())[:30_000] for cell in r] for r in rows]
    if kind == "xlsx":
        return kind, sheet(clean)
    if kind == "xls":
        return kind, xls([[cell[:200] for cell in row] for row in clean])
    return kind, ods(*(ods_row(*(escaped(cell) for cell in row)) for row in clean))


def escaped(cell):
    return cell.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def damaged(rng, content):
    """Bytes flipped, cut out, put in, moved or overwritten."""
    found, size = bytearray(content), len(content)
    at = rng.randrange(size)
    match rng.choice(["flip", "flip", "cut", "insert", "drop", "zero", "copy", "tail"]):
        case "flip":
            for _ in range(rng.choice([1, 3, 20])):
                found[rng.randrange(size)] ^= 1 << rng.randrange(8)
        case "cut":
            del found[at:]
        case "insert":
            found[at:at] = rng.randbytes(rng.choice([1, 4, 100]))
        case "drop":
            del found[at : at + rng.choice([1, 4, 100, 1000])]
        case "zero":
            width = min(rng.choice([1, 8, 512]), size - at)
            found[at : at + width] = bytes(width)
        case "copy":
            found[at:at] = content[:200]
        case "tail":
            found += rng.randbytes(50)
    return bytes(found)


def sent(number, table):
    """The file of this number: odd cells, and in half of them damaged bytes."""
    rng = random.Random(SEED * 100_003 + number)
    ending, content = built(rng, with_odd_cells(rng, table))
    return f"acak-{number}.{ending}", damaged(rng, content) if rng.random() < 0.5 else content


def work_through(name, content):
    file, _ = services.receive_file([content], name=name, profile="register")
    with transaction.atomic():
        services.process_file(file.pk)
    file.refresh_from_db()
    if file.state == State.CHECKED and file.accepted_count:
        before = Participant.objects.count()
        with transaction.atomic():
            services.approve_file(file, by=None, now=timezone.now())
            services.apply_file(file.pk)
        file.refresh_from_db()
        assert file.state == State.DONE
        assert Participant.objects.count() == before + file.created_count
    return file


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_damaged_and_odd_files_end_in_words(chunk, table, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    load_lists()
    broken, ends = [], {}
    for number in range(chunk * FILES, (chunk + 1) * FILES):
        name, content = sent(number, table)
        try:
            file = work_through(name, content)
        except Exception as error:  # all of them are told together
            broken.append((number, name, f"{type(error).__name__}: {error}"[:300]))
            continue
        ends[file.state] = ends.get(file.state, 0) + 1
        if file.state not in (State.FAILED, State.READ, State.CHECKED, State.DONE):
            broken.append((number, name, f"ended {file.state}"))
        elif (file.state == State.FAILED) != bool(file.file_error):
            broken.append((number, name, f"{file.state} says {file.file_error!r}"))

    assert broken == []
    assert sum(ends.values()) == FILES
    assert invariants.violations() == []
    print(ends)
