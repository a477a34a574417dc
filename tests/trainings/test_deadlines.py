from datetime import datetime, timedelta

import pytest

from tests.factories import CohortFactory, ParticipantFactory, UserFactory
from trainings.models import Cohort, Enrolment
from trainings.services import advance, printed, rounds
from trainings.services.deadlines import answer_deadline
from umkm_portal.common.dates import JAKARTA
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign, Channel, Delivery, Suppression
from umkm_portal.messaging.services import campaigns

pytestmark = pytest.mark.django_db

MONDAY = datetime(2031, 6, 9, 10, tzinfo=JAKARTA)
HOURS = timedelta(hours=24)


@pytest.fixture(autouse=True)
def no_demo(settings):
    """The practice portal writes to people at any hour."""
    settings.DEMO = False


def make_person(**facts):
    return ParticipantFactory(active_until=(MONDAY + timedelta(days=30)).date(), **facts)


def make_cohort(**facts):
    facts = {"starts_at": MONDAY + timedelta(days=10), "seats": 1, "answer_hours": 24, **facts}
    return CohortFactory(people_per_seat=1, session=None, **facts)


def open_round(cohort, **options):
    make_person()
    return rounds.open_round(cohort, actor=None, now=MONDAY, **options)


def deliver(opened, state, error=""):
    member = opened.campaign.audience.get()
    return Delivery.objects.create(
        campaign=opened.campaign,
        recipient_key=member.recipient_key,
        subject_id=member.subject_id,
        channel=Channel.EMAIL,
        state=state,
        error=error,
    )


def set_campaign(opened, state, finished_at=None):
    Campaign.objects.filter(pk=opened.campaign_id).update(state=state, finished_at=finished_at)


def facts(opened):
    opened.refresh_from_db()
    enrolment = opened.enrolments.get()
    return opened.deadline_at, enrolment.answer_by, enrolment.state


def listed(opened):
    return [(row.name, row.why) for sheet in printed.printable_list(opened) for row in sheet.rows]


@pytest.mark.parametrize(
    ("invited_at", "any_hour", "expected"),
    [
        (MONDAY, False, MONDAY + HOURS),
        (MONDAY.replace(hour=22), False, MONDAY.replace(day=11, hour=8)),
        (MONDAY.replace(hour=22), True, MONDAY.replace(day=10, hour=22)),
        (MONDAY - HOURS, False, MONDAY.replace(day=10, hour=8)),
    ],
    ids=["office-hours", "at-night", "at-night-any-hour", "on-sunday"],
)
def test_the_hours_count_from_the_next_opening(invited_at, any_hour, expected):
    cohort = make_cohort()

    assert answer_deadline(cohort, now=invited_at, any_hour=any_hour) == expected
    plan = rounds.plan_round(cohort, any_hour=any_hour, now=invited_at)
    assert plan.deadline_at == expected


def test_the_demo_counts_at_once(settings):
    settings.DEMO = True
    night = MONDAY.replace(hour=22)

    assert answer_deadline(make_cohort(), now=night) == night + HOURS


def test_the_hours_count_from_the_opening_of_registration():
    opens = MONDAY + timedelta(days=2)
    cohort = make_cohort(opens_at=opens)

    opened = open_round(cohort)

    assert opened.deadline_at == opens + HOURS
    assert opened.campaign.not_before == opens


@pytest.mark.parametrize(
    "state", [Campaign.State.PAUSED, Campaign.State.RUNNING, Campaign.State.APPROVED]
)
def test_nobody_expires_while_messages_are_under_way(state):
    opened = open_round(make_cohort())
    set_campaign(opened, state)
    late = MONDAY + timedelta(days=3)

    advance.advance_cohorts(now=late)

    assert facts(opened) == (late + HOURS, late + HOURS, "invited")
    assert opened.closed_at is None
    assert opened.cohort.rounds.count() == 1


def test_a_paused_campaign_may_go_on_after_its_first_deadline():
    opened = open_round(make_cohort())
    set_campaign(opened, Campaign.State.PAUSED)

    assert campaigns.end_overdue(now=MONDAY + timedelta(days=5)) == 0
    assert campaigns.end_overdue(now=opened.cohort.starts_at) == 1


def test_the_deadline_follows_the_last_message():
    opened = open_round(make_cohort())
    deliver(opened, Delivery.State.ACCEPTED)
    finished = MONDAY + timedelta(hours=20)
    set_campaign(opened, Campaign.State.DONE, finished)

    advance.advance_cohorts(now=MONDAY + timedelta(hours=25))
    assert facts(opened) == (finished + HOURS, finished + HOURS, "invited")

    advance.advance_cohorts(now=finished + HOURS)
    assert facts(opened)[2] == "expired"
    assert opened.closed_at is not None


def test_a_campaign_that_ended_this_moment_leaves_its_hours_even_without_a_move():
    opened = open_round(make_cohort())
    deliver(opened, Delivery.State.ACCEPTED)
    late = MONDAY + timedelta(days=3)
    set_campaign(opened, Campaign.State.DONE, late)

    assert advance.expire_unanswered(opened.cohort_id, now=late) == 0


def test_a_deadline_never_passes_the_class_and_never_comes_nearer():
    cohort = make_cohort(closes_at=MONDAY + timedelta(hours=30))
    opened = open_round(cohort)
    deliver(opened, Delivery.State.ACCEPTED)
    set_campaign(opened, Campaign.State.DONE, MONDAY + timedelta(hours=20))
    answered_later = MONDAY + timedelta(hours=29)

    advance.advance_cohorts(now=MONDAY + timedelta(hours=21))
    assert facts(opened)[:2] == (cohort.closes_at, cohort.closes_at)

    Cohort.objects.update(answer_hours=1)
    advance.advance_cohorts(now=answered_later)
    assert facts(opened) == (cohort.closes_at, cohort.closes_at, "invited")


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (Delivery.State.FAILED_PERMANENT, "Pesan gagal terkirim"),
        (Delivery.State.SUPPRESSED, "Alamatnya tidak dapat dipakai"),
        (Delivery.State.CANCELLED, "Pesan batal dikirim"),
        (None, "Pesan tidak sempat disiapkan"),
    ],
)
def test_people_whom_no_message_reached_stay_on_the_list_until_registration_ends(state, why):
    opened = open_round(make_cohort())
    if state:
        deliver(opened, state)
    set_campaign(opened, Campaign.State.CANCELLED, MONDAY)
    starts = opened.cohort.starts_at
    name = opened.enrolments.get().participant.full_name

    advance.advance_cohorts(now=MONDAY + HOURS)

    assert facts(opened)[1:] == (starts, "invited")
    assert opened.closed_at is not None
    assert listed(opened) == [(name, why)]

    advance.advance_cohorts(now=starts)
    enrolment = opened.enrolments.get()
    assert enrolment.state == "expired"
    assert "Tidak terjangkau" in enrolment.events.order_by("pk").last().note


def test_people_without_an_address_do_not_expire_with_the_others():
    cohort = make_cohort()
    person = make_person(email="")
    opened = rounds.open_round(cohort, actor=None, now=MONDAY)
    set_campaign(opened, Campaign.State.DONE, MONDAY)

    advance.advance_cohorts(now=MONDAY + HOURS)

    assert facts(opened)[1:] == (cohort.starts_at, "invited")
    assert listed(opened) == [(person.full_name, printed.NO_CHANNEL)]


def test_whoever_opted_out_is_not_listed():
    opened = open_round(make_cohort())
    deliver(opened, Delivery.State.SUPPRESSED, error="opt_out")
    set_campaign(opened, Campaign.State.DONE, MONDAY)
    messaging.suppress(
        channel=Channel.EMAIL,
        address=opened.enrolments.get().participant.email,
        purpose="bulk",
        reason=Suppression.Reason.OPT_OUT,
        now=MONDAY,
    )

    advance.advance_cohorts(now=MONDAY + HOURS)

    assert listed(opened) == []
    assert facts(opened)[2] == "expired"


def test_a_person_told_by_hand_has_the_same_hours_as_the_others():
    cohort = make_cohort()
    make_person(email="")
    opened = rounds.open_round(cohort, actor=None, now=MONDAY)
    told_at = MONDAY + timedelta(hours=23)

    printed.mark_told(opened.enrolments.get(), actor=UserFactory(is_staff=True), now=told_at)

    assert Enrolment.objects.get().answer_by == told_at + HOURS
