"""Sending from the desk: once, with a minute to think again, and by two people when it is large."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from tests.at_once import meeting, results_at_once
from tests.factories import ParticipantFactory
from tests.messaging import scenes as engine
from tests.messaging.desk.scenes import EMAIL, keys, make_plan, people
from tests.staff import make_user
from umkm_portal.messaging import invariants, kinds, services
from umkm_portal.messaging.desk import launching, plans
from umkm_portal.messaging.desk.plans import PlanChanged, PlanRefused
from umkm_portal.messaging.models import Campaign

pytestmark = pytest.mark.django_db


def send(plan, actor, now):
    return launching.send(plan, actor=actor, revision=plan.revision, now=now)


def test_nothing_starts_for_a_minute_and_until_then_it_is_taken_back(officer, now):
    people(3)
    plan = make_plan(officer, segment=["*semua"])

    campaign = send(plan, officer, now)
    services.sweep_outbox(now=now + timedelta(seconds=59))
    campaign.refresh_from_db()
    assert (campaign.state, campaign.audience_count) == ("approved", 3)

    plan = launching.take_back(campaign, actor=officer, now=now)
    services.sweep_outbox(now=now + timedelta(hours=1))
    campaign.refresh_from_db()
    assert (campaign.state, campaign.audience.count()) == ("draft", 0)

    send(plan, officer, now)
    services.sweep_outbox(now=now + launching.UNDO)
    campaign.refresh_from_db()
    assert campaign.state == "expanding"
    with pytest.raises(PlanRefused, match="Terlambat"):
        launching.take_back(campaign, actor=officer, now=now)
    assert invariants.violations() == []


def test_a_schedule_is_kept_and_a_campaign_past_its_end_never_fires(officer, now):
    people(1)
    plan = make_plan(officer, segment=["*semua"])
    begins, ends = now + timedelta(hours=5), now + timedelta(hours=6)
    window = {"not_before": begins, "not_after": ends}
    plan = plans.change_plan(plan, actor=officer, now=now, campaign=window)

    campaign = send(plan, officer, now)

    services.sweep_outbox(now=begins - timedelta(seconds=1))
    campaign.refresh_from_db()
    assert campaign.state == "approved"
    services.sweep_outbox(now=ends)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.deliveries.count()) == ("cancelled", 0)


def test_a_large_campaign_needs_a_second_person_and_a_change_voids_the_request(
    officer, second, settings, now
):
    settings.CAMPAIGN_APPROVAL_ABOVE = 2
    first_three = people(3)
    plan = make_plan(officer, segment=["*semua"])
    with pytest.raises(PlanRefused, match="petugas kedua"):
        send(plan, officer, now)
    assert plan.campaign.audience.count() == 0

    plan = launching.ask_approval(plan, actor=officer, revision=plan.revision, now=now)
    with pytest.raises(PlanRefused, match="tidak bisa menyetujuinya sendiri"):
        launching.approve(plan, actor=officer, revision=plan.revision, now=now)

    asked = plan.revision
    editor = make_user("head")
    plan = plans.change_plan(plan, actor=editor, now=now, link="")
    assert plan.asked_at is not None  # nothing changed
    plan = plans.change_plan(plan, actor=editor, now=now, campaign={"title": "Lain"})
    assert (plan.asked_at, plan.campaign.audience.count()) == (None, 0)
    with pytest.raises(PlanChanged):
        launching.approve(plan, actor=second, revision=asked, now=now)
    with pytest.raises(PlanRefused, match="berubah sejak diminta"):
        launching.approve(plan, actor=second, revision=plan.revision, now=now)

    plan = launching.ask_approval(plan, actor=officer, revision=plan.revision, now=now)
    ParticipantFactory()  # comes after what is being approved
    with pytest.raises(PlanRefused, match="tidak bisa menyetujuinya sendiri"):
        launching.approve(plan, actor=editor, revision=plan.revision, now=now)
    campaign = launching.approve(plan, actor=second, revision=plan.revision, now=now)

    assert (campaign.state, campaign.approved_by) == ("approved", second)
    assert keys(campaign.audience) == {person.pk for person in first_three}


def test_a_request_is_given_back_with_a_reason(officer, second, settings, now):
    settings.CAMPAIGN_APPROVAL_ABOVE = 1
    people(2)
    plan = make_plan(officer, segment=["*semua"])
    plan = launching.ask_approval(plan, actor=officer, revision=plan.revision, now=now)

    plan = launching.give_back(
        plan, actor=second, revision=plan.revision, note="Tanggal salah", now=now
    )

    assert "Tanggal salah" in plan.note
    assert (plan.asked_at, plan.campaign.audience.count()) == (None, 0)


def test_a_draft_with_something_missing_does_not_leave(officer, now):
    people(1)
    empty = make_plan(officer)
    unknown = make_plan(officer, segment=["*semua"])
    unknown.texts[EMAIL]["body"] = "Halo {namaa}"
    unknown.save()
    survey = make_plan(officer, purpose="survey", segment=["*semua"])
    unwritten = make_plan(officer, segment=["*semua"])
    unwritten.texts[EMAIL]["body"] = kinds.get("announcement").wording[EMAIL][1]
    unwritten.save()

    for plan, sentence in (
        (unwritten, r"Ganti bagian “\[Tulis kabar"),
        (empty, "Pilih penerima"),
        (unknown, r"\{namaa\} tidak dikenal"),
        (survey, "tautan survei"),
    ):
        with pytest.raises(PlanRefused, match=sentence):
            send(plan, officer, now)
        assert plan.campaign.audience.count() == 0


def test_what_arrives_is_what_was_written(officer, sink, now):
    engine.let_fly()
    person = ParticipantFactory(full_name="Siti Uji")
    plan = make_plan(officer, purpose="survey", segment=["*semua"])
    plan = plans.change_plan(
        plan, actor=officer, now=now, link="https://survei.example/2026?a=1&b=2"
    )

    campaign = send(plan, officer, now)
    services.start_campaign(campaign, now=now)
    services.expand_campaign(campaign, now=now)
    services.deliver_due(campaign=campaign)

    campaign.refresh_from_db()
    assert campaign.state == "done"
    assert campaign.deliveries.get().recipient_key == person.pk
    assert campaign.templates.get().body.startswith("Yth. Bapak/Ibu {nama}")


def test_who_restricts_her_data_after_it_was_frozen_gets_nothing(officer, sink, now):
    engine.let_fly()
    person, other = people(2)
    plan = make_plan(officer, segment=["*semua"])
    campaign = send(plan, officer, now)
    person.restricted_at = now
    person.save()

    services.start_campaign(campaign, now=now)
    services.expand_campaign(campaign, now=now)
    services.deliver_due(campaign=campaign)

    states = dict(campaign.deliveries.values_list("recipient_key", "state"))
    assert states == {person.pk: "cancelled", other.pk: "accepted"}


@pytest.mark.django_db(transaction=True)
def test_two_officers_pressing_at_once_send_it_once(settings):
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    officers = [make_user("head"), make_user("head")]
    people(20)
    plan = make_plan(officers[0], segment=["*semua"])
    now = timezone.now()

    found = results_at_once(*[partial(send, plan, officer, now) for officer in officers])

    assert sorted(type(result).__name__ for result in found) == ["Campaign", "PlanRefused"]
    assert any("sudah disetujui" in str(answer) for answer in found)
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.audience_count) == ("approved", 20)


def asked(settings):
    """A plan whose approval was asked for, three others who may decide about it, and the time."""
    settings.EMAIL_URL, settings.CAMPAIGN_APPROVAL_ABOVE = "smtp://127.0.0.1:9", 2
    officer, *others = [make_user("head") for _ in range(4)]
    people(20)
    plan, now = make_plan(officer, segment=["*semua"]), timezone.now()
    plan = launching.ask_approval(plan, actor=officer, revision=plan.revision, now=now)
    return plan, others, now


def decide_at_once(plan, others, now):
    facts = {"revision": plan.revision, "now": now}
    approvals = [partial(launching.approve, plan, actor=other, **facts) for other in others[:2]]
    refusal = partial(launching.give_back, plan, actor=others[2], note="Salah kota", **facts)
    return results_at_once(*approvals, refusal)


@pytest.mark.django_db(transaction=True)
def test_of_several_who_decide_at_once_one_is_heard(settings):
    plan, others, now = asked(settings)

    found = decide_at_once(plan, others, now)

    refused = [answer for answer in found if isinstance(answer, PlanRefused)]
    (heard,) = [answer for answer in found if not isinstance(answer, Exception)]
    assert len(refused) == 2, found
    campaign = Campaign.objects.get()
    if heard == plan:
        assert (campaign.state, campaign.audience.count()) == ("draft", 0)
        assert "Salah kota" in heard.note
    else:
        assert (campaign.state, campaign.audience_count) == ("approved", 20)
        assert campaign.approved_by in others[:2]
    assert invariants.violations() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_row_held_several_are_heard(settings, monkeypatch):
    """The control: everybody reads the plan, and nobody waits for the others."""
    plan, others, now = asked(settings)
    everybody_looked = meeting(3)

    def read(plan):
        found = type(plan).objects.select_related("campaign").get(pk=plan.pk)
        everybody_looked()
        return found

    monkeypatch.setattr(launching, "lock_draft", read)

    found = decide_at_once(plan, others, now)

    assert len([answer for answer in found if not isinstance(answer, Exception)]) > 1
