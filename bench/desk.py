"""How long the campaign desk takes to count and to write an audience of the whole register.

    python bench/desk.py [--rows 370000] [--json]

`count` is the preview (channels, reasons, cities, samples), `freeze` writes audience and exclusions
by one statement, both for email, WhatsApp and SMS and the segment of everybody. The limit is the
bare INSERT..SELECT of as many people into the audience in the same run. `--strict` ends with 1 when
a job takes more than three times as long.
"""

import time

import _report

ROWS, ALLOWED = 370_000, 3.0
BARE = """
INSERT INTO messaging_audiencemember (campaign_id, position, recipient_key, subject_id, channel)
SELECT %s, row_number() OVER (ORDER BY id), id, id, 'email' FROM participants_participant
"""
STOPPED = """
INSERT INTO messaging_suppression (channel, address, purpose, reason, note, created_at)
SELECT 'email', lower(email), 'bulk', 'opt_out', '', now() FROM participants_participant
WHERE id % 50 = 0 AND email <> '' ON CONFLICT DO NOTHING
"""
CONSENTS = """
INSERT INTO participants_consent (participant_id, purpose, event, notice_version, channel, source,
    happened_at)
SELECT id, 'whatsapp', 'given', '1', 'loket', '', now() FROM participants_participant
WHERE id % 3 = 0
"""


def main():
    _report.run(__doc__, measure, rows=ROWS, too_much=too_much)


def too_much(result):
    return [job for job in ("count", "freeze") if result[job]["ratio"] > ALLOWED]


def measure(rows, folder):
    _report.prepare_database()
    from bench import _people as people

    people.fill(rows)
    plan = make_plan()
    bare = clocked(lambda: write_bare(plan))
    jobs = {"count": counted(plan), "freeze": frozen(plan)}
    result = {"rows": rows}
    for name, job in jobs.items():
        seconds = clocked(job)
        result[name] = {
            "seconds": round(seconds, 3),
            "limit_seconds": round(bare, 3),
            "ratio": round(seconds / bare, 2),
        }
    return result | {
        "audience": plan.campaign.audience.count(),
        "excluded": plan.campaign.exclusions.count(),
    }


def make_plan():
    from django.db import connection
    from django.utils import timezone

    from umkm_portal.accounts.models import User
    from umkm_portal.messaging.desk import plans, purposes

    with connection.cursor() as cursor:
        cursor.execute(STOPPED)
        cursor.execute("ALTER TABLE participants_consent DISABLE TRIGGER USER")
        cursor.execute(CONSENTS)
        cursor.execute("ANALYZE")
    user, now = User.objects.create_superuser("kepala@contoh.example"), timezone.now()
    plan = plans.create_plan(purposes.find("announcement"), title="Uji", actor=user, now=now)
    return plans.change_plan(
        plan,
        actor=user,
        now=now,
        campaign={"channels": ["email", "whatsapp", "sms"]},
        audience={"segment": {"values": ["*semua"]}},
    )


def counted(plan):
    from django.utils import timezone

    from umkm_portal.messaging.desk import audience

    user = plan.campaign.created_by
    return lambda: audience.count(plan, user=user, now=timezone.now())


def frozen(plan):
    from umkm_portal.messaging.desk import audience

    return lambda: audience.freeze(plan, user=plan.campaign.created_by)


def write_bare(plan):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(BARE, [plan.campaign_id])


def clocked(job):
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
