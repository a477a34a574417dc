"""The partner's steps of the tour tick from what really happened."""

from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from partners.announcing.curated import segment_of_passed
from partners.announcing.publishing import announce, publish_due
from partners.curation.services import accept_list, receive_list
from partners.models import CurationList
from tests.factories import (
    BusinessFactory,
    CohortFactory,
    CurationCallFactory,
    OrganisationFactory,
    ParticipantFactory,
    PartnerFactory,
    RegionFactory,
)
from tests.pages.test_tour import caught
from trainings.services import rounds
from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.imports.repairs import repair_row
from umkm_portal.imports.services import process_file
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign
from umkm_portal.pages.demo import members
from umkm_portal.pages.demo.people import OWNER_EMAIL
from umkm_portal.pages.tour.sample import OWNER_PLACE, sample_list
from umkm_portal.pages.tour.steps import steps
from umkm_portal.pages.tour.walk import Walk, officer

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(settings, tmp_path):
    """Shopee's call, its manager, and the people of the sample list, the stall owner among them."""
    settings.DEMO, settings.MEDIA_ROOT = True, tmp_path
    settings.ANNOUNCE_AFTER_MINUTES = 0
    partner = PartnerFactory(organisation__slug=members.SHOPEE)
    OrganisationFactory(slug=members.TIKTOK, kind=Organisation.Kind.PARTNER)
    members.join_members(now=timezone.now())
    city = RegionFactory()
    for _ in range(OWNER_PLACE + 2):
        BusinessFactory(participant=ParticipantFactory(region=city))
    siti = ParticipantFactory(full_name="Siti", email=OWNER_EMAIL, phone="+6281255500101")
    BusinessFactory(participant=siti, name="Kerudung Bu Siti")
    return SimpleNamespace(
        call=CurationCallFactory(partner=partner, slug="bazaar-online"),
        rina=members.manager(members.SHOPEE),
        siti=siti,
    )


def done():
    found = {step.key: step for step in steps(Walk(), language="id")}
    return [found[key].is_done for key in ("curate", "announce", "train")]


def expanded(campaign):
    """The campaign's messages, each caught."""
    messaging.expand_campaign(campaign, now=timezone.now())
    for delivery in campaign.deliveries.all():
        caught(delivery)


def test_partner_steps_tick_from_upload_to_training(client, scene):
    now = timezone.now()
    assert done() == [False, False, False]

    sample = sample_list(scene.call)
    file, _ = receive_list([sample], name="a.xlsx", call=scene.call, uploader=scene.rina, now=now)
    process_file(file.pk)
    file.refresh_from_db()
    row = file.rows.get(action="reject")
    cells = {"Nomor WA": "0812-5550-0101"}
    repair_row(file, row_no=row.row_no, cells=cells, by=scene.rina, now=now)
    file.refresh_from_db()
    accept_list(file, by=scene.rina, now=timezone.now())
    assert done() == [True, False, False]

    version = announce(CurationList.objects.get(), by=officer(), now=now)
    publish_due(now=timezone.now())
    expanded(Campaign.objects.get(kind="curation_result", subject_id=version.pk))
    assert done() == [True, False, False]
    response = client.post(reverse("pages:login_practice"), {"akun": "pemilik"})
    assert response.url == reverse("mine:home")
    assert "Selamat, usaha Anda lolos" in client.get("/saya/kurasi/bazaar-online/").content.decode()
    assert done() == [True, True, False]

    curated = segment_of_passed(scene.call, by=officer(), now=now)
    assert segment_of_passed(scene.call, by=officer(), now=now) == curated
    opened = rounds.open_round(
        CohortFactory(seats=3), actor=officer(), segment=curated.slug, now=now, any_hour=True
    )
    expanded(opened.campaign)
    assert done() == [True, True, True]
    assert Walk().round is None


@pytest.mark.parametrize("key", [members.SHOPEE, members.TIKTOK])
def test_members_come_in_with_one_click_and_see_their_own_partner(client, scene, key):
    assert client.post(reverse("pages:login_practice"), {"akun": key}).url == "/mitra/"

    member = User.objects.get(pk=client.session["_auth_user_id"])
    assert [m.organisation.slug for m in member.memberships.all()] == [key]
    assert member.memberships.get().role == Membership.Role.PARTNER_MANAGER


@pytest.mark.parametrize("key", ["siapa", members.SHOPEE, "pemilik"])
def test_an_account_that_is_not_there_leads_back_to_the_tour(client, db, settings, key):
    settings.DEMO = True

    assert client.post(reverse("pages:login_practice"), {"akun": key}).url == reverse("pages:tour")
    assert "_auth_user_id" not in client.session
