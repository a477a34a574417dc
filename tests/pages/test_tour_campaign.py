"""The steps of the tour about campaigns tick from rows alone."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import CampaignFactory, DeliveryFactory, ParticipantFactory
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import CampaignPlan, DeliveryBatch, QueuePulse, Reply
from umkm_portal.messaging.operations.pulses import QUEUES, SWEEP
from umkm_portal.pages.demo.announcing import SENT
from umkm_portal.pages.demo.people import OWNER_EMAIL
from umkm_portal.pages.tour.campaign_steps import campaign_steps
from umkm_portal.pages.tour.campaigns import CampaignWalk
from umkm_portal.pages.tour.parts import Speaker
from umkm_portal.pages.tour.walk import officer

pytestmark = pytest.mark.django_db


def ticks(key):
    found = {step.key: step for step in campaign_steps(CampaignWalk(), Speaker("id"))}
    return [(tick.label, tick.is_done) for tick in found[key].ticks]


def campaign_of_the_officer(state):
    campaign = CampaignFactory(kind="announcement", created_by=officer(), state=state)
    CampaignPlan.objects.create(
        campaign=campaign, purpose="announcement", figures={"reached": 1_200}
    )
    return campaign


def test_a_campaign_is_followed_from_its_draft_to_its_end(settings, client):
    settings.DEMO = True
    siti = ParticipantFactory(full_name="Siti Aminah", email=OWNER_EMAIL)
    other = ParticipantFactory()
    assert not any(is_done for _, is_done in ticks("campaign"))
    campaign = campaign_of_the_officer("draft")
    assert ticks("campaign")[1:] == [
        ("Penerima dihitung: 1.200 orang", True),
        ("Tombol Kirim ditekan", False),
    ]

    for person in (other, siti):
        DeliveryFactory(campaign=campaign, recipient_key=person.pk, state="accepted")
    DeliveryBatch.objects.create(
        **{"campaign": campaign, "number": 1, "channel": "email", "size": 2, "accepted": 2},
        account=default_account("email"),
    )
    campaign.state, campaign.options = "paused", {"paused_by": officer().pk}
    campaign.save()

    assert ticks("watch") == [
        ("Pesan keluar: 2", True),
        ("Pernah dijeda", True),
        ("Selesai", False),
    ]
    assert ticks("person") == [("Pesan Anda ada di riwayat Siti Aminah", True)]
    page = client.get(reverse("pages:tour")).content.decode()
    assert reverse("admin:messaging_campaign_change", args=[campaign.pk]) in page


def test_what_nobody_knows_is_decided_and_a_reply_is_dealt_with():
    troubled = CampaignFactory(title=SENT, kind="announcement", state="done")
    row = DeliveryFactory(campaign=troubled, state="uncertain")
    reply = Reply.objects.create(channel="whatsapp", key="1", text="?", word="unclear")
    assert not any(is_done for _, is_done in ticks("untold"))

    row.state, row.actor = "accepted", officer()
    row.save()
    reply.state, reply.handled_by = "closed", officer()
    reply.save()

    assert ticks("untold") == [
        ("Pesan yang belum pasti diputuskan: 1", True),
        ("Satu balasan ditangani", True),
    ]


def test_health_needs_a_sign_of_every_queue():
    assert ticks("health") == [("Semua antrean memberi kabar", False)]
    for queue in (*QUEUES, SWEEP):
        QueuePulse.objects.create(queue=queue, answered_at=timezone.now())
    assert ticks("health") == [("Semua antrean memberi kabar", True)]
