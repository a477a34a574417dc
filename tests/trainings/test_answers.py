from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import (
    CohortFactory,
    CohortQuotaFactory,
    EnrolmentFactory,
    ParticipantFactory,
    RegionFactory,
    UserFactory,
)
from trainings.models import Cohort, Enrolment, Offer
from trainings.services import answers, capacity, seats

pytestmark = pytest.mark.django_db
State = Enrolment.State


@pytest.fixture
def now():
    return timezone.now()


def say_yes(enrolment, now):
    return answers.accept(enrolment, now=now, via=answers.VIA_LINK)


def invite_and_accept(cohort, now, count):
    return [say_yes(EnrolmentFactory(cohort=cohort), now) for _ in range(count)]


def counters(cohort):
    cohort.refresh_from_db()
    return cohort.taken, cohort.held, cohort.next_arrival_no


def states(*enrolments):
    return [Enrolment.objects.get(pk=enrolment.pk).state for enrolment in enrolments]


def test_accepting_takes_a_seat_and_writes_down_who_when_and_how(now):
    cohort = CohortFactory(seats=1)
    staff = UserFactory(is_staff=True)
    enrolment = EnrolmentFactory(cohort=cohort)

    answers.accept(enrolment, now=now, via="telepon", actor=staff)

    enrolment.refresh_from_db()
    assert enrolment.state == State.CONFIRMED
    assert (enrolment.answered_at, enrolment.answer_via) == (now, "telepon")
    assert enrolment.answered_by == staff
    event = enrolment.events.get()
    assert (event.from_state, event.to_state, event.actor) == ("invited", "confirmed", staff)
    assert counters(cohort) == (1, 0, 2)


def test_accepting_a_full_cohort_waits_in_order_of_arrival(now):
    cohort = CohortFactory(seats=1)

    seated, first, second = invite_and_accept(cohort, now, 3)

    assert states(seated, first, second) == ["confirmed", "waitlisted", "waitlisted"]
    assert [answers.waiting_position(e) for e in (seated, first, second)] == [0, 1, 2]
    assert counters(cohort) == (1, 0, 4)


def test_accepting_twice_changes_nothing(now):
    enrolment = EnrolmentFactory()
    say_yes(enrolment, now)

    again = say_yes(enrolment, now)

    assert again.state == State.CONFIRMED
    assert counters(enrolment.cohort) == (1, 0, 2)
    assert enrolment.events.count() == 1


def test_a_cancelled_seat_is_offered_to_the_next_in_line_at_once(now):
    cohort = CohortFactory(seats=1, offer_hours=24)
    owner, first, second = invite_and_accept(cohort, now, 3)

    answers.cancel(owner, now=now, via=answers.VIA_LINK)

    assert states(owner, first, second) == ["cancelled", "offered", "waitlisted"]
    offer = Offer.objects.get()
    assert (offer.enrolment, offer.deadline_at) == (first, now + timedelta(hours=24))
    assert counters(cohort) == (0, 1, 4)


def test_an_offer_ends_when_the_class_begins_at_the_latest(now):
    cohort = CohortFactory(seats=1, offer_hours=24, starts_at=now + timedelta(hours=5))
    owner, _ = invite_and_accept(cohort, now, 2)

    answers.cancel(owner, now=now, via=answers.VIA_LINK)

    assert Offer.objects.get().deadline_at == cohort.starts_at


def test_an_accepted_offer_turns_the_held_seat_into_a_taken_one(now):
    cohort = CohortFactory(seats=1)
    owner, first = invite_and_accept(cohort, now, 2)
    answers.cancel(owner, now=now, via=answers.VIA_LINK)

    say_yes(first, now)

    assert states(first) == ["confirmed"]
    assert Offer.objects.get().state == Offer.State.ACCEPTED
    assert counters(cohort) == (1, 0, 3)


@pytest.mark.parametrize("leave", ["decline", "cancel", "other_date", "not_mine"])
def test_turning_down_an_offer_passes_it_on(now, leave):
    cohort = CohortFactory(seats=1)
    owner, first, second = invite_and_accept(cohort, now, 3)
    answers.cancel(owner, now=now, via=answers.VIA_LINK)

    {
        "decline": lambda: answers.decline(first, reason="Sakit", now=now, via="tautan"),
        "cancel": lambda: answers.cancel(first, now=now, via="tautan"),
        "other_date": lambda: answers.ask_other_date(first, note="Sore", now=now, via="tautan"),
        "not_mine": lambda: answers.not_mine(first, now=now, via="tautan"),
    }[leave]()

    assert states(second) == ["offered"]
    assert counters(cohort) == (0, 1, 4)


def test_a_stale_offer_goes_to_the_next_before_a_newcomer_gets_it(now):
    cohort = CohortFactory(seats=1, offer_hours=24)
    owner, first, second = invite_and_accept(cohort, now, 3)
    answers.cancel(owner, now=now, via=answers.VIA_LINK)
    later = now + timedelta(hours=25)

    newcomer = say_yes(EnrolmentFactory(cohort=cohort), later)

    assert states(first, second, newcomer) == ["expired", "offered", "waitlisted"]
    assert counters(cohort) == (0, 1, 5)


def test_a_late_yes_to_a_stale_offer_waits_when_the_seat_has_gone(now):
    cohort = CohortFactory(seats=1, offer_hours=24)
    owner, first, second = invite_and_accept(cohort, now, 3)
    answers.cancel(owner, now=now, via=answers.VIA_LINK)

    late = say_yes(first, now + timedelta(hours=25))

    assert states(late, second) == ["waitlisted", "offered"]


def test_an_unanswered_invitation_that_expired_may_still_be_accepted(now):
    enrolment = EnrolmentFactory(state=State.EXPIRED)

    say_yes(enrolment, now)

    assert states(enrolment) == ["confirmed"]


def test_priority_goes_before_arrival_and_needs_a_reason(now):
    cohort = CohortFactory(seats=1)
    owner, first, second = invite_and_accept(cohort, now, 3)
    with pytest.raises(capacity.ReasonMissing):
        capacity.change_priority(second, priority=5, reason=" ", now=now, actor=None)
    capacity.change_priority(second, priority=5, reason="Difabel", now=now, actor=None)

    answers.cancel(owner, now=now, via=answers.VIA_LINK)

    assert states(first, second) == ["waitlisted", "offered"]
    assert second.events.filter(note__contains="Difabel").count() == 1


def test_a_full_quota_makes_a_person_wait_although_seats_are_free(now):
    cohort = CohortFactory(seats=10)
    CohortQuotaFactory(cohort=cohort, key="31.71", seats=1)
    central = [ParticipantFactory(region=RegionFactory(code=f"31.71.99.90{n}")) for n in range(2)]
    west = ParticipantFactory(region=RegionFactory(code="31.73.99.900"))

    answered = [
        say_yes(EnrolmentFactory(cohort=cohort, participant=person), now)
        for person in [*central, west]
    ]

    assert states(*answered) == ["confirmed", "waitlisted", "confirmed"]
    assert cohort.quotas.get().taken == 1


def test_a_freed_seat_skips_a_full_quota_and_says_so_in_the_history(now):
    cohort = CohortFactory(seats=2)
    CohortQuotaFactory(cohort=cohort, key="31.71", seats=1)
    central = [ParticipantFactory(region=RegionFactory(code=f"31.71.99.90{n}")) for n in range(2)]
    west = [ParticipantFactory(region=RegionFactory(code=f"31.73.99.90{n}")) for n in range(2)]
    people = [central[0], west[0], central[1], west[1]]
    seated, leaving, blocked, behind = [
        say_yes(EnrolmentFactory(cohort=cohort, participant=person), now) for person in people
    ]

    answers.cancel(leaving, now=now, via=answers.VIA_LINK)

    assert states(seated, blocked, behind) == ["confirmed", "waitlisted", "offered"]
    assert blocked.events.latest("pk").note == "Dilewati: jatah Kota 31.71 penuh."


def test_a_seat_given_back_frees_its_quota_for_the_one_who_was_blocked(now):
    cohort = CohortFactory(seats=5)
    CohortQuotaFactory(cohort=cohort, key="31.71", seats=1)
    central = [ParticipantFactory(region=RegionFactory(code=f"31.71.99.90{n}")) for n in range(2)]
    seated, blocked = [
        say_yes(EnrolmentFactory(cohort=cohort, participant=person), now) for person in central
    ]

    answers.cancel(seated, now=now, via=answers.VIA_LINK)

    assert states(blocked) == ["offered"]
    assert cohort.quotas.get().taken == 1


def test_one_seat_per_training(now):
    first = CohortFactory()
    second = CohortFactory(training=first.training)
    person = ParticipantFactory()
    say_yes(EnrolmentFactory(cohort=first, participant=person), now)
    other = EnrolmentFactory(cohort=second, participant=person)

    with pytest.raises(answers.SeatElsewhere):
        say_yes(other, now)

    assert counters(second) == (0, 0, 1)


def test_a_person_seated_in_another_wave_is_not_offered_a_seat(now):
    cohort = CohortFactory(seats=1)
    owner, seated_elsewhere, next_in_line = invite_and_accept(cohort, now, 3)
    wave = CohortFactory(training=cohort.training)
    say_yes(EnrolmentFactory(cohort=wave, participant=seated_elsewhere.participant), now)

    answers.cancel(owner, now=now, via=answers.VIA_LINK)

    assert states(seated_elsewhere, next_in_line) == ["waitlisted", "offered"]


def test_swapping_waves_gives_the_old_seat_to_the_next_in_line(now):
    cohort = CohortFactory(seats=1)
    wave = CohortFactory(training=cohort.training, seats=1)
    owner, first = invite_and_accept(cohort, now, 2)

    moved = answers.swap(owner, to=wave, now=now, via="telepon")

    assert (moved.cohort, moved.state) == (wave, State.CONFIRMED)
    assert states(owner, first) == ["cancelled", "offered"]
    assert (counters(cohort)[:2], counters(wave)[:2]) == ((0, 1), (1, 0))


def test_swapping_into_a_full_wave_keeps_the_old_seat(now):
    cohort = CohortFactory(seats=1)
    wave = CohortFactory(training=cohort.training, seats=1)
    (owner,) = invite_and_accept(cohort, now, 1)
    invite_and_accept(wave, now, 1)

    with pytest.raises(answers.NoSeatThere):
        answers.swap(owner, to=wave, now=now, via="telepon")

    assert states(owner) == ["confirmed"]
    assert (counters(cohort)[:2], counters(wave)[:2]) == ((1, 0), (1, 0))


def test_fewer_seats_withdraw_the_newest_offers_first_then_wait(now):
    cohort = CohortFactory(seats=3)
    answered = invite_and_accept(cohort, now, 5)
    for number, enrolment in enumerate(answered[:2]):
        answers.cancel(enrolment, now=now + timedelta(minutes=number), via="tautan")
    assert states(*answered[3:]) == ["offered", "offered"]

    capacity.change_seats(cohort, seats_wanted=2, now=now)

    assert states(*answered[2:]) == ["confirmed", "offered", "waitlisted"]
    cohort.refresh_from_db()
    assert (cohort.seats, cohort.taken, cohort.held) == (2, 1, 1)


def test_seats_never_drop_below_what_is_taken_and_go_when_people_leave(now):
    cohort = CohortFactory(seats=3)
    seated = invite_and_accept(cohort, now, 3)
    waiting = say_yes(EnrolmentFactory(cohort=cohort), now)

    capacity.change_seats(cohort, seats_wanted=2, now=now)
    cohort.refresh_from_db()
    assert (cohort.seats, cohort.seats_target) == (3, 2)
    answers.cancel(seated[0], now=now, via="tautan")

    cohort.refresh_from_db()
    assert (cohort.seats, cohort.seats_target, cohort.held) == (2, None, 0)
    assert states(waiting) == ["waitlisted"]


def test_more_seats_are_offered_to_the_line(now):
    cohort = CohortFactory(seats=1)
    answered = invite_and_accept(cohort, now, 4)

    capacity.change_seats(cohort, seats_wanted=3, now=now)

    assert states(*answered) == ["confirmed", "offered", "offered", "waitlisted"]


def test_nothing_can_be_changed_once_the_class_has_begun(now):
    cohort = CohortFactory()
    seated = say_yes(EnrolmentFactory(cohort=cohort), now)
    invited = EnrolmentFactory(cohort=cohort)
    later = cohort.starts_at

    assert say_yes(seated, later).state == State.CONFIRMED
    for refused in (
        lambda: say_yes(invited, later),
        lambda: answers.cancel(seated, now=later, via="tautan"),
        lambda: answers.decline(invited, reason="", now=later, via="tautan"),
    ):
        with pytest.raises(answers.CohortStarted, match="sudah dimulai"):
            refused()
    assert counters(cohort) == (1, 0, 2)


@pytest.mark.parametrize("state", [Cohort.State.CLOSED, Cohort.State.CANCELLED])
def test_a_closed_cohort_takes_no_more_answers(now, state):
    enrolment = EnrolmentFactory(cohort=CohortFactory(state=state))

    with pytest.raises(answers.CohortNotOpen):
        say_yes(enrolment, now)


def test_a_waiting_line_still_moves_after_registration_has_closed(now):
    cohort = CohortFactory(seats=1, closes_at=now + timedelta(hours=1))
    owner, first = invite_and_accept(cohort, now, 2)
    later = now + timedelta(hours=2)

    answers.cancel(owner, now=later, via="tautan")
    say_yes(first, later)

    assert states(first) == ["confirmed"]


def test_a_confirmed_person_cancels_rather_than_declines(now):
    enrolment = say_yes(EnrolmentFactory(), now)

    with pytest.raises(answers.HoldsSeat):
        answers.decline(enrolment, reason="", now=now, via="tautan")


def test_an_invitation_marked_not_mine_stays_so(now):
    enrolment = EnrolmentFactory()
    answers.not_mine(enrolment, now=now, via="tautan")

    with pytest.raises(answers.WrongPerson):
        say_yes(enrolment, now)


def test_nothing_to_cancel(now):
    with pytest.raises(answers.NothingToCancel):
        answers.cancel(EnrolmentFactory(), now=now, via="tautan")


def test_joining_without_an_invitation(now):
    cohort = CohortFactory(seats=1)
    person = ParticipantFactory()

    enrolment = answers.join(cohort, person, now=now, via="telepon")

    assert enrolment.state == State.CONFIRMED
    assert [event.to_state for event in enrolment.events.order_by("pk")] == ["invited", "confirmed"]


def test_an_enrolment_is_found_by_its_code_as_people_type_it():
    enrolment = EnrolmentFactory()
    code = enrolment.short_code

    found = answers.enrolment_for_code(f" jkp-{code[:4].lower()} {code[4:]} ")

    assert found == enrolment
    assert answers.enrolment_for_code("JKP-XXXX-XXXX") is None


def test_seats_of_a_cohort_without_room_are_not_taken(now):
    cohort = CohortFactory(seats=0)
    enrolment = EnrolmentFactory(cohort=cohort)

    assert seats.take(cohort, enrolment) is False
    assert counters(cohort)[:2] == (0, 0)
