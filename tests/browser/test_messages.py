"""Lists of messages, the inbox and the choice of kinds in a real browser."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_look import keep
from tests.browser.test_staff import OF_THE_THEME, staff_page  # noqa: F401 - a fixture
from tests.factories import CohortFactory, DeliveryFactory, ParticipantFactory, RegionFactory
from tests.messaging.test_admin import running
from tests.trainings.scenes import invite
from umkm_portal.common import tokens
from umkm_portal.messaging.models import (
    Delivery,
    DeliveryEvent,
    Exclusion,
    Reply,
    Suppression,
)

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
State = Delivery.State
REFUSAL = "550 5.1.1 <siti.aminah.nurhasanah@contoh-toko-daring.example>: Recipient rejected"


def scene():
    """Addresses of the pages by a short name: each with something on it."""
    campaign = running(*[State.FAILED_PERMANENT] * 2, *[State.UNCERTAIN] * 2, State.SUPPRESSED)
    rows = list(campaign.deliveries.order_by("pk"))
    Delivery.objects.filter(state=State.FAILED_PERMANENT).update(error=REFUSAL, attempt=2)
    Delivery.objects.filter(state=State.SUPPRESSED).update(error="opt_out")
    for number, state in enumerate(("accepted", "failed_permanent")):
        DeliveryEvent.objects.create(
            delivery=rows[0], key=f"{number}", state=state, source="whatsapp", detail=REFUSAL
        )
    person = ParticipantFactory(phone="+6281200000001", region=RegionFactory())
    invite(CohortFactory(), person)
    Exclusion.objects.create(campaign=campaign, recipient_key=person.pk, reason="no_channel")
    reply = Reply.objects.create(
        channel="whatsapp",
        key="wamid.1",
        address=person.phone,
        text="Kak, tempatnya dekat halte mana ya? Boleh bawa anak?",
        word="unclear",
        region=person.region,
        note="Perlu dibaca petugas.",
    )
    asked = {"channel": "whatsapp", "address": "+6281200000009", "word": "unclear"}
    answered = Reply.objects.create(
        **asked, key="2", text="Halo?", state="answered", answer="Halte Senen, Bu."
    )
    Reply.objects.filter(pk=answered.pk).update(answer_delivery=rows[0])
    late = timezone.now() - timedelta(hours=30)
    late = Reply.objects.create(**asked, key="3", text="Apa kabar?", received_at=late)
    Reply.objects.filter(pk=answered.pk).update(received_at=late.received_at)
    stopped = Suppression.objects.create(
        channel="email", address="siti@contoh.example", reason="hard_bounce", note=REFUSAL
    )
    pages = {
        name: reverse("admin:messaging_campaign_list", args=[campaign.pk, name])
        for name in ("gagal", "belum-pasti", "tidak-dikirim", "dikecualikan")
    }
    return pages | {
        "pesan": reverse("admin:messaging_campaign_message", args=[campaign.pk, rows[0].pk]),
        "kampanye": reverse("admin:messaging_campaign_change", args=[campaign.pk]),
        "kotak": reverse("admin:messaging_reply_changelist"),
        "balasan": reverse("admin:messaging_reply_change", args=[reply.pk]),
        "balasan-terjawab": reverse("admin:messaging_reply_change", args=[answered.pk]),
        "balasan-terlambat": reverse("admin:messaging_reply_change", args=[late.pk]),
        "dihentikan": reverse("admin:messaging_suppression_change", args=[stopped.pk]),
        "berhenti": reverse(
            "trainings:opt_out", args=[tokens.sign("stop", DeliveryFactory().public_id)]
        ),
    }


def test_pages_of_messages_fit_and_can_be_read_by_all(staff_page, live_server, violations):  # noqa: F811
    page, width = staff_page, staff_page.viewport_size["width"]

    for name, address in scene().items():
        page.goto(live_server.url + address)
        keep(page, name, width)

        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        ours = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        assert ours == [], name
    assert page.problems == []
