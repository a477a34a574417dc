import pytest
from django.utils import timezone

from participants.consents import (
    OWN_PAGE,
    give_consent,
    has_consent,
    reaches_of,
    resume_channel,
    stop_channel,
    withdraw_consent,
)
from participants.models import Consent
from tests.factories import (
    CampaignFactory,
    DeliveryFactory,
    OrganisationFactory,
    ParticipantFactory,
    UserFactory,
)
from umkm_portal.messaging.models import Channel, Delivery, Suppression

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def told(person):
    return {reach.channel.value: reach.is_on for reach in reaches_of(person)}


def test_each_consent_is_an_event_of_its_own_with_the_notice_she_saw():
    person, partner = ParticipantFactory(), OrganisationFactory(kind="partner")
    other = OrganisationFactory(kind="partner")
    act = {"channel": OWN_PAGE, "actor": UserFactory(), "now": NOW}
    sharing = {"purpose": Consent.Purpose.SHARING, "organisation": partner}

    assert give_consent(person, **sharing, **act)
    assert give_consent(person, **sharing, **act) is None, "she agreed already"
    assert not has_consent(person, "sharing", organisation=other)
    assert withdraw_consent(person, **sharing, **act)
    assert withdraw_consent(person, **sharing, **act) is None

    rows = person.consents.order_by("pk").values_list("event", "organisation", "notice_version")
    assert [(event, org, bool(notice)) for event, org, notice in rows] == [
        ("given", partner.pk, True),
        ("withdrawn", partner.pk, True),
    ]


def test_switching_off_acts_on_what_waits_and_switching_on_lifts_no_bounce():
    person = ParticipantFactory(email="Siti@contoh.example")
    campaign = CampaignFactory(kind="invitation")
    waiting = DeliveryFactory(campaign=campaign, recipient_key=person.pk, address=person.email)
    sent = DeliveryFactory(
        campaign=CampaignFactory(kind="invitation"), recipient_key=person.pk, state="accepted"
    )

    stop_channel(person, Channel.EMAIL, actor=None, now=NOW)
    stop_channel(person, Channel.EMAIL, actor=None, now=NOW)

    waiting.refresh_from_db()
    sent.refresh_from_db()
    assert (waiting.state, sent.state) == (Delivery.State.CANCELLED, Delivery.State.ACCEPTED)
    assert Suppression.objects.get().address == "siti@contoh.example"
    assert told(person) == {"whatsapp": False, "sms": True, "email": False}

    resume_channel(person, Channel.EMAIL, actor=None, now=NOW)
    assert told(person)["email"]
    Suppression.objects.create(
        channel="email", address="siti@contoh.example", purpose="all", reason="hard_bounce"
    )
    resume_channel(person, Channel.EMAIL, actor=None, now=NOW)
    assert not told(person)["email"]


def test_whatsapp_of_a_shared_phone_stops_when_nobody_is_left_who_agreed():
    mother = ParticipantFactory(phone="+6281234567890")
    daughter = ParticipantFactory(phone="+6281234567890")
    for person in (mother, daughter):
        resume_channel(person, Channel.WHATSAPP, actor=None, now=NOW)

    stop_channel(mother, Channel.WHATSAPP, actor=None, now=NOW)
    assert (told(mother)["whatsapp"], told(daughter)["whatsapp"]) == (False, True)
    stop_channel(daughter, Channel.WHATSAPP, actor=None, now=NOW)
    assert Suppression.objects.get().channel == "whatsapp"
