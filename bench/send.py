"""How fast a campaign goes out, and what its page costs meanwhile.

    python bench/send.py --rows 370000 --json [--growth | --expansion]

With two Celery worker processes, on a PostgreSQL that writes through to the disk, into postfix's
smtp-sink where it is installed (see `_smtp`), all in one run:

- `expansion`: the audience into deliveries with their batches, by two processes at once; the limit
  is one bare INSERT..SELECT of the same rows into a table with the same indexes and keys. With
  `--expansion` nothing else is measured, in more rounds, and `alone` says what one process needs.
- `send`: from the press on “Mulai” to the last message recorded, by Celery; the limit is the C
  client, which brings as many mails of that size and records nothing. `share` is what of its speed
  we reach (`share_of_smtplib`: of smtplib's kept connection in two bare processes).
- `tasks`: one Celery task a recipient that reads the row, calls `send_mail` and writes the row,
  timed on fewer rows; `ratio` says how many times longer it takes for all.
- `page`: the live part of the campaign's page, against that of a campaign with 1,000 people.
- `growth` (with `--growth`): what a message costs with ten times the rows, against a tenth of them:
  from 37,000 to 3.7 million; `middle` is the same of `send`.

`worker_mb` is the largest worker process; after a tenth of the rows, and at the end.
"""

import multiprocessing
import os
import statistics
import sys
import time
import traceback

import _memory
import _report
import _smtp

PROCESSES = 2
SESSIONS = 16
"""Of the C client: with two, one for each of our processes, it mostly waits for the next answer."""
ROUNDS = 2
ALONE_ROUNDS = 4
WARM_UP = 1000
NAIVE_WARM_UP = 50
LONGEST_SECONDS = 3600
MANY_LOOKS = 40
SMALL = 1000
BARE_TABLE = """
CREATE TABLE bare (LIKE messaging_delivery INCLUDING ALL);
ALTER TABLE bare ADD FOREIGN KEY (campaign_id) REFERENCES messaging_campaign (id);
ALTER TABLE bare ADD FOREIGN KEY (actor_id) REFERENCES accounts_user (id);
"""
BARE = """
INSERT INTO bare (public_id, campaign_id, batch_number, recipient_key, subject_id, step, channel,
    address, context, state, attempt, provider_ref, error, created_at, changed_at)
SELECT gen_random_uuid(), %(campaign)s, 1 + p.position / 500, p.recipient_key, p.subject_id, '',
    p.channel, p.address, p.context, 'pending', 0, '', '', now(), now()
FROM ({people}) p
"""


def main():
    options = {
        "growth": "also with ten times the rows",
        "expansion": "only how fast messages are prepared, by two processes and by one",
    }
    _report.run(__doc__, measure_with_sink, rows=20_000, options=options, too_much=too_much)


def too_much(result):
    """The promises that were not kept."""
    is_broken = {
        "expansion": lambda job: job["ratio"] > 3,
        "send": lambda job: job.get("share", 1) < 0.3 or job["worker_mb"] > 150,
        "tasks": lambda job: job["ratio"] < 50,
        "page": lambda job: job["ratio"] > 2,
        "growth": lambda job: job["ratio"] > 1.2,
    }
    return [name for name, found in is_broken.items() if name in result and found(result[name])]


def measure_with_sink(rows, folder, *, growth=False, expansion=False):
    if expansion:
        return measure_expansion(rows)
    with _smtp.Sink() as sink:
        os.environ["EMAIL_URL"] = sink.url
        os.environ["BULK_PER_WEEK"] = "0"  # the same people get campaign after campaign
        return measure(rows, sink, folder, growth=growth)


def measure(rows, sink, folder, *, growth):
    """Tasks and campaigns in turns, so that both see the machine in the same moods."""
    prepare_database()
    naive_rows = min(rows, max(300, rows // 200))
    naive, expansions, rounds = 0.0, [], []
    for _ in range(ROUNDS):
        naive += time_tasks(naive_rows, folder)
        expansions.append(time_expansion(rows))
        rounds.append(time_campaign(rows, sink, folder))
    result = {
        "rows": rows,
        "expansion": told_of_expansion(expansions),
        "send": told_of_sending(rows, rounds),
    }
    seconds = result["send"]["seconds"]
    limit = naive / ROUNDS * rows / naive_rows
    result["tasks"] = {
        "seconds": seconds,
        "limit_seconds": round(limit, 2),
        "ratio": round(limit / seconds, 1),
        "limit_rows_per_second": round(ROUNDS * naive_rows / naive),
        "limit_measured_on_rows": naive_rows,
    }
    result["page"] = time_page(rows)
    if growth:
        few = statistics.median(seconds for *_, seconds in rounds)
        result["growth"] = time_growth(rows, few, sink, folder, middle=seconds)
    return result


def time_growth(rows, few, sink, folder, *, middle):
    """`few` are the seconds of a tenth of the rows, `middle` those of all."""
    many, _, _, _, mb, _ = time_campaign(10 * rows, sink, folder)
    return {
        "rows": 10 * rows,
        "seconds": round(many, 2),
        "limit_seconds": round(100 * few, 2),
        "ratio": round(many / (100 * few), 2),
        "middle": round(middle / (10 * few), 2),
        "peak_rss_mb": round(mb),
    }


def prepare_database():
    _report.prepare_database()

    from tests.messaging import scenes

    scenes.register_kinds()
    account = scenes.let_fly()
    account.rate_per_second = account.burst = 100_000
    account.save()


def time_tasks(rows, folder):
    """Seconds of one task per recipient, from the first queued to the last recorded."""
    from django.utils import timezone

    from tests import stage
    from tests.messaging import scenes
    from umkm_portal.messaging import services

    campaign = scenes.make_running(NAIVE_WARM_UP + rows)
    services.pause_campaign(campaign, reason="bench", actor=None)
    ids = list(campaign.deliveries.order_by("pk").values_list("pk", flat=True))
    env = {**os.environ, "CELERY_AS_IT_COMES": "1"}
    with stage.worker("bulk", processes=PROCESSES, env=env, log_path=folder / "tasks.log"):
        queue_tasks(ids[:NAIVE_WARM_UP])
        wait_for_rows(campaign, NAIVE_WARM_UP)
        began = time.monotonic()
        queue_tasks(ids[NAIVE_WARM_UP:])
        wait_for_rows(campaign, len(ids))
        seconds = time.monotonic() - began
    campaign.deliveries.all().delete()
    campaign.batches.all().delete()
    services.cancel_campaign(campaign, actor=None, now=timezone.now())
    return seconds


def queue_tasks(ids):
    from tests.celery_app import send_plainly

    for pk in ids:
        send_plainly.delay(delivery_id=pk)


def wait_for_rows(campaign, count):
    """The tasks keep no counters: their rows are looked at."""
    from tests import stage

    sent = campaign.deliveries.filter(state="accepted")
    stage.wait_until(lambda: sent.count() == count, seconds=LONGEST_SECONDS, step=0.1)


def measure_expansion(rows):
    os.environ["BULK_PER_WEEK"] = "0"
    prepare_database()
    rounds, alone = [], []
    for _ in range(ALONE_ROUNDS):
        rounds.append(time_expansion(rows))
        alone.append(time_expansion(rows, processes=1))
    one = told_of_expansion(alone)
    job = {**told_of_expansion(rounds), "alone": one["ratio"], "alone_ratios": one["ratios"]}
    return {"rows": rows, "expansion": job}


def time_expansion(rows, *, processes=PROCESSES):
    """(seconds, seconds of the bare statement before, and after)."""
    from django.db import connection
    from django.utils import timezone

    from tests.messaging import scenes
    from umkm_portal.messaging import nudges, services

    campaign = scenes.make_campaign(rows)
    before = time_bare(campaign)
    nudges._silent_until = float("inf")  # nobody is to send them
    services.start_campaign(campaign, now=timezone.now())
    connection.close()  # not for the processes that are forked now
    begins = multiprocessing.get_context("fork").Barrier(processes + 1)
    workers = [fork(expand, campaign, begins) for _ in range(processes)]
    begins.wait()
    began = time.monotonic()
    for pid in workers:
        assert os.waitpid(pid, 0)[1] == 0
    seconds = time.monotonic() - began
    nudges._silent_until = 0.0
    campaign.refresh_from_db()
    assert (campaign.state, campaign.deliveries.count()) == ("running", rows)
    services.cancel_campaign(campaign, actor=None, now=timezone.now())
    return seconds, before, time_bare(campaign)


def fork(act, *arguments):
    """The id of a process that does it and ends, with 0 if nothing went wrong."""
    if pid := os.fork():
        return pid
    try:
        act(*arguments)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def expand(campaign, begins):
    """As a worker does, whose connection is there already."""
    from django.db import connection
    from django.utils import timezone

    from umkm_portal.messaging import services

    connection.ensure_connection()
    begins.wait()
    services.expand_campaign(campaign, now=timezone.now())


def time_bare(campaign):
    from django.db import connection

    from tests.messaging import scenes

    people = scenes.EXPANSION.replace("SELECT m.", "SELECT m.position, m.", 1)
    values = {"campaign": campaign.pk, "first": 1, "last": campaign.audience_count}
    with connection.cursor() as cursor:
        cursor.execute(BARE_TABLE)
        began = time.monotonic()
        cursor.execute(BARE.replace("{people}", people), values)
        seconds = time.monotonic() - began
        cursor.execute("DROP TABLE bare")
    return seconds


def told_of_expansion(rounds):
    return {**_report.of_rounds(rounds), "peak_rss_mb": round(_memory.highest_mb(os.getpid()))}


def time_campaign(rows, sink, folder):
    """(seconds, of the C client or None, of smtplib, mb at a tenth, mb at the end, of a tenth)."""
    from tests import stage

    env, log_path = dict(os.environ), folder / "campaign.log"
    with stage.worker("bulk", processes=PROCESSES, env=env, log_path=log_path) as worker:
        run(min(rows, WARM_UP))
        content = message()
        count = max(PROCESSES, min(rows, 100_000))
        client = _smtp.seconds_of_c_client(sink, count, len(content), sessions=SESSIONS)
        plain = _smtp.seconds_of_smtplib(sink, count // 4, content, sessions=PROCESSES)
        few, _ = run(max(1, rows // 10))
        early = max(map(_memory.highest_mb, worker.children()))
        seconds, campaign = run(rows)
        late = max(map(_memory.highest_mb, worker.children()))
    check(campaign, rows)
    share = rows / count
    return seconds, client and client * share, 4 * plain * share, early, late, few


def run(rows):
    """(seconds, campaign) from the start to the end that the workers wrote."""
    from django.utils import timezone

    from tests import stage
    from tests.messaging import scenes
    from umkm_portal.messaging import services
    from umkm_portal.messaging.models import Campaign

    campaign = scenes.make_campaign(rows)
    began = time.monotonic()
    services.start_campaign(campaign, now=timezone.now())
    done = Campaign.objects.filter(pk=campaign.pk, state="done")
    stage.wait_until(done.exists, seconds=LONGEST_SECONDS, step=0.05)
    return time.monotonic() - began, campaign


def message():
    """One of the mails, as text."""
    from uuid import uuid4

    from tests.messaging import scenes
    from umkm_portal.messaging.sending.mailmerge import MailMerge, Recipient

    subject, body = scenes.BULK.wording["email"]
    merge = MailMerge(subject=subject, body=body, shared={"judul": "Foto Produk"}, is_bulk=True)
    values = {"nama": "Orang 1"}
    return merge.fill(Recipient(uuid4(), "orang1@contoh.example", values)).decode()


def told_of_sending(rows, rounds):
    """`limit_seconds` are those of the C client, where there is one, else of smtplib."""
    seconds, clients, plains, early, late, _ = zip(*rounds, strict=True)
    middle = statistics.median(seconds)
    plain = statistics.median(plains)
    limit = statistics.median(clients) if None not in clients else plain
    told = {
        "seconds": round(middle, 2),
        "limit_seconds": round(limit, 2),
        "ratio": round(middle / limit, 2),
        "rows_per_second": round(rows / middle),
        "limit_rows_per_second": round(rows / limit),
        "share_of_smtplib": round(plain / middle, 2),
        "early_worker_mb": round(max(early)),
        "worker_mb": round(max(late)),
        "peak_rss_mb": round(max(late) * PROCESSES),
        "rounds": ROUNDS,
    }
    return told | ({"share": round(limit / middle, 2)} if None not in clients else {})


def check(campaign, rows):
    """A quick wrong answer is no answer."""
    from tests.messaging import scenes
    from umkm_portal.messaging import invariants

    problems = invariants.violations()
    if scenes.states(campaign) != {"accepted": rows} or problems:
        sys.exit("\n".join([str(scenes.states(campaign)), *problems]))


def time_page(rows):
    """Milliseconds of the live part while a campaign of so many runs, against one of a thousand."""
    from django.urls import reverse
    from django.utils import timezone

    from tests.messaging import scenes
    from umkm_portal.messaging import services

    clients = []
    for count in (SMALL, rows):
        campaign = scenes.make_running(count)
        half = campaign.batches.filter(number__lte=campaign.batches.count() // 2)
        services.deliver_due(campaign=campaign, seconds=1.0)
        assert half.exists()
        clients.append(reverse("admin:messaging_campaign_progress", args=[campaign.pk]))
    client = staff_client()
    times = {address: [] for address in clients}
    for _ in range(MANY_LOOKS):
        for address in clients:
            began = time.monotonic()
            assert client.get(address).status_code == 200
            times[address].append(time.monotonic() - began)
    small, large = (statistics.median(times[address]) for address in clients)
    for campaign in services_running():
        services.cancel_campaign(campaign, actor=None, now=timezone.now())
    return {
        "seconds": round(large, 4),
        "limit_seconds": round(small, 4),
        "ratio": round(large / small, 2),
        "peak_rss_mb": round(_memory.highest_mb(os.getpid())),
    }


def services_running():
    from umkm_portal.messaging.models import Campaign

    return Campaign.objects.filter(state__in=("running", "expanding"), is_standing=False)


def staff_client():
    from django.conf import settings
    from django.test import Client

    from tests.staff import make_user

    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(make_user("superuser"))
    return client


if __name__ == "__main__":
    main()
