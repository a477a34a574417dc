"""How long a finished campaign takes into the archive, and what it weighs there.

    python bench/archive.py [--rows 37000] [--json] [--strict]

`move` archives a campaign of `--rows` messages (read by their people, with their audience, in
batches of 500, in another order than the people). The limit moves a twin of it in the same run as
one would by hand: INSERT..SELECT of messages and audience into tables of the same shape, then
DELETE. `timeline` reads one person's archived messages where 100 such campaigns are archived,
against one. `sweep` is the nightly look for addresses that are too old where there are none, its
limit one plain count of the rows. The rest are figures for planning: bytes of a message before and
after, seconds of VACUUM, and of COPY (what `backup` does) for both.
"""

import os
import resource
import statistics
import time
from datetime import timedelta

import _report

ROWS, CAMPAIGNS, TIMES = 37_000, 100, 15
ALLOWED = {"move": 2.0, "timeline": 100.0, "sweep": 20.0}
BATCH = 500
MESSAGES = """
INSERT INTO messaging_delivery (public_id, campaign_id, batch_number, recipient_key, subject_id,
    step, channel, address, context, state, attempt, provider_ref, error, created_at, changed_at)
SELECT gen_random_uuid(), %(campaign)s, 1 + (position - 1) / %(batch)s, key, 1000000 + key * 3, '',
    'email', 'orang' || key || '@contoh.example',
    jsonb_build_object('nama', 'Orang ' || key, 'kode', 'JKP-' || key),
    CASE WHEN key %% 50 = 0 THEN 'failed_permanent' ELSE 'accepted' END, 1,
    '250 2.0.0 Ok: queued as ' || md5(key::text), '', %(at)s,
    %(at)s + position * interval '3 milliseconds'
FROM (SELECT key, row_number() OVER (ORDER BY md5(key::text)) AS position
    FROM generate_series(1, %(rows)s) key) people
"""
AUDIENCE = """
INSERT INTO messaging_audiencemember (campaign_id, position, recipient_key, subject_id, channel)
SELECT campaign_id, row_number() OVER (ORDER BY id), recipient_key, subject_id, ''
FROM messaging_delivery WHERE campaign_id = %(campaign)s
"""
BATCHES = """
INSERT INTO messaging_deliverybatch (campaign_id, number, channel, account_id, priority, attempt,
    worker, handed_to, size, pending, sending, accepted, delivered, read, failed_temporary,
    failed_permanent, suppressed, uncertain, cancelled, unreached_seen)
SELECT campaign_id, batch_number, 'email', %(account)s, 9, 1, '', 0, count(*), 0, 0,
    count(*) FILTER (WHERE state = 'accepted'), 0, 0, 0,
    count(*) FILTER (WHERE state = 'failed_permanent'), 0, 0, 0, 0
FROM messaging_delivery WHERE campaign_id = %(campaign)s GROUP BY 1, 2
"""
SENT = "UPDATE messaging_delivery SET state = state, changed_at = changed_at WHERE campaign_id = %s"
"""Each row was written twice at least before it was final."""
COPIES = (
    "CREATE TABLE kept_message (LIKE messaging_delivery INCLUDING ALL)",
    "CREATE TABLE kept_audience (LIKE messaging_audiencemember INCLUDING ALL)",
)
BY_HAND = (
    "INSERT INTO kept_message SELECT * FROM messaging_delivery WHERE campaign_id = %s",
    "INSERT INTO kept_audience (campaign_id, position, recipient_key, subject_id, channel)"
    " SELECT campaign_id, position, recipient_key, subject_id, channel"
    " FROM messaging_audiencemember WHERE campaign_id = %s",
    "DELETE FROM messaging_delivery WHERE campaign_id = %s",
    "DELETE FROM messaging_audiencemember WHERE campaign_id = %s",
    "DELETE FROM messaging_deliverybatch WHERE campaign_id = %s",
)
AGAIN = """
INSERT INTO messaging_archivebucket (campaign_id, keys, size, counts, recipients, subjects,
    channels, states, notes, changed_at, archived_at)
SELECT %(to)s, keys, size, counts, recipients, subjects, channels, states, notes, changed_at,
    archived_at
FROM messaging_archivebucket WHERE campaign_id = %(from)s
"""
LEDGER = ("messaging_delivery", "messaging_audiencemember", "messaging_deliverybatch")
ARCHIVE = ("messaging_archivebucket", "messaging_campaignarchive")


def main():
    _report.run(__doc__, measure, rows=ROWS, too_much=too_much)


def too_much(result):
    return [job for job, most in ALLOWED.items() if result[job]["ratio"] > most]


def measure(rows, folder):
    _report.prepare_database()
    first = make_campaign(rows)
    tidy("VACUUM FULL")
    tidy("VACUUM ANALYZE")
    before = size_of(LEDGER)
    copied = copy_seconds("messaging_delivery")
    sweep = swept()
    twin = make_campaign(rows)
    tidy("VACUUM ANALYZE")
    limit = moved_by_hand(twin)
    moved, seconds = archived(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    check_books(rows, moved)
    vacuumed = clocked(lambda: run("VACUUM messaging_delivery"))
    tidy("VACUUM FULL")
    after = size_of(ARCHIVE)
    return {
        "rows": rows,
        "move": _report.figures(seconds, limit, peak)
        | {"may_be": ALLOWED["move"], "per_second": round(rows / seconds)},
        "timeline": timeline(first, rows),
        "sweep": sweep,
        "bytes_before": round(before / rows),
        "bytes_after": round(after / rows, 1),
        "vacuum_seconds": round(vacuumed, 2),
        "copy_ledger_seconds": round(copied, 2),
        "copy_archive_seconds_of_100": round(copy_seconds("messaging_archivebucket"), 2),
        "archive_mb_of_100": round(size_of(ARCHIVE) / 1e6),
    }


def make_campaign(rows):
    """A campaign of so many messages that ended 400 days ago; its addresses went long since."""
    from django.utils import timezone

    from umkm_portal.messaging.accounts import default_account
    from umkm_portal.messaging.models import Campaign

    at = timezone.now() - timedelta(days=400)
    campaign = Campaign.objects.create(
        kind="invitation",
        title="Uji",
        state=Campaign.State.DONE,
        channels=["email"],
        audience_count=rows,
        expanded_to=rows,
        started_at=at,
        finished_at=at,
    )
    facts = {
        "campaign": campaign.pk,
        "rows": rows,
        "batch": BATCH,
        "at": at,
        "account": default_account("email").pk,
    }
    for statement in (MESSAGES, AUDIENCE, BATCHES):
        run(statement, facts)
    run(SENT, [campaign.pk])
    run("UPDATE messaging_delivery SET address = '', context = '{}'")
    return campaign


def moved_by_hand(campaign):
    from django.db import transaction

    for statement in COPIES:
        run(statement)

    def move():
        with transaction.atomic():
            for statement in BY_HAND:
                run(statement, [campaign.pk])

    seconds = clocked(move)
    campaign.delete()
    run("DROP TABLE kept_message, kept_audience")
    return seconds


def archived(rows):
    """Messages moved, and the seconds of it."""
    from django.utils import timezone

    from umkm_portal.messaging.archive import running

    start = time.perf_counter()
    moved = running.run(timezone.now())
    return moved, time.perf_counter() - start


def check_books(rows, moved):
    from umkm_portal.messaging import invariants
    from umkm_portal.messaging.models import Delivery

    assert moved == rows, (moved, rows)
    assert not Delivery.objects.exists()
    assert invariants.violations() == [], invariants.violations()


def timeline(first, rows):
    """Milliseconds in which the newest messages of one person are read."""
    from umkm_portal.messaging.archive.history import messages_of
    from umkm_portal.messaging.models import Campaign

    key = rows // 2
    one = median_of(lambda: messages_of([key], most=50))
    for _ in range(CAMPAIGNS - 1):
        twin = Campaign.objects.create(kind="invitation", title="Uji", state="done")
        run(AGAIN, {"to": twin.pk, "from": first.pk})
    run("ANALYZE messaging_archivebucket")
    found = messages_of([key], most=CAMPAIGNS + 1)
    assert len(found) == CAMPAIGNS, len(found)
    all_of_them = median_of(lambda: messages_of([key], most=50))
    return {
        "milliseconds": round(all_of_them * 1000, 1),
        "limit_milliseconds": round(one * 1000, 1),
        "ratio": round(all_of_them / one, 1),
        "may_be": ALLOWED["timeline"],
        "campaigns": CAMPAIGNS,
    }


def swept():
    from django.utils import timezone

    from umkm_portal.messaging import retention
    from umkm_portal.messaging.models import Delivery

    now = timezone.now()
    limit = clocked(lambda: Delivery.objects.count())
    seconds = clocked(lambda: (retention._find(now), retention._clear(now)))
    return _report.figures(seconds, limit, 0) | {"may_be": ALLOWED["sweep"]}


def copy_seconds(table):
    """Seconds in which PostgreSQL writes out a table as `backup` reads it."""
    from django.db import connection

    with connection.cursor() as cursor, open(os.devnull, "wb") as sink:
        return clocked(lambda: cursor.copy_expert(f"COPY {table} TO STDOUT", sink))


def size_of(tables):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s) name",
            [list(tables)],
        )
        return int(cursor.fetchone()[0])


def tidy(how):
    for table in (*LEDGER, *ARCHIVE):
        run(f"{how} {table}")


def median_of(job):
    job()
    return statistics.median(clocked(job) for _ in range(TIMES))


def clocked(job):
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def run(statement, facts=None):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, facts)


if __name__ == "__main__":
    main()
