"""How fast a register file is imported, against a raw COPY of the rows that it leaves behind.

    .venv/bin/python bench/import.py --rows 370000 --json

The product is the whole command `import_participants FILE --apply` on a CSV of invented people:
start of the process, reading, cleaning, encryption, checks, approval, writing with history. The
limit is `COPY FROM` of the very same final rows into the same tables with the same indexes and
constraints and no history, in the same run on the same PostgreSQL. `again` imports the same rows
from other bytes, which must change nothing (`--no-again` leaves that out). `--undo` then brings in
as many other people and takes them back. `allowed` is the greatest ratio of each job, where there
is one; `--strict` ends with 1 when a job needed more, or more memory than a worker may take.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from itertools import islice

import _report
from _memory import Watch, resident_mb

TABLES = (
    "participants_participant",
    "participants_business",
    "participants_saleschannel",
    "participants_stageevent",
    "participants_consent",
    "participants_mentorship",
)
ALLOWED = {"import": 2.5, "again": 1.2}
"""Times the COPY of the same rows."""
MOST_MB = 250
SURE = 0.999
"""The share of rows of several files that must end as expected; of one file it is every row."""
MOST_ROWS = 370_000
"""Rows of one file; more go on in the next, as an upload of 150 MB is the longest."""
HISTORY = ("participants_participanthistory", "participants_businesshistory")


def main():
    switches = {"no-again": "do not import the rows again", "undo": "also take others back"}
    _report.run(__doc__, measure, rows=370_000, options=switches, too_much=too_much)


def too_much(result):
    """The jobs that took longer, or more memory, than they may."""
    jobs = {name: result[name] for name in ALLOWED if name in result}
    return [
        name
        for name, job in jobs.items()
        if job["ratio"] > job["allowed"] or job["peak_rss_mb"] > MOST_MB
    ]


def measure(rows, folder, *, no_again, undo):
    _report.prepare_database()
    paths = make_files(rows, folder)
    seconds, peak, created = import_files(paths, "created", rows)
    history = count_history()
    limit, copied = time_copy(folder)
    facts = {"created": created, "copied_rows": copied, "history_rows": history}
    facts["allowed"] = ALLOWED["import"]
    result = {"rows": rows, "import": _report.figures(seconds, limit, peak) | facts}
    if not no_again:
        others = [in_other_bytes(path) for path in paths]
        seconds, peak, _ = import_files(others, "same", rows)
        result["again"] = _report.figures(seconds, limit, peak) | {"allowed": ALLOWED["again"]}
    if undo:
        result["undo"] = _report.figures(*take_back(rows, folder, limit))
    return result


def count_history():
    """Rows that the triggers wrote: without them the figures would say nothing."""
    from django.db import connection

    found = 0
    with connection.cursor() as cursor:
        for table in HISTORY:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found += cursor.fetchone()[0]
    assert found, "history is off"
    return found


def take_back(rows, folder, limit):
    """Seconds, limit and MB of an undo of as many other people."""
    from django.utils import timezone

    from participants.samples import write_sample
    from umkm_portal.imports import undoing
    from umkm_portal.imports.models import ImportFile

    path = folder / "others.csv"
    write_sample(path, rows, seed=2)
    report, _, _ = import_file(path)
    file = ImportFile.objects.get(pk=report["file"])
    start = time.monotonic()
    undoing.undo_file(file, actor=None, now=timezone.now())
    seconds = time.monotonic() - start
    file.refresh_from_db()
    assert (file.undone_count, file.left_count) == (report["created"] + report["updated"], 0)
    return seconds, limit, resident_mb(os.getpid())


def make_files(rows, folder):
    """CSVs of `rows` people together, each of the size that an upload may have."""
    from participants.samples import write_sample

    whole, paths = folder / "people.csv", []
    write_sample(whole, rows, seed=1)
    with whole.open("rb") as source:
        header = source.readline()
        for number in range(0, rows, MOST_ROWS):
            paths.append(folder / f"people-{number}.csv")
            with paths[-1].open("wb") as target:
                target.writelines([header, *islice(source, MOST_ROWS)])
    whole.unlink()
    return paths


def in_other_bytes(path):
    """The same rows in a file that names its columns in capitals."""
    target = path.with_suffix(".again.csv")
    with path.open("rb") as source, target.open("wb") as file:
        file.write(source.readline().upper())
        shutil.copyfileobj(source, file)
    path.unlink()
    return target


def import_files(paths, expected, rows):
    """Seconds to import files one after another, the most MB that one needed, and rows `expected`.

    Among millions of invented people a few of a later file have the NIK of an earlier one.
    """
    found, seconds, peaks = 0, 0, []
    for path in paths:
        report, taken, peak = import_file(path)
        found, seconds = found + report[expected], seconds + taken
        peaks.append(peak)
    least = rows if len(paths) == 1 else rows * SURE
    assert least <= found <= rows, (found, expected, rows)
    return seconds, max(peaks), found


def import_file(path):
    """The report of the import command, its seconds, and MB of it and its children together."""
    start = time.monotonic()
    command = [sys.executable, "manage.py", "import_participants", str(path), "--apply", "--json"]
    process = subprocess.Popen(command, cwd=_report.ROOT, stdout=subprocess.PIPE, text=True)
    watch = Watch(process.pid)
    with watch:
        output, _ = process.communicate()
    assert process.returncode == 0, output
    return json.loads(output.splitlines()[-1]), time.monotonic() - start, watch.peak_mb


def time_copy(folder):
    """Seconds to COPY the rows back into the emptied tables, and how many they are."""
    from django.db import connection

    with connection.cursor() as cursor:
        files = {table: folder / table for table in TABLES}
        columns = {table: plain_columns(cursor, table) for table in TABLES}
        for table, path in files.items():
            with path.open("wb") as file:
                cursor.copy_expert(f"COPY {table} ({columns[table]}) TO STDOUT", file)
        cursor.execute(f"TRUNCATE {', '.join(TABLES + HISTORY)} CASCADE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            guard_people(cursor, table)
        start = time.monotonic()
        for table, path in files.items():
            with path.open("rb") as file:
                cursor.copy_expert(f"COPY {table} ({columns[table]}) FROM STDIN", file)
        seconds = time.monotonic() - start
        copied = 0
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"SELECT count(*) FROM {table}")
            copied += cursor.fetchone()[0]
    for path in files.values():
        path.unlink()
    return seconds, copied


def guard_people(cursor, table):
    """Keep the constraint that rows tell of living people; it is written as a trigger."""
    cursor.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE %s",
        [table, "%of_living_insert%"],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")


def plain_columns(cursor, table):
    """The columns of a table that are not generated."""
    cursor.execute(
        "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) "
        "FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    return cursor.fetchone()[0]


if __name__ == "__main__":
    main()
