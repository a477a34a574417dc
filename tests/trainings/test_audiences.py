"""Saved segments choose the people of invitations."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import BusinessFactory, CohortFactory, ParticipantFactory, SegmentFactory
from tests.staff import make_user
from trainings.services import rounds, segments

pytestmark = pytest.mark.django_db


def test_a_saved_segment_is_exactly_the_audience_minus_exclusions(client):
    cohort, now = CohortFactory(seats=10), timezone.now()
    live = BusinessFactory(sells_live=True, market="50% Off'ice").participant
    BusinessFactory(sells_live=True, participant__is_willing=False)
    BusinessFactory(sells_live=False)
    segment = SegmentFactory(slug="siaran-langsung", rules={"siaran": "ya"})

    plan = rounds.plan_round(cohort, segment="siaran-langsung", everyone=True, now=now)
    odd = SegmentFactory(rules={"nama_pasar": "50% Off'ice"})
    opened = rounds.open_round(cohort, segment=segment.slug, actor=None, now=now, starts=False)

    assert (plan.chosen, plan.excluded_by_reason) == (1, {"not_willing": 1})
    assert [e.participant for e in opened.enrolments.all()] == [live]
    assert rounds.plan_round(cohort, segment=odd.slug, now=now).excluded_by_reason == {
        "already_invited": 1
    }
    client.force_login(make_user("head"))
    page = client.get(reverse("admin:trainings_cohort_invite", args=[cohort.pk]))
    assert f"Segmen: {segment.name}" in page.content.decode()
    links = client.get(reverse("admin:participants_segment_change", args=[segment.pk]))
    assert f"?segment={segment.slug}" in links.content.decode()


def test_a_segment_whose_rules_broke_invites_nobody():
    ParticipantFactory()
    SegmentFactory(slug="lama", rules={"sektor": ["hilang"]})

    with pytest.raises(segments.UnknownSegment, match="perbaiki"):
        rounds.plan_round(CohortFactory(), segment="lama", now=timezone.now())
