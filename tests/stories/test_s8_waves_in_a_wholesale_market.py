"""S8: live-selling training for the traders of a wholesale market, in waves, with influencers.

Place, trainer and budget are coordinated first, and the schedule follows from them. One officer
does it in one sitting: a programme, one wave, its trainers' answers, and the other waves after it.
"""

from datetime import date, datetime, timedelta

import pytest

from tests.factories import (
    ProgrammeFactory,
    TrainerFactory,
    TrainingFactory,
    UserFactory,
    VenueFactory,
)
from trainings.models import BudgetLine, Cohort, Session, Trainer, Unavailability, Venue
from trainings.planning import clashes, money, waves
from trainings.planning.readiness import NotReady, open_cohort, readiness_of, readiness_of_many
from trainings.planning.trainers import fees_of, record_answers
from trainings.sessions import refresh_cohort_dates
from umkm_portal.common.dates import JAKARTA

pytestmark = [pytest.mark.django_db, pytest.mark.long]
NOW = datetime(2026, 11, 23, 9, tzinfo=JAKARTA)
WAVES, TRADERS = 6, 40
PER_WAVE = 9_800_000
"""Two influencers' sessions at 3.5 million each, and 70,000 of meals for each trader."""


def at(month, day, hour=9, year=2027):
    return datetime(year, month, day, hour, tzinfo=JAKARTA)


@pytest.fixture
def programme():
    return ProgrammeFactory(name="Siaran Langsung di Pasar", year=2027, budget=5 * PER_WAVE)


@pytest.fixture
def first_wave(programme):
    """A draft of two mornings in the market's hall, taught by an influencer who was asked."""
    training = TrainingFactory(
        programme=programme,
        slug="siaran-pasar",
        title="Berjualan lewat siaran langsung",
        audience="Pedagang pasar grosir",
        materials="Buku saku dan contoh naskah siaran",
    )
    hall = VenueFactory(name="Pasar Grosir lantai 4", capacity=TRADERS)
    influencer = TrainerFactory(
        **{"name": "Ratih", "kind": Trainer.Kind.INFLUENCER, "handle": "@ratihjualan"},
        **{"followers": 420_000, "fee_per_session": 3_500_000},
    )
    cohort = Cohort.objects.create(
        code="siaran-pasar-1",
        training=training,
        number=1,
        mode=Cohort.Mode.IN_PERSON,
        seats=TRADERS,
        closes_at=at(1, 17),
    )
    for day in (18, 20):
        session = Session.objects.create(
            cohort=cohort, venue=hall, starts_at=at(1, day), ends_at=at(1, day, 12)
        )
        session.trainers.add(influencer)
    refresh_cohort_dates(cohort)
    return cohort


def lacking(cohort):
    return {item.key for item in readiness_of(cohort, now=NOW).missing}


def test_an_officer_sets_up_the_waves_in_one_sitting(programme, first_wave):
    officer, influencer = UserFactory(), Trainer.objects.get()

    # place, trainer and money first
    assert lacking(first_wave) == {"trainer", "budget"}
    with pytest.raises(NotReady, match="pelatih, anggaran"):
        open_cohort(first_wave, by=officer, now=NOW)
    asked = influencer.assignments.values_list("pk", flat=True)
    record_answers(list(asked), state="confirmed", now=NOW)
    fees = fees_of(first_wave).wanted
    assert fees == 7_000_000
    for purpose, amount in (("trainer", fees), ("meals", 70_000 * TRADERS)):
        BudgetLine.objects.create(cohort=first_wave, purpose=purpose, planned=amount)
    assert money.cohort_money([first_wave.pk])[first_wave.pk].planned == PER_WAVE
    assert lacking(first_wave) == set()

    # the schedule follows: five more waves, one a week; the trainer is away once
    Unavailability.objects.create(
        trainer=influencer,
        first_day=date(2027, 2, 15),
        last_day=date(2027, 2, 17),
        reason="Syuting",
    )
    plan = waves.Pattern(
        waves=WAVES - 1,
        first_day=date(2027, 1, 25),
        weekdays=frozenset({0, 2}),
        hours=waves.parse_hours("09.00-12.00"),
        sessions=2,
        weeks_between=1,
    )
    proposal = waves.propose(first_wave, plan)
    troubled = {wave.number for wave in proposal.waves if wave.clashes}
    assert {clash.kind for wave in proposal.waves for clash in wave.clashes} == {"trainer_away"}
    written = waves.write_waves(first_wave, plan, expected=proposal.fingerprint)
    assert [cohort.number for cohort in written] == [2, 3, 4, 5, 6]
    assert len(troubled) == 1
    everybody = [first_wave, *written]
    told = readiness_of_many(everybody, now=NOW)
    assert [one.is_ready for one in told] == [True, False, False, False, False, False]

    # trainers answer; a second influencer takes the wave that the first one cannot
    kind = Trainer.Kind.INFLUENCER
    stand_in = TrainerFactory(name="Dimas", kind=kind, fee_per_session=3_500_000)
    for cohort in written:
        if cohort.number in troubled:
            for session in cohort.sessions.all():
                session.trainers.set([stand_in])
    for trainer in (influencer, stand_in):
        keys = trainer.assignments.values_list("pk", flat=True)
        record_answers(list(keys), state="confirmed", now=NOW)
    assert all(one.is_ready for one in readiness_of_many(everybody, now=NOW))

    # the money is for five waves; the sixth opens with a reason only
    for cohort in everybody[:5]:
        open_cohort(cohort, by=officer, now=NOW)
    assert money.room_of(programme) == 0
    assert lacking(everybody[5]) == {"budget"}
    opened = open_cohort(
        everybody[5], by=officer, now=NOW, override_reason="Tambahan dana dari pengelola pasar"
    )
    assert (opened.state, opened.overridden_by) == (Cohort.State.OPEN, officer)

    # what was promised and paid stands beside the plan
    line = first_wave.budget_lines.get(purpose="trainer")
    line.committed, line.spent = 3_500_000, 3_500_000
    line.save()
    sums = money.programme_money([programme.pk])[programme.pk]
    assert (sums.planned, sums.committed, sums.spent) == (6 * PER_WAVE, 3_500_000, 3_500_000)

    # nobody else gets the hall at that hour
    hall = Venue.objects.get()
    other = clashes.Meeting(
        starts_at=at(1, 18, 10),
        ends_at=at(1, 18, 11),
        seats=20,
        label="Rapat",
        venue=hall,
    )
    assert [clash.kind for clash in clashes.clashes_of(other)] == ["venue"]
    assert opened.starts_at - first_wave.starts_at == timedelta(weeks=5)
