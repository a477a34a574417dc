from datetime import timedelta

import pytest
from django.utils import timezone

from participants.models import Segment
from participants.segments.services import (
    SegmentRefused,
    copy_segment,
    delete_segment,
    recount_segments,
    save_segment,
)
from tests.factories import (
    CohortFactory,
    InvitationRoundFactory,
    ParticipantFactory,
    SectorFactory,
    SegmentFactory,
)
from tests.staff import make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def save(name, rules=None, segment=None):
    actor = make_user("head")
    return save_segment(segment or Segment(), name=name, rules=rules or {}, actor=actor, now=NOW)


def test_a_segment_is_saved_copied_and_keeps_its_slug_when_renamed():
    SectorFactory(slug="makanan")
    ParticipantFactory()

    first = save("Kuliner Timur", {"aktif": "ya"})
    sector = save("Makanan")
    copy = copy_segment(first, actor=make_user("head"), now=NOW)
    renamed = save("Kuliner Jaktim", {"aktif": "tidak"}, first)

    assert (first.people_count, copy.people_count, copy.rules) == (0, 1, {"aktif": "ya"})
    assert copy.name == "Kuliner Timur (salinan)"
    assert sector.slug == "makanan-2", "the slug of a built-in group was taken"
    assert (renamed.slug, renamed.name) == ("kuliner-timur", "Kuliner Jaktim")
    assert first.organisation is not None
    with pytest.raises(SegmentRefused, match="sudah dipakai"):
        save("kuliner jaktim")


def test_a_segment_that_invitations_use_is_kept():
    used, unused = SegmentFactory(), SegmentFactory()
    InvitationRoundFactory(segment=used.slug, cohort=CohortFactory(code="daring-1"))

    delete_segment(unused)
    with pytest.raises(SegmentRefused, match="daring-1"):
        delete_segment(used)

    assert [*Segment.objects.all()] == [used]


def test_old_figures_are_counted_again_and_broken_rules_stop_nobody():
    ParticipantFactory()
    boss = make_user("head")
    old = SegmentFactory(owner=boss, counted_at=NOW - timedelta(hours=1))
    broken = SegmentFactory(owner=boss, rules={"sektor": ["hilang"]}, people_count=7)
    fresh = SegmentFactory(owner=boss, counted_at=NOW)

    assert recount_segments(now=NOW) == 2

    counts = dict(Segment.objects.values_list("pk", "people_count"))
    assert counts == {old.pk: 1, broken.pk: 7, fresh.pk: 0}
