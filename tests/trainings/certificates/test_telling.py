"""Owners hear of their certificates once, all of a cohort together, and of none that is void."""

from datetime import timedelta

import pytest
from django.urls import reverse

from participants.consents import give_consent
from participants.models import Consent, Participant
from tests.trainings.scenes import approve_text
from trainings import after_messages
from trainings.certificates import batches, issuing, telling
from trainings.models import CertificateBatch
from umkm_portal.common import tokens
from umkm_portal.messaging.models import Campaign, Delivery
from umkm_portal.messaging.services import expand_campaign
from umkm_portal.messaging.services.outbox import work_everything

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def told(now):
    """The messages of the newest campaign, by name of the person."""
    campaign = Campaign.objects.filter(kind="certificate").latest("pk")
    expand_campaign(campaign, now=now)
    return {row.context["nama"]: row for row in Delivery.objects.filter(campaign=campaign)}


def test_each_owner_is_told_once_when_nothing_more_is_issued(issued):
    issuing.revoke(
        issued.papers["Citra Dewi"], reason="Salah orang", by=issued.officer, now=issued.now
    )
    later = issued.now + 2 * MINUTE

    assert telling.tell_due(now=issued.now) == 0
    assert [telling.tell_due(now=later), telling.tell_due(now=later + 9 * MINUTE)] == [2, 0]

    found = told(later)
    assert sorted(found) == ["Budi Hartono", "Siti Aminah"]
    siti = found["Siti Aminah"]
    assert (siti.address, siti.subject_id) == (issued.siti.participant.email, issued.siti.pk)
    assert siti.context["kabar"] == "Sertifikat lulus Anda sudah terbit."
    assert siti.context["nomor"] == issued.papers["Siti Aminah"].shown_number


def test_a_reissue_says_so_and_what_was_taken_back_meanwhile_is_not_sent(issued):
    first, second = issued.now + 2 * MINUTE, issued.now + 20 * MINUTE
    telling.tell_due(now=first)
    campaign = Campaign.objects.get(kind="certificate")
    old, facts = issued.papers["Siti Aminah"], {"by": issued.officer, "now": first + MINUTE}
    fresh = issuing.reissue(old, name="Siti Aminah S.E.", reason="Nama kurang gelar", **facts)
    issuing.revoke(issued.papers["Budi Hartono"], reason="Salah orang", **facts)

    wanted = after_messages.CERTIFICATE.still_wanted(
        campaign, [issued.siti.pk, issued.budi.pk, issued.citra.pk]
    )

    assert wanted == {issued.citra.pk}
    assert telling.tell_due(now=second) == 1
    (siti,) = told(second).values()
    assert siti.context["perihal"] == "Sertifikat diganti"
    assert siti.context["nomor"] == fresh.shown_number
    assert f"pengganti nomor {old.shown_number}, yang tidak berlaku" in siti.context["kabar"]


def test_nobody_hears_while_the_job_is_at_work_nor_of_an_old_one(issued):
    later = issued.now + 2 * MINUTE
    batch = batches.request_batch(issued.cohort, kind="finished", by=None, now=issued.now)

    assert telling.tell_due(now=later) == 0
    CertificateBatch.objects.filter(pk=batch.pk).update(state="failed")
    assert telling.tell_due(now=issued.now + timedelta(days=8)) == 0
    assert telling.tell_due(now=later) == 3


def test_the_link_of_the_message_leads_to_the_certificate(client, issued):
    telling.tell_due(now=issued.now + 2 * MINUTE)
    mail = told(issued.now)["Siti Aminah"]
    address = reverse("trainings:answer", args=[tokens.sign("answer", mail.public_id)])

    page = client.get(address)

    assert page.status_code == 200
    assert issued.papers["Siti Aminah"].shown_number in page.content.decode()


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_who_has_only_a_phone_hears_of_her_certificate_there(engines, issued, channel):
    if channel == "whatsapp":
        approve_text(engines.whatsapp, after_messages.CERTIFICATE)
    person = issued.siti.participant
    Participant.objects.filter(pk=person.pk).update(email="")
    facts = {"channel": "loket", "actor": None, "now": issued.now}
    give_consent(person, purpose=Consent.Purpose.WHATSAPP, **facts)
    telling.tell_due(now=issued.now + 2 * MINUTE)

    work_everything()

    rows = Delivery.objects.filter(campaign__kind="certificate")
    found = dict(rows.values_list("recipient_key", "channel"))
    assert found.pop(person.pk) == channel
    assert set(found.values()) == {"email"}
    assert set(rows.values_list("state", flat=True)) == {"accepted"}
    if channel == "sms":
        ((number, text),) = engines.sms.accepted
        assert number == person.phone
        assert text.startswith(f"Sertifikat terbit: {issued.cohort.training.title}. Lihat")
