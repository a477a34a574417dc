"""How long a curator's list takes: checked, and applied, against a bare read and COPY of the file.

    python bench/curation.py [--rows 50000] [--json] [--strict]

In a database of its own with as many people as the list has rows. The limit reads the same file
with the reader alone, in its limited child process, and copies the cells as they are into an
unlogged table, in the same run. The list names people by code, by NIK, by phone and name, by shop
link, and names some whom nobody knows. `small` is a list of 300 rows, from its bytes to the numbers
on the page, against 3 seconds. `allowed` is the greatest ratio of each job; `--strict` ends with 1
when one needed more.
"""

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from umkm_portal.embedded.lease import Lease, throwaway_folder  # noqa: E402

ALLOWED = {"checked": 4.0, "applied": 6.0, "small": 1.0}
SMALL_ROWS, SMALL_SECONDS = 300, 3.0
HEADER = ["No", "Kode Peserta", "Nama Toko", "Nama Pemilik", "NIK", "No HP", "Link Toko"]
HEADER += ["Produk", "Kota", "Hasil Kurasi", "Grade", "Catatan"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--strict", action="store_true", help="fail when a job needs too much")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        throwaway_folder() as data,
        Lease(data),
    ):
        result = measure(options.rows, Path(folder))
    for name, found in result.items():
        if isinstance(found, dict):
            print(name, *(f"{key}: {value}" for key, value in found.items()), sep="\n  ")
    if options.json:
        print(json.dumps(result))
    if options.strict:
        slow = [name for name, most in ALLOWED.items() if result[name]["ratio"] > most]
        if slow:
            sys.exit(f"Too much: {', '.join(slow)}")


def measure(rows, folder):
    prepare_database()
    people = fill_register(rows, folder)
    call = make_call()
    large, small = folder / "daftar.xlsx", folder / "kecil.xlsx"
    write_list(large, people, rows)
    write_list(small, people, SMALL_ROWS)
    small_seconds, _, _ = check_list(small, call)
    limit = bare_read_and_copy(large)
    with Watch(os.getpid()) as watch:
        checked, file, seen = check_list(large, call)
        applied = accept(file)
    again = bare_read_and_copy(large)
    limit = (limit + again) / 2
    facts = {"matched": seen.matched, "unmatched": seen.unmatched, "child_rss_mb": watch.child_mb}
    return {
        "rows": rows,
        "checked": figures("checked", checked, limit, watch.peak_mb) | facts,
        "applied": figures("applied", applied, limit, watch.peak_mb),
        "small": figures("small", small_seconds, SMALL_SECONDS, watch.peak_mb),
    }


def figures(job, seconds, limit, peak):
    return {
        "seconds": round(seconds, 2),
        "limit_seconds": round(limit, 2),
        "ratio": round(seconds / limit, 2),
        "peak_rss_mb": round(peak),
        "allowed": ALLOWED[job],
    }


def prepare_database():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill_register(rows, folder):
    """As many people as the list has rows; returns what a curator may know of each."""
    from participants.models import Participant
    from participants.samples import write_sample

    path = folder / "people.csv"
    write_sample(path, rows, seed=1)
    command = [sys.executable, "manage.py", "import_participants", str(path), "--apply"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    people = Participant.objects.order_by("pk").prefetch_related("businesses__channels")
    return [
        {
            "code": person.code,
            "name": person.full_name,
            "nik": person.nik or "",
            "phone": person.phone,
            "link": next(
                (c.store_link for b in person.businesses.all() for c in b.channels.all()), ""
            ),
        }
        for person in people.iterator(chunk_size=5_000)
    ]


def make_call():
    from datetime import timedelta

    from django.utils import timezone

    from partners.models import CurationCall, Partner
    from umkm_portal.accounts.models import Organisation

    kind = Organisation.Kind.PARTNER
    organisation, _ = Organisation.objects.get_or_create(
        slug="shopee", defaults={"kind": kind, "name": "Shopee", "short_name": "Shopee"}
    )
    partner, _ = Partner.objects.get_or_create(organisation=organisation)
    now = timezone.now()
    return CurationCall.objects.create(
        partner=partner,
        slug="bench",
        title="Bench",
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=1),
        state=CurationCall.State.OPEN,
    )


def write_list(path, people, rows):
    from umkm_portal.common.codes import display
    from umkm_portal.common.spreadsheets import write_xlsx

    rng = random.Random(7)
    words = ("Lolos", "Tidak lolos", "Cadangan", "ya", "TL", "Perlu perbaikan")

    def lines():
        for number in range(rows):
            who, way = people[number % len(people)], number % 10
            yield [
                number + 1,
                display(who["code"]) if way < 5 else "",
                f"Toko {number}",
                f"Orang Lain {number}" if way == 9 else who["name"],
                who["nik"] if way in (5, 6) else "",
                f"08{rng.randrange(10**8, 10**9)}" if way == 9 else who["phone"],
                who["link"] if way == 8 else "",
                f"Keripik {number % 500}",
                "Jakarta Pusat",
                rng.choice(words),
                rng.choice("ABCD"),
                "" if number % 3 else f"Catatan kurator {number}",
            ]

    write_xlsx(path, HEADER, lines())


def bare_read_and_copy(path):
    """Seconds to read the file with the reader alone and COPY its cells as they are."""
    from django.db import connection, transaction

    from umkm_portal.common.spreadsheets import read_table, text_of

    with transaction.atomic(), connection.cursor() as cursor:
        columns = ", ".join(f"c{n} text" for n in range(len(HEADER)))
        cursor.execute(f"CREATE UNLOGGED TABLE bare (row_no integer, {columns})")
        start = time.monotonic()
        with read_table(path, header_words=HEADER) as table:
            for sheet in table:
                lines = io.StringIO()
                for row_no, cells in sheet.rows:
                    texts = "\t".join(text_of(cell) for cell in cells)
                    lines.write(f"{row_no}\t{texts}\n")
                lines.seek(0)
                cursor.copy_expert("COPY bare FROM STDIN", lines)
        seconds = time.monotonic() - start
        cursor.execute("DROP TABLE bare")
    return seconds


def check_list(path, call):
    """Seconds from the bytes to the numbers on the page; the file; the numbers."""
    from django.utils import timezone

    from partners.curation import services as curation
    from umkm_portal.imports import services, uploads

    start = time.monotonic()
    file, _ = curation.receive_list(
        uploads.blocks_of(path), name=path.name, call=call, uploader=None, now=timezone.now()
    )
    services.process_file(file.pk)
    file.refresh_from_db()
    assert file.state == "checked", (file.state, file.file_error)
    seen = curation.preview(file)
    return time.monotonic() - start, file, seen


def accept(file):
    """Seconds until every row of the list stands in its version."""
    from django.utils import timezone

    from partners.curation import services as curation
    from partners.models import CurationDecision
    from umkm_portal.imports import services

    start = time.monotonic()
    version = curation.accept_list(file, by=None, now=timezone.now())
    while services.apply_file(file.pk):
        pass
    seconds = time.monotonic() - start
    file.refresh_from_db()
    version.refresh_from_db()
    assert (file.state, version.state) == ("done", "accepted"), (file.state, version.state)
    stored = CurationDecision.objects.filter(list=version).count()
    assert stored == file.accepted_count, (stored, file.accepted_count)
    return seconds


class Watch(threading.Thread):
    """Looks ten times a second how much memory a process, and each child of it, holds."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_mb, self.child_mb = pid, 0.0, 0
        self._stopped = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *failure):
        self._stopped.set()
        self.join()

    def run(self):
        while not self._stopped.wait(0.1):
            own, *children = map(resident_mb, family(self.pid))
            self.peak_mb = max(self.peak_mb, own + sum(children))
            self.child_mb = max(self.child_mb, *map(round, children), 0)


def family(pid):
    """The process and those it started; the database's servers are nobody's reader."""
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue
        found += [int(child) for child in children if is_python(child)]
    return found


def is_python(pid):
    try:
        return b"python" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False


def resident_mb(pid):
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
