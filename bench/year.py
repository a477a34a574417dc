"""How long a year of trainings takes: its plan by spreadsheet, and the staff's pages over it.

    .venv/bin/python bench/year.py --rows 1500 --json

`preview` and `write` are the two requests of an officer who uploads a plan of so many sessions,
half as many waves: each has a minute. `preview_per_row` holds a row of the whole plan against one
of a fifth of it, so that nothing grows faster than the file. Then every wave gets its people,
43,000 seats for 1,500 sessions, and the pages of the calendar, of readiness and the list of waves
are held against the same pages over one month of that year: at most 1.5 times as long. A search
that finds more waves than before is held against a whole page of them.
"""

import io
import time

import _report

SECONDS = 60
SEATS = 57
"""Of each wave of two sessions: 43,000 people a year."""
PEOPLE, TRAININGS, PLACES, REPEATS = 2_000, 50, 40, 7
MOST_RATIO = 1.5
HOURS = (("09.00", "12.00"), ("13.00", "16.00"))


def main():
    _report.run(__doc__, measure, rows=1_500, in_lines=True)


def measure(rows, folder):
    import lists

    lists.prepare_database()
    from bench import _people as people

    people.fill(PEOPLE)
    client = lists.staff_client()
    make_lists()
    fifth = upload(client, plan(rows // 5), is_written=False)
    whole = upload(client, plan(rows), is_written=True)
    small = lists.copy_database("month_of_year")
    keep_only_a_month(small)
    for database in (None, small):
        give_people(database)
    result = {
        "rows": rows,
        "preview": held_against(whole[0], SECONDS),
        "write": held_against(whole[1], SECONDS),
        "preview_per_row": held_against(whole[0] / rows, fifth[0] / (rows // 5)),
    }
    result |= time_pages(client, small)
    small.close()
    return result


def held_against(seconds, limit):
    return {
        "seconds": round(seconds, 4),
        "limit_seconds": round(limit, 4),
        "ratio": round(seconds / limit, 2),
    }


def make_lists():
    """Trainings of a programme, places, and a trainer for each place."""
    from django.utils import timezone

    from trainings.models import Programme, Topic, Trainer, Training, Venue
    from umkm_portal.accounts.models import Organisation

    organiser = Organisation.objects.filter(kind=Organisation.Kind.AGENCY).first()
    topic = Topic.objects.create(slug="bench", name="Bench")
    programme = Programme.objects.create(
        slug="bench", name="Bench", organiser=organiser, year=timezone.localdate().year + 1
    )
    for number in range(TRAININGS):
        Training.objects.create(
            slug=f"bench-{number}",
            topic=topic,
            kind=Training.Kind.CLASS,
            organiser=organiser,
            programme=programme,
            title=f"Pelatihan {number}",
            audience="Siapa saja",
            materials="Buku saku",
        )
    for number in range(PLACES):
        Venue.objects.create(name=f"Balai {number}", address="Jakarta", capacity=SEATS)
        Trainer.objects.create(name=f"Pelatih {number}", kind=Trainer.Kind.STAFF)


def plan(rows):
    """The workbook: two sessions a wave, spread over the working days of next year."""
    from trainings.planning.resources import CohortPlanResource
    from umkm_portal.common.spreadsheets import write_xlsx

    header = [field.column_name for field in CohortPlanResource().get_import_fields()]
    days = working_days()
    book = io.BytesIO()
    lines = (line(number, days, max(rows, 1)) for number in range(rows))
    write_xlsx(book, header, ([str(told.get(name, "")) for name in header] for told in lines))
    book.seek(0)
    book.name = "rencana.xlsx"
    return book


def line(number, days, rows):
    wave, part = divmod(number, 2)
    day = days[wave * len(days) * 2 // (rows + 2)]
    first, last = HOURS[part]
    place = wave % PLACES
    return {
        "program": "bench",
        "kode": f"bench-{wave}",
        "pelatihan": f"bench-{wave % TRAININGS}",
        "gelombang ke": wave // TRAININGS + 1,
        "cara": "Tatap muka",
        "boleh ikut": "Siapa saja",
        "kursi": SEATS,
        "peserta minimal": 10,
        "sesi ke": part + 1,
        "judul sesi": f"Sesi {part + 1}",
        "sesi mulai": f"{day:%d/%m/%Y} {first}",
        "sesi selesai": f"{day:%d/%m/%Y} {last}",
        "tempat": f"Balai {place}",
        "pelatih": f"Pelatih {place}",
        "rencana konsumsi": "1.000.000" if part == 0 else "",
        "rencana honor pelatih": "500.000" if part == 0 else "",
    }


def working_days():
    from datetime import date, timedelta

    from django.utils import timezone

    from umkm_portal.regions.calendar import is_working_day

    first = date(timezone.localdate().year + 1, 1, 5)
    days = [first + timedelta(days=n) for n in range(340)]
    return [day for day in days if is_working_day(day)]


def upload(client, book, *, is_written):
    """Seconds of the preview and, if wanted, of writing what was shown."""
    from django.urls import reverse

    start = time.perf_counter()
    page = client.post(
        reverse("admin:trainings_cohort_import"), {"import_file": book, "format": "0"}
    )
    shown = time.perf_counter() - start
    result = page.context_data["result"]
    assert told(result) == []
    if not is_written:
        return shown, 0.0
    start = time.perf_counter()
    done = client.post(
        reverse("admin:trainings_cohort_process_import"), page.context_data["confirm_form"].initial
    )
    assert done.status_code == 302, done.status_code
    return shown, time.perf_counter() - start


def told(result):
    errors = [str(error.error) for _, found in result.row_errors() for error in found]
    invalid = [str(row.error) for row in result.invalid_rows]
    return (errors + invalid + [str(error.error) for error in result.base_errors])[:3]


def busiest_month():
    """The first day of the month with the most sessions."""
    from django.db.models import Count
    from django.db.models.functions import TruncMonth

    from trainings.models import Session

    months = Session.objects.annotate(month=TruncMonth("starts_at")).values("month")
    return months.annotate(count=Count("pk")).order_by("-count", "month").first()["month"].date()


def keep_only_a_month(database):
    """The copy loses the rest of the year."""
    month = busiest_month()
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE gone AS SELECT id FROM trainings_cohort"
            " WHERE date_trunc('month', starts_at AT TIME ZONE 'Asia/Jakarta') <> %s",
            [month],
        )
        cursor.execute(
            "DELETE FROM trainings_assignment WHERE session_id IN"
            " (SELECT id FROM trainings_session WHERE cohort_id IN (SELECT id FROM gone))"
        )
        for table in ("trainings_session", "trainings_budgetline"):
            cursor.execute(f"DELETE FROM {table} WHERE cohort_id IN (SELECT id FROM gone)")
        cursor.execute("DELETE FROM trainings_cohort WHERE id IN (SELECT id FROM gone)")


def give_people(database):
    """A seat for everybody: each training's waves share the people out."""
    from django.db import connection

    with (database or connection).cursor() as cursor:
        cursor.execute(
            """
INSERT INTO trainings_enrolment (participant_id, cohort_id, training_id, state, public_id,
    short_code, arrival_no, priority, priority_reason, reason, answer_via, created_at, changed_at)
SELECT n + %(seats)s * (c.number - 1), c.id, c.training_id, 'confirmed', gen_random_uuid(),
    upper(lpad(to_hex(c.id * 1000 + n), 8, '0')), n, 0, '', '', '', now(), now()
FROM trainings_cohort c, generate_series(1, %(seats)s) n
""",
            {"seats": SEATS},
        )
        cursor.execute("UPDATE trainings_cohort SET taken = seats, state = 'open'")
        for table in ("enrolment", "cohort", "session", "assignment", "budgetline"):
            cursor.execute(f"VACUUM ANALYZE trainings_{table}")


def addresses(month):
    from django.urls import reverse

    calendar, cohorts = "admin:trainings_cohort_calendar", "admin:trainings_cohort_changelist"
    return {
        "month": f"{reverse(calendar)}?tampilan=bulan&tanggal={month}",
        "week": f"{reverse(calendar)}?tampilan=minggu&tanggal={month}",
        "places": f"{reverse(calendar)}?tampilan=tempat&tanggal={month}",
        "readiness": f"{reverse('admin:trainings_cohort_month')}?bulan={month:%Y-%m}",
        "waves": reverse(cohorts),
        "search": f"{reverse(cohorts)}?q=bench-1",
        "schedule": reverse("trainings:schedule"),
    }


def time_pages(client, small):
    from django.db import connections

    large, pages, timed = connections["default"], addresses(busiest_month()), {}
    for name, address in pages.items():
        for number in range(REPEATS):
            for side, database in (("small", small), ("large", large)):
                connections["default"] = database
                asked = ask(client, address, is_counted=not number)
                timed.setdefault((side, name), []).append(asked)
    connections["default"] = large
    return {name: job(timed, name) for name in pages}


def ask(client, address, *, is_counted):
    """(seconds, queries, waves listed) of one page; only the first is looked at."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    if not is_counted:
        start = time.perf_counter()
        client.get(address)
        return time.perf_counter() - start, 0, 0
    with CaptureQueriesContext(connection) as asked:
        start = time.perf_counter()
        response = client.get(address)
        seconds = time.perf_counter() - start
    assert response.status_code == 200, (address, response.status_code)
    listed = (getattr(response, "context_data", None) or {}).get("cl")
    return seconds, len(asked), len(listed.result_list) if listed else 0


def job(timed, name):
    large, small = (min(asked[0] for asked in timed[side, name]) for side in ("large", "small"))
    (_, queries, shown), (_, _, before) = timed["large", name][0], timed["small", name][0]
    if shown > before:
        small = min(asked[0] for asked in timed["small", "waves"])
    told = held_against(large, small)
    return told | {"within": large <= MOST_RATIO * small, "queries": queries}


if __name__ == "__main__":
    main()
