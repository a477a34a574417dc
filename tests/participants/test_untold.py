"""People whom no message of a campaign reached, worked off by the kecamatan they live in."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    CampaignFactory,
    DeliveryFactory,
    MembershipFactory,
    ParticipantFactory,
    RegionFactory,
)
from tests.messaging import scenes
from tests.staff import make_user
from umkm_portal.accounts.models import Membership
from umkm_portal.messaging import kinds
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import Campaign, Delivery, DeliveryBatch, Exclusion

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture(autouse=True)
def _own_kinds(monkeypatch):
    monkeypatch.setattr(kinds, "_registered", dict(kinds._registered))
    scenes.register_kinds()


def page(campaign):
    return reverse("admin:participants_untold_list", args=[campaign.pk])


def announced():
    """A campaign whose counters say that some messages failed."""
    campaign = CampaignFactory(
        kind=scenes.BULK.name,
        title="Bazar Desember",
        state=Campaign.State.RUNNING,
        started_at=timezone.now(),
        channels=["email", "sms"],
    )
    DeliveryBatch.objects.create(
        campaign=campaign,
        number=1,
        channel="email",
        account=default_account("email"),
        failed_permanent=1,
    )
    return campaign


def missed(campaign, person, state=State.FAILED_PERMANENT, **facts):
    return DeliveryFactory(campaign=campaign, recipient_key=person.pk, state=state, **facts)


@pytest.fixture
def head(client):
    client.force_login(make_user("head"))
    return client


def names(client, campaign):
    districts = client.get(page(campaign)).context["districts"]
    return [row.name for district in districts for row in district.rows]


def test_list_has_those_without_a_message_and_nobody_else(head):
    campaign = announced()
    failed, alone, waits, stopped, restricted = (
        ParticipantFactory(full_name=name) for name in ("Ani", "Budi", "Citra", "Dewi", "Eka")
    )
    missed(campaign, failed)
    Exclusion.objects.create(campaign=campaign, recipient_key=alone.pk, reason="no_channel")
    missed(campaign, waits)
    missed(campaign, waits, State.PENDING, channel="sms")
    missed(campaign, stopped, State.SUPPRESSED, error="opt_out")
    missed(campaign, restricted)
    restricted.restricted_at = timezone.now()
    restricted.save()

    assert sorted(names(head, campaign)) == ["Ani", "Budi"]
    assert campaign.title in head.get(reverse("admin:participants_untold_index")).content.decode()

    mark = reverse("admin:participants_untold_mark", args=[campaign.pk, alone.pk])
    for _ in range(2):
        head.post(mark)
    assert names(head, campaign) == ["Ani"]
    told = campaign.deliveries.get(channel="manual")
    assert (told.recipient_key, told.state) == (alone.pk, "accepted")
    assert told.actor is not None
    campaign.refresh_from_db()
    assert not campaign.exclusions.exists()


def test_a_kecamatan_sees_and_marks_its_own_people_only(client):
    here, there = RegionFactory(), RegionFactory()
    campaign = announced()
    ours, theirs = ParticipantFactory(region=here), ParticipantFactory(region=there)
    for person in (ours, theirs):
        missed(campaign, person)
    district = MembershipFactory(role=Membership.Role.DISTRICT, region=here).user
    client.force_login(district)

    assert names(client, campaign) == [ours.full_name]
    mark = reverse("admin:participants_untold_mark", args=[campaign.pk, theirs.pk])
    assert client.post(mark).status_code == 404
    assert not campaign.deliveries.filter(channel="manual").exists()


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_a_constant_number_of_queries(head, count, django_assert_max_num_queries):
    campaign = announced()
    for _ in range(count):
        missed(campaign, ParticipantFactory())

    with django_assert_max_num_queries(18):
        assert len(names(head, campaign)) == count
