"""How fast certificates are issued and printed, against reportlab alone drawing the same pages.

    .venv/bin/python bench/certificates.py --rows 10000 --json

The product is the background job as a worker runs it, in a process of its own: who finished, a
number and a row for each, pages in slices, one file. The limit is one reportlab canvas that gets
the same pages with everything at hand and saves them; it, too, has a process of its own and is
measured before and after the job. Memory is the highest of the whole process; `of_that_code_mb`
is there before the first page. `tenth` is the same job with a tenth of the people: what the
larger one needs more is what grows with the number of pages.
"""

import json
import subprocess
import sys

import _report

ALLOWED = 1.5
MOST_GROWTH_MB = 15
PEAK = """
import json, time
from umkm_portal.embedded.lease import servers_for

def peak():  # getrusage would tell the parent's memory, from before this program began
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1000

with servers_for(["manage.py", "write_certificates"]):
    import django
    django.setup()
"""
PRODUCT = f"""{PEAK}
    from trainings.certificates.batches import work_batch
    base, clock = peak(), time.perf_counter()
    batch = work_batch({{pk}})
    print(json.dumps({{{{
        "seconds": time.perf_counter() - clock, "state": batch.state, "error": batch.error,
        "issued": batch.issued, "pages": batch.printed, "size": batch.size, "base": base,
        "peak_rss_mb": peak(),
    }}}}))
"""
ALONE = f"""{PEAK}
    from trainings.certificates.batches import page_of
    from trainings.certificates.papers import write_certificates
    from trainings.certificates.wording import frozen_of
    from trainings.models import Certificate
    rows = list(Certificate.objects.filter(batch={{pk}}).select_related("edition"))
    frozen = {{{{row.edition_id: frozen_of(row.edition) for row in rows[:1]}}}}
    pages = [page_of(row, frozen) for row in rows]
    clock = time.perf_counter()
    with open({{path!r}}, "wb") as target:
        count = write_certificates(target, pages)
    print(json.dumps({{{{
        "seconds": time.perf_counter() - clock, "pages": count, "peak_rss_mb": peak(),
    }}}}))
"""


def main():
    _report.run(__doc__, measure, rows=10_000, too_much=too_much)


def too_much(result):
    return [name for name, job in result.items() if isinstance(job, dict) and not job["within"]]


def measure(rows, folder):
    _report.prepare_database()
    few = max(rows // 10, 1)
    make_people(rows)
    tenth = request(hold_class(few))
    small = run(PRODUCT.format(pk=tenth.pk))
    assert (small["state"], small["pages"]) == ("done", few), small
    before = run_alone(tenth.pk, folder) * rows / few
    batch = request(hold_class(rows))
    whole = run(PRODUCT.format(pk=batch.pk))
    assert (whole["state"], whole["issued"], whole["pages"]) == ("done", rows, rows), whole
    after = run_alone(batch.pk, folder)
    growth = whole["peak_rss_mb"] - small["peak_rss_mb"]
    figures = _report.figures(whole["seconds"], after, whole["peak_rss_mb"])
    return {
        "rows": rows,
        "certificates": figures
        | {
            "may_be": ALLOWED,
            "limit_before_seconds": round(before, 2),
            "pages_per_second": round(rows / whole["seconds"], 1),
            "of_that_code_mb": round(whole["base"]),
            "tenth_peak_rss_mb": round(small["peak_rss_mb"]),
            "tenth_seconds": round(small["seconds"], 2),
            "file_mb": round(whole["size"] / 1e6, 1),
            "within": figures["ratio"] <= ALLOWED and growth <= MOST_GROWTH_MB,
        },
    }


def make_people(rows):
    from participants.models import Participant

    people = (
        Participant(full_name=f"Peserta Contoh {number}", phone=f"+62812{number:08d}")
        for number in range(rows)
    )
    Participant.objects.bulk_create(people, batch_size=1000)


def hold_class(rows):
    """A class of yesterday with two sessions, in which everybody was there and has finished."""
    from datetime import timedelta

    from django.utils import timezone

    from participants.models import Participant
    from trainings.models import Attendance, Cohort, Enrolment, Session, Topic, Training
    from umkm_portal.accounts.models import Organisation

    name = f"bench-{rows}"
    organiser = Organisation.objects.create(kind="agency", slug=name, name=name, short_name=name)
    topic = Topic.objects.create(slug=name, name=name)
    training = Training.objects.create(
        slug=name, topic=topic, kind="online", organiser=organiser, title="Berjualan di lokapasar"
    )
    begins = timezone.now() - timedelta(days=2)
    facts = {"mode": "online", "state": "finished", "starts_at": begins, "ends_at": begins}
    cohort = Cohort.objects.create(
        code=name, training=training, number=1, seats=rows, taken=rows, **facts
    )
    sessions = [
        Session.objects.create(
            cohort=cohort,
            starts_at=begins + timedelta(days=day),
            ends_at=begins + timedelta(days=day, hours=3),
        )
        for day in (0, 1)
    ]
    people = Participant.objects.order_by("pk").values_list("pk", flat=True)[:rows]
    places = Enrolment.objects.bulk_create(
        (
            Enrolment(participant_id=pk, cohort=cohort, training=training, state="completed")
            for pk in people
        ),
        batch_size=1000,
    )
    came = (
        Attendance(session=session, enrolment=place, came_at=session.starts_at, via="file")
        for session in sessions
        for place in places
    )
    Attendance.objects.bulk_create(came, batch_size=1000)
    tidy()
    return cohort


def tidy():
    """What autovacuum would have done by the time somebody presses the button."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def request(cohort):
    from django.utils import timezone

    from trainings.certificates.batches import request_batch

    return request_batch(cohort, kind="finished", by=None, now=timezone.now())


def run_alone(batch_pk, folder):
    return run(ALONE.format(pk=batch_pk, path=str(folder / "alone.pdf")))["seconds"]


def run(program):
    """What a process of its own reports."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=_report.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
