"""Registration opens: 2,000 people say yes within a minute while others read, without an error.

    python bench/opening.py [--rows 2000] [--json] [--strict]

`--rows` is how many people come, 2,000 a minute. Everything `manage.py portal` starts is running
(web server, workers, schedule), with the same command lines, on a PostgreSQL that writes through to
the disk and on Valkey; mails leave at once. A year of 1,500 sessions and 43,000 seats is there too.

Arrivals come at even distances and wait for nobody. Each person opens the link of her invitation,
sends the form with her yes, and gets the page with her ticket; none stops to think. She is invited
to one online wave of 10,000 seats. Meanwhile 50 readers a second look at the schedule, at the page
of that wave or at a ticket, each over a connection of her own. Times count from the moment she
should have come, so a queue before the portal counts, and who waits longer than 15 s for the first
page counts as an error although she gets it.

The limit of `answers` is the time in which they came; that of `reads` is the median of the same
reads alone, just before. `cores` is what each program took of the machine, this client among them.
`--strict` ends with 1 after an error, or when the last answer came more than two seconds after its
minute.
Seats, tickets and messages must add up exactly: who counts wrong fails the run.
"""

import gzip
import http.client
import itertools
import os
import re
import threading
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import _cores
import _pages
import _people
import _report
import _waves
from _memory import Watch

from tests.sink import RunningSink

PEOPLE_PER_SECOND = 2_000 / 60
READS_PER_SECOND = 50
ALONE_SECONDS = 8
WARM_UP = 40
"""People who answered before: both processes of the web server know the way."""
LATE_SECONDS = 2
TIMEOUT = 15
MOST_AT_ONCE = 300
BROWSER = {
    "Accept-Encoding": "gzip",
    "Accept-Language": "id",
    "Accept": "text/html",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10)",
}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
SEATED = "Kursi Anda aman"


def main():
    _report.run(__doc__, measure_with_sink, rows=2_000, too_much=too_much)


def too_much(result):
    answers, reads = result["answers"], result["reads"]
    is_late = answers["seconds"] > answers["limit_seconds"] + LATE_SECONDS
    slow = ["answers"] if answers["errors"] or is_late else []
    return slow + (["reads"] if reads["errors"] else [])


def measure_with_sink(rows, folder):
    with RunningSink(folder / "sink.log") as sink:
        sink.log_path.touch()
        os.environ["EMAIL_URL"] = sink.url
        return measure(rows, sink, folder)


def measure(rows, sink, folder):
    from umkm_portal.embedded.lease import held

    prepare_database()
    _people.fill(max(2 * (rows + WARM_UP), _waves.PEOPLE))
    tickets = _waves.make_year()
    cohort, links = _waves.make_opening(rows + WARM_UP)
    span = rows / PEOPLE_PER_SECOND
    programs = _pages.running_programs(held().folder, folder / "portal.log")
    with programs as (port, processes), Watch(processes[_pages.WEB].pid) as watch:
        pages = pages_to_read(tickets)
        warm_up(port, links[:WARM_UP], pages, sink)
        alone, crowd = Crowd(port), Crowd(port)
        alone.come(reads=itertools.islice(pages, READS_PER_SECOND * ALONE_SECONDS))
        readers = itertools.islice(pages, int(READS_PER_SECOND * span))
        with _cores.counted(pids_of(processes)) as cores:
            crowd.come(people=links[WARM_UP:], reads=readers)
        mails = mails_of(sink) - WARM_UP
    check(cohort, WARM_UP + len(crowd.people.seconds["whole"]))
    answers = told_of_answers(crowd, span) | {"seats_taken": cohort.taken - WARM_UP}
    answers |= {"mails_out_by_then": mails, "cores": cores, "peak_rss_mb": round(watch.peak_mb)}
    return {"rows": rows, "answers": answers, "reads": told_of_reads(crowd, alone)}


def prepare_database():
    """Its mails leave at any hour and as fast as they come."""
    _report.prepare_database()

    from tests.messaging import scenes

    scenes.let_fly()


def pids_of(processes):
    """Of the programs and of the two servers behind them."""
    from umkm_portal.embedded.connection import running_servers
    from umkm_portal.embedded.lease import held

    servers = running_servers(held().folder)
    pids = {name: process.pid for name, process in processes.items()}
    behind = {"database": servers["database_pid"], "cache": servers["redis_pid"]}
    return pids | behind


def pages_to_read(tickets):
    """The schedule, the wave that opens, a ticket, and again with the next ticket."""
    for ticket in itertools.cycle(tickets):
        yield from ("/gelombang/", f"/gelombang/{_waves.OPENING}/", ticket)


def told_of_answers(crowd, span):
    people = crowd.people
    count = len(people.seconds["whole"])
    return {
        "seconds": round(people.last, 2),
        "limit_seconds": round(span, 2),
        "ratio": round(people.last / span, 2),
        "answers": count,
        "per_second": round(count / people.last, 1),
        **{f"{step}_ms": milliseconds(found) for step, found in people.seconds.items()},
        **errors(people),
    }


def told_of_reads(crowd, alone):
    readers = crowd.readers
    before, during = (milliseconds(each.readers.seconds["read"]) for each in (alone, crowd))
    return {
        "seconds": during["p50"] / 1000,
        "limit_seconds": before["p50"] / 1000,
        "ratio": round(during["p50"] / before["p50"], 2),
        "reads": len(readers.seconds["read"]),
        "per_second": round(len(readers.seconds["read"]) / readers.last, 1),
        "alone_ms": before,
        "during_ms": during,
        **errors(readers),
    }


def milliseconds(seconds):
    ranked = sorted(seconds) or [0.0]
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: ranked[int(len(ranked) * share)] for name, share in shares.items()}
    return {name: round(1000 * value, 1) for name, value in found.items()}


def errors(kind):
    """How many, and the most frequent in words."""
    common = Counter(kind.errors).most_common(3)
    return {"errors": len(kind.errors)} | ({"such_as": common} if common else {})


class Kind:
    """What happened to one kind of visitors."""

    def __init__(self, steps):
        self.seconds = {step: [] for step in steps}
        self.errors = []
        self.last = 0.0
        """Seconds from the opening until the last of them had her page."""


class Crowd:
    """Visitors who come at their times, however long the others take."""

    def __init__(self, port):
        self.port = port
        self.people = Kind(("page", "answer", "seat", "whole"))
        self.readers = Kind(("read",))
        self._lock = threading.Lock()

    def come(self, *, people=(), reads=()):
        coming = [(i / PEOPLE_PER_SECOND, self._person, link) for i, link in enumerate(people)]
        coming += [(i / READS_PER_SECOND, self._reader, page) for i, page in enumerate(reads)]
        self.begun = time.monotonic() + 0.1
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            for at, act, address in sorted(coming, key=lambda each: each[0]):
                time.sleep(max(0.0, self.begun + at - time.monotonic()))
                pool.submit(self._visit, act, address, self.begun + at)

    def _visit(self, act, address, due):
        kind = self.people if act == self._person else self.readers
        connection = http.client.HTTPConnection(_pages.HOST, self.port, timeout=TIMEOUT)
        try:
            taken = act(connection, address, due)
        except (OSError, http.client.HTTPException, AssertionError) as error:
            with self._lock:
                kind.errors.append(f"{type(error).__name__}: {error}"[:200])
            return
        finally:
            connection.close()
        with self._lock:
            if next(iter(taken.values())) > TIMEOUT:
                kind.errors.append("gave up waiting for the first page")
            for step, seconds in taken.items():
                kind.seconds[step].append(seconds)
            kind.last = max(kind.last, time.monotonic() - self.begun)

    def _reader(self, connection, address, due):
        ask(connection, "GET", address)
        return {"read": time.monotonic() - due}

    def _person(self, connection, address, due):
        """Opens her link, says yes, sees her ticket."""
        page, cookie = ask(connection, "GET", address)
        opened = time.monotonic()
        token = TOKEN.search(page)
        assert token, "a page without a form"
        form = {"csrfmiddlewaretoken": token[1], "jawaban": "ya"}
        ask(connection, "POST", address, cookie=cookie, form=form)
        answered = time.monotonic()
        page, _ = ask(connection, "GET", address, cookie=cookie)
        assert SEATED in page, "a page without a seat"
        seated = time.monotonic()
        return {
            "page": opened - due,
            "answer": answered - opened,
            "seat": seated - answered,
            "whole": seated - due,
        }


def ask(connection, method, address, *, cookie="", form=None):
    """(page, cookie) of one request; an AssertionError when its status is not as it should be."""
    headers = BROWSER | ({"Cookie": cookie} if cookie else {})
    body = None
    if form:
        body = urllib.parse.urlencode(form)
        headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, address, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.getheader("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    assert answer.status == (302 if form else 200), f"{method} answered {answer.status}"
    given = answer.getheader("Set-Cookie", "").partition(";")[0]
    return content.decode(), given


def warm_up(port, links, pages, sink):
    """Until code and templates are loaded and the workers have sent what came of it."""
    crowd = Crowd(port)
    crowd.come(people=links, reads=itertools.islice(pages, 2 * WARM_UP))
    assert not crowd.people.errors + crowd.readers.errors, crowd.people.errors
    deadline = time.monotonic() + _pages.START_SECONDS
    while mails_of(sink) < len(links) and time.monotonic() < deadline:
        time.sleep(0.5)


def mails_of(sink):
    return sink.log_path.read_bytes().count(b"\n")


def check(cohort, expected):
    """Every yes that was shown has a seat and a message, and the books balance.

    Whoever got an error may have a seat all the same: only what an answer promised must be there.
    """
    from trainings import invariants
    from umkm_portal.messaging import invariants as of_messages
    from umkm_portal.messaging.models import Delivery

    cohort.refresh_from_db()
    told = Delivery.objects.filter(campaign__kind="confirmation", campaign__is_standing=True)
    assert cohort.taken == told.count() >= expected, (cohort.taken, told.count(), expected)
    broken = [*invariants.violations(), *of_messages.violations()]
    assert not broken, broken


if __name__ == "__main__":
    main()
