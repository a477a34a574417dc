from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from participants.models import Participant
from tests.factories import (
    BusinessFactory,
    CohortFactory,
    EnrolmentFactory,
    ParticipantFactory,
    RegionFactory,
    SectorFactory,
    UserFactory,
    in_days,
)
from trainings.models import Cohort, Enrolment, InvitationRound
from trainings.services import advance, answers, rounds, segments, selection
from umkm_portal.messaging.models import Campaign, Channel, Delivery, Suppression
from umkm_portal.messaging.services import report, suppress

pytestmark = pytest.mark.django_db
CITIES = ["31.71", "31.72", "31.73", "31.74", "31.75"]


@pytest.fixture
def now():
    return timezone.now()


def region_of(city):
    return RegionFactory(code=f"{city}.98.1001")


def open_round(cohort, now, **options):
    return rounds.open_round(cohort, actor=None, now=now, any_hour=True, **options)


def finish(opened, *, at, told=True):
    """All messages of a round have left at this moment."""
    if told:
        Delivery.objects.bulk_create(
            Delivery(
                campaign=opened.campaign,
                recipient_key=member.recipient_key,
                subject_id=member.subject_id,
                channel=Channel.EMAIL,
                state=Delivery.State.ACCEPTED,
            )
            for member in opened.campaign.audience.all()
        )
    Campaign.objects.filter(pk=opened.campaign_id).update(state=Campaign.State.DONE, finished_at=at)


def invited(opened):
    return set(opened.enrolments.values_list("participant_id", flat=True))


def reasons(opened):
    rows = opened.campaign.exclusions.values_list("recipient_key", "reason")
    return dict(rows)


def test_a_round_invites_three_people_for_each_free_seat(now):
    cohort = CohortFactory(seats=2, people_per_seat=3, answer_hours=72)
    ParticipantFactory.create_batch(10)

    opened = open_round(cohort, now)

    assert (opened.number, opened.size) == (1, 6)
    assert opened.deadline_at == now + timedelta(hours=72)
    enrolments = opened.enrolments.all()
    assert {e.state for e in enrolments} == {"invited"}
    assert {e.answer_by for e in enrolments} == {opened.deadline_at}
    assert Counter(reasons(opened).values()) == {"not_this_round": 4}
    assert all(e.events.get().to_state == "invited" for e in enrolments)


def test_the_campaign_of_a_round_holds_exactly_its_people_and_runs(now):
    cohort = CohortFactory(seats=1)
    ParticipantFactory.create_batch(5)

    opened = open_round(cohort, now)

    campaign = Campaign.objects.get(pk=opened.campaign_id)
    members = campaign.audience.order_by("position")
    assert [m.position for m in members] == [1, 2, 3]
    assert {(m.recipient_key, m.subject_id) for m in members} == set(
        opened.enrolments.values_list("participant_id", "pk")
    )
    assert (campaign.state, campaign.kind) == (Campaign.State.EXPANDING, "invitation")
    assert campaign.not_after == cohort.starts_at
    assert (report(campaign)["audience"], report(campaign)["excluded"]) == (3, 2)


def test_everybody_left_out_is_named_with_the_reason(now):
    region = RegionFactory()
    cohort = CohortFactory(seats=50, eligibility=Cohort.Eligibility.JAKARTA_RESIDENT)
    bandung = RegionFactory(code="32.73")
    people = {
        "": ParticipantFactory(),
        "not_active": ParticipantFactory(active_until=timezone.localdate(now) - timedelta(days=1)),
        "not_willing": ParticipantFactory(is_willing=False),
        "not_eligible": ParticipantFactory(region=bandung),
        "already_invited": EnrolmentFactory(cohort=cohort).participant,
        "opted_out": ParticipantFactory(email="Berhenti@Contoh.example"),
        "no_channel": ParticipantFactory(email=""),
    }
    seated = EnrolmentFactory(cohort=CohortFactory(training=cohort.training))
    answers.accept(seated, now=now, via="tautan")
    people["already_seated"] = seated.participant
    ParticipantFactory(region=region, status=Participant.Status.ANONYMISED)
    suppress(
        channel=Channel.EMAIL,
        address="berhenti@contoh.example",
        purpose="bulk",
        reason=Suppression.Reason.OPT_OUT,
        now=now,
    )

    plan = rounds.plan_round(cohort, now=now)
    opened = open_round(cohort, now)

    expected = {person.pk: reason for reason, person in people.items() if reason}
    assert reasons(opened) == expected
    assert plan.excluded_by_reason == dict.fromkeys(expected.values(), 1)
    assert invited(opened) == {people[""].pk, people["no_channel"].pk}
    assert [m.recipient_key for m in opened.campaign.audience.all()] == [people[""].pk]
    assert (plan.chosen, plan.reachable) == (2, 1)
    assert {g.reason: g.samples[0].name for g in plan.exclusions} == {
        reason: person.full_name for reason, person in people.items() if reason
    }


def test_a_bounced_address_is_no_channel_and_stays_invited(now):
    cohort = CohortFactory(seats=1)
    person = ParticipantFactory()
    suppress(
        channel=Channel.EMAIL,
        address=person.email,
        purpose=Suppression.EVERYTHING,
        reason=Suppression.Reason.HARD_BOUNCE,
        now=now,
    )

    opened = open_round(cohort, now)

    assert invited(opened) == {person.pk}
    assert reasons(opened) == {person.pk: "no_channel"}


def test_planning_writes_nothing(now):
    cohort = CohortFactory()
    ParticipantFactory.create_batch(3)

    plan = rounds.plan_round(cohort, now=now)

    assert (plan.chosen, plan.free_seats, plan.size) == (3, 10, 30)
    assert not Enrolment.objects.exists()
    assert not Campaign.objects.exists()
    assert not InvitationRound.objects.exists()


def test_a_plan_is_what_the_round_then_does(now):
    cohort = CohortFactory(seats=2)
    ParticipantFactory.create_batch(20)

    plan = rounds.plan_round(cohort, now=now)
    opened = open_round(cohort, now)

    assert plan.chosen == opened.size
    assert plan.excluded == opened.campaign.excluded_count
    assert rounds.exclusion_counts(opened) == plan.excluded_by_reason


def test_the_longest_unserved_go_first(now):
    region = RegionFactory()
    today = timezone.localdate(now)
    served = [today - timedelta(days=days) for days in (10, 400, 30)]
    people = [ParticipantFactory(region=region, last_served_on=day) for day in served]
    never = ParticipantFactory(region=region)
    cohort = CohortFactory(seats=2, people_per_seat=1)

    opened = open_round(cohort, now)

    assert invited(opened) == {never.pk, people[1].pk}


def test_a_round_is_spread_over_the_cities(now):
    for city, count in zip(CITIES, (40, 3, 10, 1, 20), strict=True):
        ParticipantFactory.create_batch(count, region=region_of(city))
    cohort = CohortFactory(seats=5, people_per_seat=3)

    plan = rounds.plan_round(cohort, now=now)

    counts = {city.code: city.count for city in plan.by_city}
    assert (counts["31.74"], counts["31.72"]) == (1, 3)
    assert sorted(counts[city] for city in ("31.71", "31.73", "31.75")) == [3, 4, 4]


def test_the_same_seed_chooses_the_same_people(now):
    region = RegionFactory()
    ParticipantFactory.create_batch(30, region=region)
    first, same = (CohortFactory(seats=2, seed="a" * 32) for _ in range(2))
    other = CohortFactory(seats=2, seed="b" * 32)

    chosen = [invited(open_round(cohort, now)) for cohort in (first, same, other)]

    assert chosen[0] == chosen[1]
    assert chosen[0] != chosen[2]


def test_the_lots_of_the_database_are_the_hmac_of_python(now):
    region = RegionFactory()
    people = ParticipantFactory.create_batch(12, region=region)
    cohort = CohortFactory(seats=4, people_per_seat=1)

    opened = open_round(cohort, now)

    by_lot = sorted(people, key=lambda person: selection.lot(cohort.seed, person.pk))
    assert invited(opened) == {person.pk for person in by_lot[:4]}


def test_nobody_is_invited_twice_by_a_second_round(now):
    cohort = CohortFactory(seats=2, people_per_seat=1)
    ParticipantFactory.create_batch(5)

    first, second = open_round(cohort, now), open_round(cohort, now)

    assert not invited(first) & invited(second)
    assert (second.number, second.size) == (2, 2)
    assert Counter(reasons(second).values()) == {"already_invited": 2, "not_this_round": 1}


def test_everyone_skips_the_rounds(now):
    cohort = CohortFactory(seats=1)
    ParticipantFactory.create_batch(8)

    opened = open_round(cohort, now, everyone=True)

    assert (opened.size, opened.is_everyone) == (8, True)
    assert opened.deadline_at == cohort.starts_at


@pytest.mark.parametrize(
    "facts",
    [
        {"state": Cohort.State.DRAFT},
        {"seats": 0},
        {"starts_at": in_days(-1), "ends_at": in_days(1)},
        {"closes_at": in_days(-1)},
    ],
)
def test_a_round_that_makes_no_sense_is_refused(now, facts):
    cohort = CohortFactory(**facts)
    ParticipantFactory()

    with pytest.raises(rounds.RoundRefused):
        open_round(cohort, now)

    assert not InvitationRound.objects.exists()


def test_a_round_without_people_is_refused_and_leaves_nothing(now):
    with pytest.raises(rounds.NobodyLeft):
        open_round(CohortFactory(), now)

    assert not Campaign.objects.exists()


def test_segments_narrow_the_people(now):
    central, bandung = region_of("31.71"), RegionFactory(code="32.73", short_name="Bandung")
    RegionFactory(code="31.71", level="city", short_name="Jakarta Pusat")
    food = SectorFactory(slug="makanan")
    trader = ParticipantFactory(region=central)
    BusinessFactory(participant=trader, market="Pasar Tanah Abang", sector=None)
    cook = ParticipantFactory(region=bandung)
    BusinessFactory(participant=cook, sector=food)
    cohort = CohortFactory()

    sizes = {
        slug: rounds.plan_round(cohort, segment=slug, now=now).chosen
        for slug in ("aktif-bersedia", "jakarta", "pasar", "jakarta-pusat", "makanan")
    }
    assert sizes == {
        "aktif-bersedia": 2,
        "jakarta": 1,
        "pasar": 1,
        "jakarta-pusat": 1,
        "makanan": 1,
    }
    assert invited(open_round(cohort, now, segment="pasar")) == {trader.pk}


def test_an_unknown_segment_names_the_known_ones(now):
    with pytest.raises(segments.UnknownSegment, match="aktif-bersedia, jakarta, pasar"):
        rounds.plan_round(CohortFactory(), segment="tidak-ada", now=now)


def test_a_jakarta_business_counts_where_it_stands_else_where_its_owner_lives(now):
    bandung, central = RegionFactory(code="32.73"), region_of("31.71")
    cohort = CohortFactory(eligibility=Cohort.Eligibility.JAKARTA_BUSINESS)
    in_jakarta = BusinessFactory(participant__region=bandung, region=central).participant
    outside = BusinessFactory(participant__region=central, region=bandung).participant
    unknown = BusinessFactory(participant__region=central, region=None).participant
    without = ParticipantFactory(region=central)

    opened = open_round(cohort, now)

    assert invited(opened) == {in_jakarta.pk, unknown.pk}
    assert reasons(opened) == {outside.pk: "not_eligible", without.pk: "not_eligible"}


def test_the_next_round_starts_by_itself_when_the_deadline_has_passed(now):
    cohort = CohortFactory(seats=1, people_per_seat=1, answer_hours=24)
    ParticipantFactory.create_batch(3)
    first = open_round(cohort, now)
    finish(first, at=now)

    advance.advance_cohorts(now=now + timedelta(hours=23))
    assert cohort.rounds.count() == 1
    advance.advance_cohorts(now=now + timedelta(hours=24))

    first.refresh_from_db()
    assert first.closed_at is not None
    assert [e.state for e in first.enrolments.all()] == ["expired"]
    assert [r.size for r in cohort.rounds.order_by("number")] == [1, 1]


def test_the_next_round_starts_as_soon_as_all_have_answered(now):
    cohort = CohortFactory(seats=1, people_per_seat=1)
    ParticipantFactory.create_batch(3)
    first = open_round(cohort, now)
    answers.decline(first.enrolments.get(), reason="", now=now, via="tautan")

    advance.advance_cohorts(now=now)

    assert cohort.rounds.count() == 2


def test_no_further_round_once_all_seats_are_taken(now):
    cohort = CohortFactory(seats=1, people_per_seat=1)
    ParticipantFactory.create_batch(3)
    first = open_round(cohort, now)
    answers.accept(first.enrolments.get(), now=now, via="tautan")

    advance.advance_cohorts(now=now + timedelta(hours=100))

    assert cohort.rounds.count() == 1


@pytest.mark.parametrize("stopped", [Campaign.State.PAUSED, Campaign.State.CANCELLED])
def test_no_further_round_after_staff_stopped_the_last(now, stopped):
    cohort = CohortFactory(seats=1, people_per_seat=1)
    ParticipantFactory.create_batch(3)
    first = open_round(cohort, now)
    Campaign.objects.filter(pk=first.campaign_id).update(state=stopped)

    advance.advance_cohorts(now=now + timedelta(hours=100))

    assert cohort.rounds.count() == 1


def test_no_round_starts_by_itself_where_staff_switched_that_off_or_opened_none(now):
    manual = CohortFactory(seats=1, people_per_seat=1, auto_rounds=False)
    untouched = CohortFactory()
    ParticipantFactory.create_batch(3)
    open_round(manual, now)

    advance.advance_cohorts(now=now + timedelta(hours=100))

    assert (manual.rounds.count(), untouched.rounds.count()) == (1, 0)


def test_a_closed_round_keeps_its_counts_and_drops_its_bulky_rows(now):
    cohort = CohortFactory(seats=1, people_per_seat=1)
    ParticipantFactory.create_batch(3)
    no_channel = ParticipantFactory(email="", last_served_on="2020-01-01")
    ParticipantFactory(is_willing=False)
    first = open_round(cohort, now)
    counts = rounds.exclusion_counts(first)

    rounds.close_round(first, now=now)

    assert counts == {"not_willing": 1, "not_this_round": 3}
    assert rounds.exclusion_counts(InvitationRound.objects.get()) == counts
    assert reasons(first) == {}
    assert no_channel.pk not in invited(first)


def test_the_register_is_not_searched_again_and_again_when_nobody_is_left(
    now,
):
    cohort = CohortFactory(seats=5, people_per_seat=1, answer_hours=1)
    ParticipantFactory()
    opened = open_round(cohort, now)
    finish(opened, at=now)
    later = now + timedelta(hours=2)
    advance.advance_cohorts(now=later)
    opened.refresh_from_db()

    assert opened.next_check_at == later + advance.LOOK_AGAIN
    newcomer = ParticipantFactory()
    advance.advance_cohorts(now=later + timedelta(minutes=1))
    assert cohort.rounds.count() == 1
    advance.advance_cohorts(now=later + advance.LOOK_AGAIN)
    assert invited(cohort.rounds.get(number=2)) == {newcomer.pk}


def test_a_round_takes_the_same_number_of_queries_for_any_number_of_people(
    now, django_assert_max_num_queries
):
    actor = UserFactory(is_staff=True)
    used = []

    for count in (1, 1, 30):
        ParticipantFactory.create_batch(count)
        with django_assert_max_num_queries(80) as queries:
            rounds.open_round(CohortFactory(seats=10), actor=actor, now=now)
        used.append(len(queries))

    assert used[1] == used[2]


def test_a_round_says_why_each_person_was_or_was_not_in_it(now):
    cohort = CohortFactory(seats=1, people_per_seat=1)
    unwilling = ParticipantFactory(is_willing=False)
    chosen = ParticipantFactory()
    opened = open_round(cohort, now)

    assert rounds.why_not(opened, participant_id=unwilling.pk) == "Belum bersedia dilatih"
    assert rounds.why_not(opened, participant_id=chosen.pk) == "Diundang pada putaran ini"


def test_stale_offers_pass_on_by_themselves(now):
    cohort = CohortFactory(seats=1, offer_hours=2)
    seated, first, second = (EnrolmentFactory(cohort=cohort) for _ in range(3))
    for enrolment in (seated, first, second):
        answers.accept(enrolment, now=now, via="tautan")
    answers.cancel(seated, now=now, via="tautan")

    advance.advance_cohorts(now=now + timedelta(hours=2))

    states = [Enrolment.objects.get(pk=e.pk).state for e in (seated, first, second)]
    assert states == ["cancelled", "expired", "offered"]
