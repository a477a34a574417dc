from datetime import date, timedelta

import pytest
from django.utils import timezone

from participants import activity
from participants.models import Participant, Stage, StageEvent
from tests.factories import EnrolmentFactory, ParticipantFactory, UserFactory, in_days
from trainings.models import Enrolment, EnrolmentEvent
from trainings.services import answers, transitions

pytestmark = pytest.mark.django_db
NOW = in_days(0)
TODAY = timezone.localdate(NOW)
AN_HOUR = timedelta(hours=1)


def sleeper(**facts):
    """A person whose activity was forgotten."""
    return ParticipantFactory(**{"active_until": None, "last_activity_at": None, **facts})


def fresh(person):
    return Participant.objects.get(pk=person.pk)


def test_an_activity_counts_for_the_months_of_the_rule(settings):
    settings.ACTIVE_MONTHS = 12

    assert activity.active_until_after(date(2024, 2, 29)) == date(2025, 2, 28)
    assert activity.active_until_after(date(2026, 12, 31)) == date(2027, 12, 31)


def test_recording_moves_forward_and_respects_decisions(django_assert_num_queries):
    later, until = NOW + AN_HOUR, activity.active_until_after(TODAY)
    asleep, busy = sleeper(), sleeper(last_activity_at=later)
    promised = ParticipantFactory(active_until=until + timedelta(days=9))
    decided = sleeper(active_override=True, active_reason="Sakit", override_until=TODAY)
    gone = sleeper(status=Participant.Status.ANONYMISED)
    people = [asleep, busy, promised, decided, gone]

    with django_assert_num_queries(1):
        moved = activity.record_activity([person.pk for person in people], at=NOW)

    assert moved == 3
    found = [(fresh(p).last_activity_at, fresh(p).active_until) for p in people]
    assert found == [
        (NOW, until),
        (later, None),
        (NOW, until + timedelta(days=9)),
        (NOW, None),
        (None, None),
    ]


def test_login_is_an_activity_of_all_people_of_the_account(client):
    account = UserFactory()
    mother, daughter, stranger = sleeper(account=account), sleeper(account=account), sleeper()

    client.force_login(account)

    assert fresh(mother).is_active
    assert fresh(daughter).is_active
    assert not fresh(stranger).is_active


def test_answers_are_activities_and_deadlines_are_not(django_capture_on_commit_callbacks):
    late, yes, no = (EnrolmentFactory(participant=sleeper()) for _ in range(3))
    officer = UserFactory()

    with django_capture_on_commit_callbacks(execute=True):
        answers.accept(yes, now=NOW, via=answers.VIA_LINK)
        answers.decline(no, reason="", now=NOW, via=answers.VIA_PHONE, actor=officer)
        transitions.move(late, to=Enrolment.State.EXPIRED, now=NOW, via=transitions.SYSTEM)

    assert [fresh(e.participant).last_activity_at for e in (late, yes, no)] == [None, NOW, NOW]


def test_coming_to_class_is_an_activity_of_everybody_who_came(django_capture_on_commit_callbacks):
    seats = [EnrolmentFactory(participant=sleeper(), state="confirmed") for _ in range(2)]
    ids = [seat.pk for seat in seats]
    states = {"source": Enrolment.State.CONFIRMED, "to": Enrolment.State.ATTENDED}

    with django_capture_on_commit_callbacks(execute=True):
        transitions.move_all(ids, **states, now=NOW, via=transitions.SYSTEM)

    assert [fresh(seat.participant).last_activity_at for seat in seats] == [NOW, NOW]


def test_recomputation_finds_what_the_rows_tell(monkeypatch):
    """Answers, classes, steps and logins of any app; not what staff or the clock did."""
    monkeypatch.setattr(activity, "SLICE", 2)  # several slices
    Stage.objects.create(code="P4", name="Perizinan")
    at = NOW - timedelta(days=40)
    people = {name: sleeper() for name in ("answer", "clock", "staff", "class", "step", "wrong")}
    people["login"] = sleeper(account=UserFactory(last_login=at))
    people["future"] = sleeper(account=UserFactory(last_login=NOW + AN_HOUR))

    def event(name, to, via="tautan", actor=None):
        enrolment = EnrolmentFactory(participant=people[name])
        facts = {"from_state": "invited", "to_state": to, "via": via, "actor": actor}
        EnrolmentEvent.objects.create(enrolment=enrolment, happened_at=at, **facts)

    def step(name, **facts):
        ref = {"source_ref": f"uji:{name}:{len(facts)}", "stage_id": "P4"}
        return StageEvent.objects.create(
            participant=people[name], occurred_on=timezone.localdate(at), **ref, **facts
        )

    event("answer", "declined")
    event("clock", "expired", via="sistem")
    event("staff", "cancelled", actor=UserFactory())
    event("class", "attended", via="sistem")
    step("step")
    step("wrong", corrects=step("wrong"), is_void=True)

    assert activity.recompute_activity(now=NOW) == 4
    assert activity.recompute_activity(now=NOW) == 0

    active = {name for name, person in people.items() if fresh(person).is_active}
    assert active == {"answer", "class", "step", "login"}
    assert fresh(people["answer"]).last_activity_at == at


def test_a_decision_stands_above_the_rule_until_its_last_day():
    recent = NOW - timedelta(days=3)
    person = ParticipantFactory(last_activity_at=recent)
    rule = activity.active_until_after(timezone.localdate(recent))

    activity.decide_activity(person, is_active=False, until=TODAY, reason="Pindah", now=NOW)
    activity.record_activity([person.pk], at=NOW)
    activity.recompute_activity(now=NOW)
    assert not fresh(person).is_active
    assert fresh(person).active_reason == "Pindah"

    assert activity.recompute_activity(now=NOW + timedelta(days=1)) == 1
    assert fresh(person).active_until == activity.active_until_after(TODAY)
    assert (fresh(person).active_override, fresh(person).active_reason) == (False, "")

    person = ParticipantFactory(last_activity_at=recent)
    activity.decide_activity(person, is_active=True, until=rule + AN_HOUR * 24, reason="x", now=NOW)
    activity.end_decision(person)
    assert (fresh(person).active_until, fresh(person).override_until) == (rule, None)
