"""How fast a list of people is written into a file, against what writes it with nothing around.

    .venv/bin/python bench/export.py --rows 370000 --json

The product is the background export as a worker runs it, in a process of its own: who is in the
list, cells that no spreadsheet damages, NIKs opened one by one, checksum. The limit of CSV is
`COPY TO` of the same columns of the same people as they stand in the tables. They take a second or
two each, and the machine's speed changes from one to the next: both are measured five times in
turn, each list is compared with the limits before and after it, and the median ratio counts. The
limit of Excel is xlsxwriter alone with the same cells. `log` tells what the line about every person
in the list costs on top: it is written once the file stands, before anybody can download it.
`--csv-only` leaves out NIKs and Excel.
"""

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import _report

ALLOWED = {"csv": 1.5, "csv_nik": 10.0, "xlsx": 1.2}
MOST_MB = 130
ROUNDS = 5
COPY = """
COPY (SELECT p.code, p.full_name, p.phone, p.email, r.short_name, r.code, r.name, p.track,
    p.identity, p.active_until, p.is_willing, b.name, s.name, b.scale
FROM participants_participant p
LEFT JOIN regions_region r ON r.id = p.region_id
LEFT JOIN participants_business b ON b.participant_id = p.id
LEFT JOIN participants_sector s ON s.id = b.sector_id
WHERE p.status = 'active') TO STDOUT (FORMAT csv, DELIMITER ';')
"""
WRITE = """
import json, time
from umkm_portal.embedded.lease import servers_for

def peak():  # getrusage would tell the parent's memory, from before this program began
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1000

with servers_for(["manage.py", "write_export"]):
    import django
    django.setup()
    from participants.exporting.services import write_export
    base, start, clock = peak(), time.time(), time.perf_counter()
    export = write_export({pk})
    total = time.perf_counter() - clock
    print(json.dumps({{
        "state": export.state, "rows": export.rows_done, "error": export.error,
        "path": export.path, "total": total, "base": base, "peak_rss_mb": peak(),
        "seconds": export.done_at.timestamp() - start if export.done_at else total,
    }}))
"""


def main():
    switches = {"csv-only": "leave out NIKs and Excel"}
    _report.run(__doc__, measure, rows=370_000, options=switches)


def measure(rows, folder, *, csv_only):
    from bench import _people as people
    from bench.lists import prepare_database

    prepare_database()
    people.fill(rows)
    from django.conf import settings

    from participants.exporting.columns import DEFAULT_COLUMNS

    boss = make_boss()
    plain, rounds = write_in_turn(boss, DEFAULT_COLUMNS, folder / "raw.csv")
    timed = _report.of_rounds(rounds)
    result = {"rows": rows, "csv": facts_of(plain, timed, "csv")}
    result["log"] = {"seconds": round(plain["total"] - plain["seconds"], 2)}
    if csv_only:
        return result
    with_nik = write(boss, "csv", [*DEFAULT_COLUMNS, "nik"])
    just_before = rounds[-1][-1]
    result["csv_nik"] = figures(with_nik, just_before, "csv_nik")
    source = Path(settings.MEDIA_ROOT) / plain["path"]
    before = time_xlsxwriter(source, folder / "alone.xlsx")
    workbook = write(boss, "xlsx", DEFAULT_COLUMNS)
    after = time_xlsxwriter(source, folder / "alone.xlsx")  # speed drifts within two minutes
    result["xlsx"] = figures(workbook, (before + after) / 2, "xlsx")
    return result


def write_in_turn(boss, columns, path):
    """The last CSV, and rounds of (its seconds, the limit before, the limit after)."""
    rounds, before = [], time_copy(path)
    for _ in range(ROUNDS):
        written = write(boss, "csv", columns)
        tidy_log()
        after = time_copy(path)
        rounds.append((written["seconds"], before, after))
        before = after
    return written, rounds


def tidy_log():
    """Now, so that autovacuum does not do it while the next one is measured."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE participants_dataaccess")


def make_boss():
    from umkm_portal.accounts.models import Membership, Organisation, User

    user = User.objects.create_user("kepala@contoh.example", is_staff=True)
    Membership.objects.create(
        user=user, organisation=Organisation.objects.first(), role=Membership.Role.HEAD_OFFICE
    )
    return user


def time_copy(path):
    """Seconds of COPY TO of the plain columns into a file."""
    from django.db import connection

    start = time.perf_counter()
    with path.open("wb") as file, connection.cursor() as cursor:
        cursor.copy_expert(COPY, file)
    return time.perf_counter() - start


def write(user, file_format, columns):
    """What one export reports: the worker's own process, from the request on."""
    from django.utils import timezone

    from participants.exporting.services import request_export

    export = request_export(
        rules={},
        column_keys=columns,
        file_format=file_format,
        purpose="Pengukuran kecepatan",
        nik_purpose="Pengukuran kecepatan",
        user=user,
        now=timezone.now(),
    )
    command = [sys.executable, "-c", WRITE.format(pk=export.pk)]
    done = subprocess.run(command, cwd=_report.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["state"] == "done", report
    return report


def time_xlsxwriter(source, target):
    """Seconds of xlsxwriter alone with the cells of a CSV, without reading them."""
    import xlsxwriter

    def rows():
        with source.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file, delimiter=";")

    start = time.perf_counter()
    for _ in rows():
        pass
    reading = time.perf_counter() - start
    start = time.perf_counter()
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    text, sheet = book.add_format({"num_format": "@"}), book.add_worksheet("Data")
    for number, row in enumerate(rows()):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, cell, text)
    book.close()
    return time.perf_counter() - start - reading


def figures(report, limit, name):
    timed = _report.figures(report["seconds"], limit, report["peak_rss_mb"])
    return facts_of(report, timed, name)


def facts_of(report, timed, name):
    ratio = timed["ratio"]
    return timed | {
        "allowed_ratio": ALLOWED[name],
        "peak_rss_mb": round(report["peak_rss_mb"]),
        "of_that_loaded_code_mb": round(report["base"]),
        "written_rows": report["rows"],
        "within": ratio <= ALLOWED[name] and report["peak_rss_mb"] <= MOST_MB,
    }


if __name__ == "__main__":
    main()
