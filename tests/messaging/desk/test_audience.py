"""Who gets a campaign of the desk and who does not: exact, by reason, inside the officer's area."""

from datetime import timedelta

import pytest
from django.utils import timezone

from participants.audiences import pasted
from participants.audiences.people import ELSEWHERE, RESTRICTED
from participants.models import Participant
from tests.factories import (
    CohortFactory,
    CurationResultFactory,
    EnrolmentFactory,
    ParticipantFactory,
    RegionFactory,
    SegmentFactory,
)
from tests.messaging.desk.scenes import EMAIL, SMS, WHATSAPP, agree, keys, make_plan, people, stop
from umkm_portal.messaging import services
from umkm_portal.messaging.desk import audience, launching
from umkm_portal.messaging.desk.sources import SourceBroken

pytestmark = pytest.mark.django_db


def frozen(plan, user):
    audience.freeze(plan, user=user)
    told = dict(plan.campaign.audience.values_list("recipient_key", "channel"))
    left_out = dict(plan.campaign.exclusions.values_list("recipient_key", "reason"))
    return told, left_out


def test_each_person_gets_her_first_channel_or_the_reason_why_not(officer):
    now = timezone.now()
    region = RegionFactory(code="31.74.02.1001")
    RegionFactory(code="31.74", level="city", short_name="Jakarta Selatan")
    mail, phone, agreed, withdrew, stopped, bounced, nothing, restricted = people(8, region=region)
    for person in (phone, agreed, withdrew):
        person.email = ""
    nothing.email = nothing.phone = ""
    restricted.restricted_at = now
    for person in (phone, agreed, withdrew, nothing, restricted):
        person.save()
    agree(agreed)
    agree(withdrew, now=now - timedelta(days=2))
    agree(withdrew, "withdrawn", now=now - timedelta(days=1))
    stop(EMAIL, stopped.email.lower())
    stop(EMAIL, bounced.email.lower(), "hard_bounce", "all")
    stop(SMS, bounced.phone, "opt_out", "other")
    ParticipantFactory(status="merged", merged_into=mail)
    plan = make_plan(officer, channels=[EMAIL, WHATSAPP], segment=["*semua"])

    told, left_out = frozen(plan, officer)

    assert told == {mail.pk: EMAIL, agreed.pk: WHATSAPP}
    assert left_out == {
        phone.pk: "no_consent",
        withdrew.pk: "no_consent",
        stopped.pk: "opted_out",
        bounced.pk: "bounced",
        nothing.pk: "no_channel",
        restricted.pk: RESTRICTED,
    }
    shown = plan.figures
    assert (shown["total"], shown["reached"]) == (8, 2)
    assert shown["channels"] == {EMAIL: 1, WHATSAPP: 1}
    assert shown["reasons"] == {
        "no_consent": 2,
        "opted_out": 1,
        "bounced": 1,
        "no_channel": 1,
        RESTRICTED: 1,
    }
    assert shown["cities"] == [["Jakarta Selatan", 2]]
    assert sorted(key for key, _ in shown["samples"]) == sorted(told)


def test_who_opted_out_is_not_followed_to_another_channel_and_a_bounce_is(officer):
    stopped, bounced = people(2)
    stop(EMAIL, stopped.email)
    stop(EMAIL, bounced.email, "hard_bounce", "all")
    plan = make_plan(officer, channels=[EMAIL, SMS], segment=["*semua"])

    assert frozen(plan, officer) == ({bounced.pk: SMS}, {stopped.pk: "opted_out"})


def test_an_audience_of_5000_is_expanded_exactly(officer, now):
    outside = RegionFactory(code="32.76.01.1001")
    Participant.objects.bulk_create(
        ParticipantFactory.build(
            code=f"{number:08d}",
            region=outside,
            email="" if number % 10 == 0 else f"o{number}@contoh.example",
            phone="",
        )
        for number in range(5000)
    )
    plan = make_plan(officer, segment=["*semua", "*aktif"])

    campaign = launching.send(plan, actor=officer, revision=plan.revision, now=now)
    later = now + launching.UNDO
    services.sweep_outbox(now=later)
    campaign.refresh_from_db()
    assert services.expand_campaign(campaign, now=later) == 4500

    campaign.refresh_from_db()
    assert (campaign.audience_count, campaign.excluded_count) == (4500, 500)
    assert keys(campaign.deliveries) == keys(campaign.audience)
    assert keys(campaign.exclusions) & keys(campaign.deliveries) == set()
    without = Participant.objects.filter(email="").values_list("pk", flat=True)
    assert keys(campaign.exclusions) == set(without)
    assert set(campaign.deliveries.values_list("state", flat=True)) == {"pending"}
    assert plan.figures["cities"] == [[ELSEWHERE, 4500]]


def test_sources_add_up_and_nobody_is_told_twice(officer):
    cohort = CohortFactory()
    seated = EnrolmentFactory(cohort=cohort, state="no_show").participant
    invited = EnrolmentFactory(cohort=cohort, state="invited").participant
    result = CurationResultFactory()
    failed = CurationResultFactory(call=result.call, outcome="failed")
    named = ParticipantFactory()
    segment = SegmentFactory(rules={"terdaftar_sejak": "2999-01-01"})
    plan = make_plan(
        officer,
        cohort=[str(cohort.pk)],
        passed=[result.call.slug],
        pasted=[named.code, seated.code],
        segment=[segment.slug],
    )

    told, _ = frozen(plan, officer)

    assert set(told) == {seated.pk, result.participant_id, named.pk}
    plan.audience["cohort"]["states"] = ["invited"]
    told, _ = frozen(plan, officer)
    assert set(told) == {seated.pk, invited.pk, result.participant_id, named.pk}
    assert failed.participant_id not in told


def test_a_city_office_reaches_its_own_area_only(sudin):
    here = ParticipantFactory(region=RegionFactory(code="31.74.02.1001"))
    there = ParticipantFactory(region=RegionFactory(code="31.71.02.1001"))

    read = pasted.read(f"{here.code}\n{there.code}\n{there.phone}\nabc", sudin)
    plan = make_plan(sudin, segment=["*semua"], pasted=[there.code])

    assert read.values == [here.code]
    assert [line for line, _ in read.unknown] == [there.code, there.phone, "abc"]
    assert frozen(plan, sudin) == ({here.pk: EMAIL}, {})


def test_pasted_phones_of_families_and_merged_people(officer):
    one, two = people(2, phone="+6281234567890")
    gone = ParticipantFactory(status="merged", merged_into=one)

    read = pasted.read("0812-3456-7890\n" + one.code, officer)
    plan = make_plan(officer, pasted=[gone.code])

    assert read.values == [one.code]
    assert "lebih dari satu peserta" in read.unknown[0][1]
    assert set(frozen(plan, officer)[0]) == {one.pk}
    assert two.pk not in frozen(plan, officer)[0]


def test_a_segment_that_went_is_told_and_nothing_is_guessed(officer):
    people(1)
    segment = SegmentFactory()
    plan = make_plan(officer, segment=[segment.slug])
    segment.delete()

    with pytest.raises(SourceBroken, match="sudah dihapus"):
        audience.freeze(plan, user=officer)
