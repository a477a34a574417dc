"""How fast the report for the council opens: a year of 43,000 trainees in 1,500 sessions.

    python bench/council.py [--rows 43000] [--json]

`rows` people come to classes and three times as many are invited, most of them twice; the register
has 370,000 people (of few rows thirty times as many). Each job is the whole request of a member of
the head office, the fastest of three; its limit is one pass over the enrolments of the year by
PostgreSQL, counted by cohort and state, in the same run. `--strict` ends with 1 when the page takes
more than 5 seconds.
"""

import time

import _report

REGISTER, SESSIONS, YEAR = 370_000, 1_500, 2025
REPEATS = 3
ALLOWED_SECONDS = 5.0
ROUNDS = """
INSERT INTO trainings_invitationround (cohort_id, number, segment, is_everyone, size, deadline_at,
    created_at)
SELECT id, 1, '', false, 0, starts_at, starts_at FROM trainings_cohort
"""
ENROLMENTS = """
INSERT INTO trainings_enrolment (public_id, short_code, participant_id, cohort_id, training_id,
    round_id, state, priority, priority_reason, reason, answer_via, answered_at, created_at,
    changed_at)
SELECT gen_random_uuid(), 'B' || n, 1 + n * 7919 %% %(people)s, c.id, c.training_id, r.id,
    CASE WHEN place < %(came)s THEN CASE WHEN place %% 9 = 0 THEN 'attended' ELSE 'completed' END
        WHEN place %% 3 = 0 THEN 'declined' ELSE 'expired' END, 0, '', '', 'tautan',
    CASE WHEN place < %(came)s OR place %% 3 = 0 THEN c.starts_at END, c.starts_at, c.starts_at
FROM (SELECT id, training_id, starts_at, row_number() OVER (ORDER BY id) - 1 AS nth
    FROM trainings_cohort) AS c
JOIN trainings_invitationround r ON r.cohort_id = c.id
CROSS JOIN generate_series(0, %(each)s - 1) AS place
CROSS JOIN LATERAL (SELECT c.nth * %(each)s + place AS n) AS numbered
ON CONFLICT DO NOTHING
"""
MONEY = """
INSERT INTO trainings_budgetline (cohort_id, purpose, note, planned, committed, spent)
SELECT id, purpose, '', 4000000, 0, 3900000 FROM trainings_cohort,
    unnest(ARRAY['trainer', 'meals']) AS purpose
"""
BARE = "SELECT cohort_id, state, count(*) FROM trainings_enrolment GROUP BY 1, 2"


def main():
    _report.run(__doc__, measure, rows=43_000, too_much=too_much)


def too_much(result):
    return ["page"] if result["page"]["seconds"] > ALLOWED_SECONDS else []


def measure(rows, folder):
    from bench import lists

    lists.prepare_database()
    from bench import _people as people

    register = min(REGISTER, 30 * rows)
    people.fill(register)
    client = lists.staff_client()
    enrolments = fill_year(rows, register)
    link = f"/admin/laporan/daftar/?tahun={YEAR}&ukuran=hadir"
    pages = {
        "page": f"/admin/laporan/?tahun={YEAR}",
        "list_people": link,
        "list_of_city": f"{link}&menurut=kota&kunci=3174",
        "list_seats": f"{link}&hitung=kursi",
        "cohorts": f"/admin/laporan/gelombang/?tahun={YEAR}",
        "file": f"/admin/laporan/unduh/?tahun={YEAR}&jenis=xlsx",
    }
    bare = fastest(bare_pass)
    result = {"rows": rows, "register": register, "enrolments": enrolments}
    for name, address in pages.items():
        seconds = fastest(lambda address=address: get(client, address))
        result[name] = {
            "seconds": round(seconds, 3),
            "limit_seconds": round(bare, 3),
            "ratio": round(seconds / bare, 1),
        }
    return result


def fill_year(rows, register):
    """Programmes, trainings, cohorts and their people; returns how many enrolments there are."""
    from django.db import connection

    from tests.factories import ProgrammeFactory, TopicFactory, TrainingFactory

    topics = TopicFactory.create_batch(5)
    programmes = ProgrammeFactory.create_batch(6, year=YEAR)
    trainings = [
        TrainingFactory(
            topic=topics[number % 5],
            programme=programmes[number % 6],
            organiser=programmes[number % 6].organiser,
        ).pk
        for number in range(24)
    ]
    cohorts = max(SESSIONS * rows // 43_000, 24)
    came = max(rows // cohorts, 1)
    hold(trainings, cohorts)
    facts = {"came": came, "each": 3 * came, "people": register // 5}
    with connection.cursor() as cursor:
        cursor.execute(ROUNDS)
        cursor.execute("ALTER TABLE trainings_enrolment DISABLE TRIGGER USER")
        cursor.execute(ENROLMENTS, facts)
        cursor.execute("ALTER TABLE trainings_enrolment ENABLE TRIGGER USER")
        cursor.execute(MONEY)
        cursor.execute(
            "INSERT INTO trainings_session (cohort_id, title, link, starts_at, ends_at, sequence,"
            " check_in_seed) SELECT id, '', '', starts_at, ends_at, 0, '' FROM trainings_cohort"
        )
        cursor.execute("ANALYZE")
        cursor.execute("SELECT count(*) FROM trainings_enrolment")
        return cursor.fetchone()[0]


def hold(trainings, count):
    """Cohorts over the whole year, one session each."""
    from datetime import datetime, timedelta

    from trainings.models import Cohort
    from umkm_portal.common.dates import JAKARTA

    first = datetime(YEAR, 1, 5, 9, tzinfo=JAKARTA)
    days = [first + timedelta(days=number % 340) for number in range(count)]
    Cohort.objects.bulk_create(
        Cohort(
            code=f"bench-{number}",
            training_id=trainings[number % len(trainings)],
            number=number,
            state=Cohort.State.FINISHED,
            mode=Cohort.Mode.IN_PERSON,
            seats=100,
            starts_at=day,
            ends_at=day + timedelta(hours=3),
        )
        for number, day in enumerate(days)
    )


def get(client, address):
    assert client.get(address).status_code == 200, address


def bare_pass():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(BARE)
        cursor.fetchall()


def fastest(job):
    found = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        job()
        found.append(time.perf_counter() - begun)
    return min(found)


if __name__ == "__main__":
    main()
