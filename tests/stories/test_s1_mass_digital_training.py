"""S1: 370,000 people on the register; the active and willing are invited to learn selling online.

An officer segments the register, tells all of them that the training comes, and invites in rounds.
People answer through the links of their mails, at once, when they are nudged, or too late; who
gives a seat back is followed by who waits. In the end the council reads what the mails and the
seats say. Workers, broker, beat and mail server are real; only days pass quickly.

STORY_ROWS sets the size of the register: 600 unless said, 370000 as it was.
"""

import json
import os
import time
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from participants.models import Segment
from tests import stage
from tests.factories import CohortFactory, PartnerFactory, in_days
from tests.messaging import scenes
from tests.sink import RunningSink
from tests.staff import make_user
from tests.stories import clock, register
from tests.tables import load_lists
from trainings import tickets
from trainings.attendance.closing import PATIENCE, close_due
from trainings.models import Enrolment
from trainings.planning.readiness import open_cohort
from trainings.reminders.services import remind_due
from trainings.services import advance, rounds
from umkm_portal.messaging.models import Campaign, CampaignPlan, Channel, Delivery
from umkm_portal.reports.council.figures import figures_of
from umkm_portal.reports.council.periods import Period

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.timeout(3600)]
ROWS = int(os.environ.get("STORY_ROWS", "600"))
SEATS = max(ROWS // 200, 20)
PER_SEAT = 3
LONGEST = 1200
"""Seconds for any one thing that workers do."""
AT_ONCE, AFTER_NUDGE, TOO_LATE, NO, OTHER_DATE = (1, 2), (6,), (7,), (3, 4), (5,)
"""Who does what, of ten kinds of people; the others say nothing."""
State = Enrolment.State


@pytest.fixture
def officer(client):
    load_lists()
    client.user = make_user("head")
    client.force_login(client.user)
    return client


@pytest.fixture
def post(tmp_path, settings):
    """Two processes for campaigns, one for what is urgent, beat, and a mail server that logs."""
    links, log = tmp_path / "links", tmp_path / "celery.log"
    links.touch()
    options = ("--links", str(links), "--refuse", f"^{register.GONE}=550")
    account = scenes.let_fly()
    account.rate_per_second = account.burst = 100_000
    account.save()
    with RunningSink(tmp_path / "mails", options) as sink, stage.Broker(tmp_path) as broker:
        settings.EMAIL_URL, settings.DEMO = sink.url, False  # as the workers have it
        urls = {"redis_url": broker.url, "email_url": sink.url}
        env = stage.environment(**urls, SWEEP_SECONDS=0.5, PORTAL_PROCESSES=2)
        facts = {"env": env, "log_path": log}
        with (
            stage.worker("bulk", processes=2, **facts),
            stage.worker("urgent", processes=1, **facts),
            stage.beat(folder=tmp_path, **facts),
        ):
            yield Post(sink, links)


class Post:
    """What arrived: messages by kind and person, and the links in them."""

    def __init__(self, sink, links):
        self.sink, self.path = sink, links

    def arrived(self):
        """(kind of message, campaign, person, subject) by message."""
        ids = [message for _, _, message in self.sink.received()]
        assert len(ids) == len(set(ids)), "a message arrived twice"
        facts = ("public_id", "campaign__kind", "campaign_id", "recipient_key", "subject_id")
        known = {str(pk): tuple(row) for pk, *row in Delivery.objects.values_list(*facts)}
        return [known[message] for message in ids]

    def links(self, *, kind):
        """The link of the newest message of a kind by enrolment."""
        lines = [line.split(" ") for line in self.path.read_text().splitlines()]
        paths = dict(lines)
        rows = Delivery.objects.filter(campaign__kind=kind).order_by("pk")
        found = rows.values_list("subject_id", "public_id")
        return {pk: paths[str(message)] for pk, message in found if str(message) in paths}

    def wait(self):
        """Until everything is out that is due."""
        campaigns = Campaign.objects.filter(is_standing=False)
        open_ones = campaigns.exclude(state__in=(*Campaign.FINAL, "draft"))
        waiting = Delivery.objects.filter(state__in=Delivery.NON_FINAL)
        stage.wait_until(
            lambda: not open_ones.exists() and not waiting.exists(), seconds=LONGEST, step=0.2
        )


def test_the_active_and_willing_learn_to_sell_online(officer, post, client):
    with told("register"):
        register.fill(ROWS)
    willing, without, gone = register.segment(ROWS)

    # The officer finds them: active, willing, and free to be written to.
    with told("segment"):
        segment = make_segment(officer)
    assert segment.people_count == len(willing)

    # All of them hear that the training comes.
    with told("announcement"):
        announcement = announce(officer, segment)
        post.wait()
    heard = willing - without - gone
    assert keys(announcement.exclusions) == without
    assert {key for kind, _, key, _ in post.arrived() if kind == announcement.kind} == heard
    assert keys(announcement.deliveries.filter(state="failed_permanent")) == gone

    # The first round: three for each seat, the others wait for their turn, all are accounted for.
    cohort = open_places(officer.user)
    with told("first round"):
        first = invite(officer, cohort, segment)
        post.wait()
    assert first.size == PER_SEAT * SEATS
    everybody_is_somewhere(first, willing)

    # Some answer at once, some when they are reminded, and then nobody any more.
    with told("answers"):
        answer(client, post, cohort, kinds=AT_ONCE, say="ya")
        answer(client, post, cohort, kinds=NO, say="tidak", alasan="Jaga toko")
        answer(client, post, cohort, kinds=OTHER_DATE, say="jadwal-lain", alasan="Sabtu")
    unanswered = cohort.enrolments.filter(state=State.INVITED)
    reached = first.campaign.deliveries.filter(state="accepted")
    silent = keys(unanswered, "participant") & keys(reached)
    clock.let_pass(timedelta(hours=60))
    with told("nudge"):
        remind_due(now=timezone.now())
        post.wait()
    assert {key for kind, _, key, _ in post.arrived() if kind == "reminder_nudge"} == silent
    answer(client, post, cohort, kinds=AFTER_NUDGE, say="ya")
    cohort.refresh_from_db()
    assert 0 < cohort.free < SEATS

    # The deadline passes, and the next round goes out by itself, for the seats that are left.
    clock.let_pass(timedelta(hours=14))
    free = cohort.free
    with told("second round"):
        advance.advance_cohorts(now=timezone.now())
        post.wait()
    second = cohort.rounds.get(number=2)
    assert second.size == PER_SEAT * free
    assert not keys(first.enrolments, "participant") & keys(second.enrolments, "participant")
    everybody_is_somewhere(second, willing)

    # Who finds the mail too late is welcome, while there are seats, and then waits in line.
    answer(client, post, cohort, kinds=AT_ONCE, say="ya")
    answer(client, post, cohort, kinds=TOO_LATE, say="ya")
    cohort.refresh_from_db()
    waiting = list(cohort.enrolments.waiting())
    assert cohort.taken == SEATS
    assert waiting

    # Seats are given back: each is offered to the next in line, who takes it or lets it pass.
    given_back = list(cohort.enrolments.seated().order_by("arrival_no")[: len(waiting) // 2 or 1])
    pages = post.links(kind="invitation")
    for enrolment in given_back:
        press(client, pages[enrolment.pk], jawaban="batal", alasan="Sakit")
    post.wait()
    offered = list(cohort.enrolments.filter(state=State.OFFERED).order_by("arrival_no"))
    assert [row.pk for row in offered] == [row.pk for row in waiting[: len(given_back)]]
    offers = post.links(kind="offer")
    for enrolment in offered[1:]:
        press(client, offers[enrolment.pk], jawaban="ya")
    clock.let_pass(timedelta(hours=25))
    advance.advance_cohorts(now=timezone.now())
    post.wait()
    assert state_of(offered[0]) == State.EXPIRED
    assert {state_of(enrolment) for enrolment in offered[1:]} <= {State.CONFIRMED}

    # The day comes: tickets are scanned at the door, nine of ten are there.
    seated = hold_the_class(officer, cohort, post)

    # The council reads what the mail server and the seats say.
    cohort.refresh_from_db()
    year = timezone.localtime(cohort.starts_at).year
    line = figures_of(Period(year).window, now=timezone.now()).total
    invited = {key for kind, _, key, _ in post.arrived() if kind == "invitation"}
    enrolled = set(cohort.enrolments.values_list("participant", flat=True))
    assert invited <= enrolled
    assert enrolled - invited <= without | gone
    came = cohort.enrolments.filter(state=State.COMPLETED).count()
    assert line.counts.people[0] == len(enrolled)
    assert line.counts.people[2] == came == seated - seated // 10
    with told("report"):
        page = officer.get(f"/admin/laporan/?tahun={year}").content.decode()
    assert f"{came:,}".replace(",", ".") in page

    # Nobody twice, nobody missed, no seat too many, and all books balance.
    for kind, times in how_often(post.arrived()).items():
        assert times == 1, kind
    states = dict(Delivery.objects.values_list("state").annotate(Count("pk")))
    assert set(states) <= {"accepted", "failed_permanent", "cancelled", "suppressed"}
    assert states["accepted"] == len(post.arrived())
    cohort.refresh_from_db()
    assert cohort.taken == cohort.enrolments.seated().count() <= SEATS
    with told("invariants"):
        call_command("check_invariants")


class told:
    """`with told("what"):` writes to STORY_TIMES how many seconds it took."""

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.began = time.monotonic()

    def __exit__(self, *failure):
        if path := os.environ.get("STORY_TIMES"):
            with open(path, "a") as file:
                seconds = round(time.monotonic() - self.began, 2)
                file.write(json.dumps({"rows": ROWS, "job": self.what, "seconds": seconds}) + "\n")


def keys(rows, name="recipient_key"):
    return set(rows.values_list(name, flat=True))


def make_segment(officer):
    rules = {"name": "Aktif dan bersedia", "aktif": "ya", "bersedia": "ya"}
    address = reverse("admin:participants_segment_add")
    counted = officer.post(address, {**rules, "hitung": "ya"}).context["count"]
    saved = officer.post(address, {**rules, "simpan": "ya"})
    assert saved.status_code == 302
    segment = Segment.objects.get()
    assert segment.people_count == counted
    return segment


def announce(officer, segment):
    """Through the five steps of the desk; the minute in which it can be taken back passes."""
    facts = {"purpose": "announcement", "title": "Belajar berjualan lewat siaran langsung"}
    officer.post(reverse("admin:messaging_campaign_add"), facts)
    plan = CampaignPlan.objects.get()
    typed = {
        "penerima": {"segment": [segment.slug]},
        "pesan": {
            **{"saluran": [Channel.EMAIL], "pertama": Channel.EMAIL},
            "subject_email": "Pelatihan siaran langsung segera dibuka",
            "body_email": "Yth. Bapak/Ibu {nama}, undangan menyusul bertahap. {berhenti}",
        },
        "jadwal": {"ignores_hours": "on"},
    }
    for step, values in typed.items():
        address = reverse("admin:messaging_campaign_desk", args=[plan.campaign_id, step])
        plan.refresh_from_db()
        done = officer.post(address, {**values, "revision": plan.revision})
        assert done.status_code == 302, done.context["problems"]
    plan.refresh_from_db()
    send = reverse("admin:messaging_campaign_desk_press", args=[plan.campaign_id, "kirim"])
    done = officer.post(send, {"revision": plan.revision}, follow=True)
    campaign = Campaign.objects.get(pk=plan.campaign_id)
    assert campaign.state == Campaign.State.APPROVED, done.content.decode()
    clock.let_pass(timedelta(minutes=2))
    return campaign


def open_places(user):
    """A class of TikTok's in three weeks, opened with a reason: its money comes from elsewhere."""
    tiktok = PartnerFactory(organisation__slug="tiktok", organisation__short_name="TikTok")
    cohort = CohortFactory(
        **{"code": "siaran-1", "number": 1, "state": "draft", "seats": SEATS, "seed": "s" * 32},
        training__title="Berjualan lewat siaran langsung",
        training__provider=tiktok.organisation,
        people_per_seat=PER_SEAT,
        starts_at=in_days(21),
    )
    return open_cohort(cohort, by=user, now=timezone.now(), override_reason="Dibiayai TikTok")


def invite(officer, cohort, segment):
    """From the page that says who would be invited and who not."""
    page = reverse("admin:trainings_cohort_invite", args=[cohort.pk])
    choice = {"segment": segment.slug, "any_hour": "on"}
    plan = officer.get(page, choice).context["plan"]
    done = officer.post(reverse("admin:trainings_cohort_approve", args=[cohort.pk]), choice)
    assert done.status_code == 302
    opened = cohort.rounds.select_related("campaign").get()
    assert (opened.size, rounds.exclusion_counts(opened)) == (plan.chosen, plan.excluded_by_reason)
    return opened


def everybody_is_somewhere(opened, people):
    """Each person of the segment got an invitation, or has one reason why not."""
    opened.campaign.refresh_from_db()
    assert opened.campaign.state == Campaign.State.DONE
    told_people = Counter(opened.campaign.deliveries.values_list("recipient_key", flat=True))
    reasons = Counter(opened.campaign.exclusions.values_list("recipient_key", flat=True))
    assert set((told_people + reasons).values()) == {1}
    assert set(told_people) | set(reasons) == people
    by_rule = keys(opened.campaign.exclusions.filter(reason="no_channel"))
    assert set(told_people) | by_rule == keys(opened.enrolments, "participant")


def answer(client, post, cohort, *, kinds, say, **more):
    """The people of these kinds press a button of the page behind their link."""
    pages = post.links(kind="invitation")
    open_ones = (State.INVITED, State.EXPIRED)
    rows = enumerate(cohort.enrolments.order_by("pk").values_list("pk", "state"))
    mine = [pk for number, (pk, state) in rows if number % 10 in kinds and state in open_ones]
    asked = [pages[pk] for pk in mine if pk in pages]
    assert "Berjualan lewat siaran langsung" in client.get(asked[0]).content.decode()
    for page in asked:
        press(client, page, jawaban=say, **more)


def press(client, page, **values):
    done = client.post(page, values)
    assert done.status_code == 302, done.content.decode()


def state_of(enrolment):
    return Enrolment.objects.values_list("state", flat=True).get(pk=enrolment.pk)


def hold_the_class(officer, cohort, post):
    """Three reminders for everybody, nine of ten are scanned, the night closes the books."""
    for hours, kind in ((156, "reminder_early"), (15, "reminder_day"), (1, "reminder_hours")):
        cohort.refresh_from_db()
        clock.let_pass(cohort.starts_at - timezone.now() - timedelta(hours=hours))
        advance.advance_cohorts(now=timezone.now())
        remind_due(now=timezone.now())
        post.wait()
        reminded = {key for told_as, _, key, _ in post.arrived() if told_as == kind}
        assert reminded == keys(cohort.enrolments.seated(), "participant")
    rows = list(cohort.enrolments.seated().order_by("arrival_no"))
    with told("scans"):
        scan(officer, cohort, [row for number, row in enumerate(rows, 1) if number % 10])
    cohort.refresh_from_db()
    clock.let_pass(cohort.ends_at - timezone.now() + PATIENCE + timedelta(minutes=1))
    with told("closing"):
        assert close_due(now=timezone.now()) == 1
    return len(rows)


def scan(officer, cohort, people):
    """As the phone at the door does: some codes at a time."""
    door = reverse("trainings:door_marks", args=[cohort.sessions.get().pk])
    for start in range(0, len(people), 50):
        at = timezone.now().timestamp() * 1000
        marks = [
            {"key": str(uuid4()), "kind": "in", "via": "scan", "at": at, "read": ticket}
            for ticket in map(tickets.ticket_url, people[start : start + 50])
        ]
        body = {"sent_at": at, "marks": marks}
        done = officer.post(door, json.dumps(body), content_type="application/json")
        assert {result["tone"] for result in done.json()["results"]} == {"green"}


def how_often(arrived):
    """The most messages of one kind that one person got about one subject, by kind."""
    times = Counter((kind, campaign, person) for kind, campaign, person, _ in arrived)
    most = Counter()
    for (kind, *_), count in times.items():
        most[kind] = max(most[kind], count)
    return most
