import json
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.factories import CohortFactory, ParticipantFactory
from trainings.models import Cohort, Enrolment
from umkm_portal.messaging.models import Campaign, Delivery

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_invite_reports_audience_exclusions_and_every_delivery_state():
    cohort = CohortFactory(seats=1)
    ParticipantFactory.create_batch(4)
    ParticipantFactory(is_willing=False)

    found = run("invite", cohort.code, "--start")

    campaign = Campaign.objects.get()
    assert (found["id"], found["state"]) == (campaign.pk, "expanding")
    assert (found["audience"], found["excluded"], found["invited"]) == (3, 2, 3)
    assert found["exclusions"] == {"not_willing": 1, "not_this_round": 1}
    assert {state: found[state] for state in Delivery.State} == dict.fromkeys(Delivery.State, 0)


def test_invite_without_start_waits_approved():
    cohort = CohortFactory()
    ParticipantFactory()

    assert run("invite", cohort.code)["state"] == "approved"


def test_invite_everyone_at_any_hour():
    cohort = CohortFactory(seats=1)
    ParticipantFactory.create_batch(5)

    found = run("invite", cohort.code, "--everyone", "--any-hour", "--start")

    assert found["audience"] == 5
    assert Campaign.objects.get().ignores_hours is True


def test_invite_dry_run_writes_nothing():
    cohort = CohortFactory(seats=1)
    ParticipantFactory.create_batch(4)

    found = run("invite", cohort.code, "--dry-run")

    assert (found["state"], found["audience"], found["excluded"]) == ("dry_run", 3, 1)
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["tidak-ada"], "tidak ditemukan"),
        (["penuh"], "sudah terisi"),
        (["rancangan"], "dibuka"),
        (["buka", "--segment", "mars"], "tidak dikenal"),
        (["buka"], "Tidak ada lagi orang"),
    ],
)
def test_invite_refuses_with_a_sentence(arguments, sentence):
    CohortFactory(code="penuh", seats=0)
    CohortFactory(code="rancangan", state=Cohort.State.DRAFT)
    CohortFactory(code="buka")

    with pytest.raises(CommandError, match=sentence):
        run("invite", *arguments)


def test_check_invariants_passes_on_a_sound_database():
    CohortFactory()

    assert run("check_invariants") == {"violations": []}


def test_check_invariants_refuses_and_names_the_rule():
    Cohort.objects.filter(pk=CohortFactory().pk).update(taken=2, next_arrival_no=5)
    out = StringIO()

    with pytest.raises(SystemExit) as refusal:
        call_command("check_invariants", "--json", stdout=out)

    found = json.loads(out.getvalue().splitlines()[-1])["violations"]
    rules = Counter(sentence.split(":")[1].strip() for sentence in found)
    assert refusal.value.code == 1
    assert rules == {
        "cohorts whose taken seats differ from the people who have one": 1,
        "cohorts with a gap in the numbers of arrival": 1,
    }
