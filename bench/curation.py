"""How long a curator's list takes: checked, and applied, against a bare read and COPY of the file.

    python bench/curation.py [--rows 50000] [--json] [--strict]

In a database of its own with as many people as the list has rows. The limit reads the same file
with the reader alone, in its limited child process, and copies the cells as they are into an
unlogged table. In each of three rounds it is measured before the check, between check and storing
and after that; each time is compared with the limits around it, and the median ratio counts.
Before a round the tables are tidied as autovacuum does. The list names people by code, by NIK, by
phone and name, by shop link, and names some whom nobody knows. `small` is a list of 300 rows, from
its bytes to the numbers on the page, against 3 seconds. `pages` is what visitors of the portal wait
for while its own worker checks and applies the list, against what they wait for before: the page
that suffers most. `allowed` is the greatest ratio of each job; `--strict` ends with 1 when one
needed more.
"""

import io
import os
import random
import subprocess
import sys
import time

import _pages
import _report
from _memory import Watch

ALLOWED = {"checked": 4.0, "applied": 6.0, "small": 1.0, "pages": 2.0}
ROUNDS = 3
BEFORE_SECONDS = 10
LONGEST_SECONDS = 300
SMALL_ROWS, SMALL_SECONDS = 300, 3.0
HEADER = ["No", "Kode Peserta", "Nama Toko", "Nama Pemilik", "NIK", "No HP", "Link Toko"]
HEADER += ["Produk", "Kota", "Hasil Kurasi", "Grade", "Catatan"]


def main():
    _report.run(__doc__, measure, rows=50_000, too_much=too_much)


def too_much(result):
    return [name for name, most in ALLOWED.items() if result[name]["ratio"] > most]


def measure(rows, folder):
    _report.prepare_database()
    from umkm_portal.celery import collect_garbage_rarely

    people = fill_register(rows, folder)
    call = make_call()
    large, small = folder / "daftar.xlsx", folder / "kecil.xlsx"
    write_list(large, people, rows)
    write_list(small, people, SMALL_ROWS)
    collect_garbage_rarely()  # as the worker does, whose work this is
    with Watch(os.getpid()) as watch:
        small_seconds, _, _ = check_list(small, call)
    checked, applied = check_and_apply(large)
    result = {
        "checked": checked,
        "applied": applied,
        "small": _report.figures(small_seconds, SMALL_SECONDS, watch.peak_mb),
        "pages": pages(people, rows, folder),
    }
    return {"rows": rows} | {
        job: facts | {"allowed": ALLOWED[job]} for job, facts in result.items()
    }


def check_and_apply(path):
    """What rounds of the check and of the storing tell, each with the limits around it."""
    checked, applied = [], []
    for number in range(ROUNDS):
        tidy()
        before = bare_read_and_copy(path)
        with Watch(os.getpid()) as checking:
            check, file, seen = check_list(path, make_call(f"bench-{number}"))
        between = bare_read_and_copy(path)
        with Watch(os.getpid()) as storing:
            store = accept(file)
        after = bare_read_and_copy(path)
        checked.append((check, before, between))
        applied.append((store, between, after))
    found = {
        "matched": seen.matched,
        "unmatched": seen.unmatched,
        "child_rss_mb": checking.child_mb,
    }
    return (
        _report.of_rounds(checked) | {"peak_rss_mb": round(checking.peak_mb)} | found,
        _report.of_rounds(applied) | {"peak_rss_mb": round(storing.peak_mb)},
    )


def fill_register(rows, folder):
    """As many people as the list has rows; returns what a curator may know of each."""
    from participants.models import Participant
    from participants.samples import write_sample

    path = folder / "people.csv"
    write_sample(path, rows, seed=1)
    command = [sys.executable, "manage.py", "import_participants", str(path), "--apply"]
    subprocess.run(command, cwd=_report.ROOT, check=True, stdout=subprocess.DEVNULL)
    tidy()
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


def tidy():
    """What autovacuum has done with a register that was not filled a moment ago."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def make_call(slug="bench"):
    """A call of the one partner."""
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
        slug=slug,
        title=slug,
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=1),
        state=CurationCall.State.OPEN,
    )


def write_list(path, people, rows, seed=7):
    from umkm_portal.common.codes import display
    from umkm_portal.common.spreadsheets import write_xlsx

    rng = random.Random(seed)
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


def pages(people, rows, folder):
    """What visitors wait for while the portal's worker checks and applies a list, and before."""
    from participants.models import Participant
    from umkm_portal.embedded.lease import held

    call = make_call("pages")
    path = folder / "bersama.xlsx"
    write_list(path, people, rows, seed=8)
    cookies = _pages.visitors(call.partner, Participant.objects.order_by("pk").first())
    with _pages.running_portal(held().folder, folder / "portal.log") as port:
        _pages.visit(port, cookies, until=_pages.after(3))  # code and templates are loaded
        before = _pages.visit(port, cookies, until=_pages.after(BEFORE_SECONDS))
        file = hand_in(path, call)
        during = _pages.visit(port, cookies, until=is_in_state(file, "checked"))
        accept_later(file)
        while_applied = _pages.visit(port, cookies, until=is_in_state(file, "done"))
    for address, seconds in while_applied.items():
        during[address] += seconds
    found = _pages.compared(before, during)
    worst = max(found.values(), key=lambda page: page["ratio"])
    return {
        "seconds": worst["during_ms"][0] / 1000,
        "limit_seconds": worst["before_ms"][0] / 1000,
        "ratio": worst["ratio"],
        "peak_rss_mb": 0,
        "pages": found,
    }


def hand_in(path, call):
    """A list as a member uploads it: the worker is told and does the rest."""
    from django.utils import timezone

    from partners.curation import services as curation
    from umkm_portal.imports import nudging, uploads

    file, _ = curation.receive_list(
        uploads.blocks_of(path), name=path.name, call=call, uploader=None, now=timezone.now()
    )
    nudging.nudge(file)
    return file


def accept_later(file):
    """Accept a checked list and leave the writing to the worker from the first row on."""
    from django.utils import timezone

    from partners.curation import services as curation

    curation.AT_ONCE_SECONDS = 0
    curation.accept_list(file, by=None, now=timezone.now())


def is_in_state(file, state):
    """Whether a list has got so far, as a question."""
    deadline = time.monotonic() + LONGEST_SECONDS

    def is_there():
        assert time.monotonic() < deadline, (file.state, file.file_error)
        file.refresh_from_db()
        return file.state == state

    return is_there


if __name__ == "__main__":
    main()
