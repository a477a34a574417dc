"""Drafts that nobody finished, and requests that nobody answered, go by age."""

from datetime import timedelta

import pytest

from tests.messaging.desk.scenes import make_plan, people
from umkm_portal.common.retention import purge
from umkm_portal.messaging.desk import launching, retention
from umkm_portal.messaging.models import AudienceMember, Campaign, CampaignPlan, Exclusion

pytestmark = pytest.mark.django_db


def test_old_drafts_and_frozen_audiences_go_and_campaigns_stay(officer, now, settings):
    settings.CAMPAIGN_APPROVAL_ABOVE = 1
    people(2)
    people(1, email="")
    long_ago = now - retention.KEEP_DRAFTS - timedelta(days=1)
    _, fresh, sent, asked = (
        make_plan(officer, now=when, segment=["*semua"])
        for when in (long_ago, now, long_ago, long_ago)
    )
    launching.ask_approval(asked, actor=officer, revision=asked.revision, now=long_ago)
    settings.CAMPAIGN_APPROVAL_ABOVE = 0
    launching.send(sent, actor=officer, revision=sent.revision, now=long_ago)

    def stock(is_dry=False):
        found = {p.name: p for p in purge(now=now, is_dry=is_dry)}
        return [
            (p.count, p.removed, p.error)
            for p in (found["campaign_requests"], found["campaign_drafts"])
        ]

    assert stock(is_dry=True) == [(1, 0, ""), (1, 0, "")]
    assert stock() == [(1, 1, ""), (2, 2, "")]  # who was asked in vain is a draft first
    assert stock() == [(0, 0, ""), (0, 0, "")]
    assert set(CampaignPlan.objects.all()) == {fresh, sent}
    assert set(Campaign.objects.all()) == {fresh.campaign, sent.campaign}
    assert {*AudienceMember.objects.values_list("campaign", flat=True)} == {sent.campaign_id}
    assert {*Exclusion.objects.values_list("campaign", flat=True)} == {sent.campaign_id}


def test_a_request_of_two_weeks_is_given_back_with_the_reason(officer, now, settings):
    settings.CAMPAIGN_APPROVAL_ABOVE = 1
    people(2)
    asked = now - retention.KEEP_REQUESTS
    plan = make_plan(officer, now=asked, segment=["*semua"])
    launching.ask_approval(plan, actor=officer, revision=plan.revision, now=asked)

    purge(now=now)
    plan.refresh_from_db()
    assert plan.asked_at == asked
    purge(now=now + timedelta(seconds=1))

    plan.refresh_from_db()
    assert (plan.asked_at, plan.asked_by, plan.note) == (None, None, retention.LAPSED)
    assert not AudienceMember.objects.exists()
