import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from participants.models import Participant
from tests.factories import CampaignFactory, DeliveryFactory, ParticipantFactory
from umkm_portal.common import tokens
from umkm_portal.messaging import stop_links
from umkm_portal.messaging.archive import running
from umkm_portal.messaging.masking import masked
from umkm_portal.messaging.models import Delivery, Suppression

pytestmark = pytest.mark.django_db


def address_of(delivery):
    return reverse("trainings:opt_out", args=[tokens.sign("stop", delivery.public_id)])


def test_opt_out_page_asks_first(client):
    delivery = DeliveryFactory(address="siti.rahasia@contoh.example")

    body = client.get(address_of(delivery)).content.decode()

    assert not Suppression.objects.exists()
    assert "s***@contoh.example" in body
    assert "rahasia" not in body


def test_opt_out_by_a_mail_program_needs_no_form_token():
    delivery = DeliveryFactory(address="siti@contoh.example")
    program = Client(enforce_csrf_checks=True)

    response = program.post(address_of(delivery), {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200
    stopped = Suppression.objects.get()
    assert (stopped.address, stopped.purpose) == ("siti@contoh.example", "bulk")
    assert stopped.reason == Suppression.Reason.OPT_OUT


def test_opt_out_twice_is_harmless(client):
    delivery = DeliveryFactory()

    for _ in range(2):
        response = client.post(address_of(delivery))

    assert "tidak akan menerima undangan lagi" in response.content.decode()
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize(("purpose", "status"), [("answer", 404), ("stop", 410)])
def test_opt_out_refuses_foreign_tokens(client, purpose, status):
    delivery = DeliveryFactory()
    value = delivery.public_id if purpose == "answer" else uuid.uuid4()

    response = client.post(reverse("trainings:opt_out", args=[tokens.sign(purpose, value)]))

    assert response.status_code == status
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("siti@contoh.example", "s***@contoh.example"),
        ("+6281234567", "+6281****"),
        ("", "alamat ini"),
    ],
)
def test_masked_gives_no_address_away(address, shown):
    assert masked(address) == shown


def test_kinds_are_chosen_one_by_one(client):
    delivery = DeliveryFactory(address="siti@contoh.example")
    address = address_of(delivery)
    body = client.post(address, {"pilihan": "1", "jenis": ["invitation"]}).content.decode()

    assert "Pilihan Anda disimpan" in body
    stopped = set(Suppression.objects.values_list("purpose", flat=True))
    assert stopped
    assert stopped.isdisjoint({"invitation", "bulk", "all"})
    shown = client.get(address).content.decode()
    assert 'value="invitation" checked' in shown
    assert shown.count(" checked") == 1

    client.post(address, {"pilihan": "1"})
    assert "bulk" in Suppression.objects.values_list("purpose", flat=True)
    client.post(address, {"pilihan": "1", "jenis": ["invitation", "unknown"]})
    assert "bulk" not in Suppression.objects.values_list("purpose", flat=True)


def test_choice_leaves_bounces_and_decisions_of_staff_alone(client):
    delivery = DeliveryFactory(address="siti@contoh.example")
    facts = {"channel": "email", "address": "siti@contoh.example"}
    Suppression.objects.create(**facts, purpose="all", reason="hard_bounce")
    Suppression.objects.create(**facts, purpose="bulk", reason="staff")

    body = client.post(address_of(delivery), {"pilihan": "1", "jenis": ["invitation"]})

    kept = set(Suppression.objects.values_list("purpose", "reason"))
    assert {("all", "hard_bounce"), ("bulk", "staff")} <= kept
    assert " checked" not in body.content.decode()


def link_of(delivery):
    """The address in the foot of a message."""
    key, channel = delivery.recipient_key, delivery.channel
    token = stop_links.sign(delivery.public_id, recipient_key=key, channel=channel)
    return reverse("trainings:opt_out", args=[token])


@pytest.mark.parametrize("write", [address_of, link_of], ids=["by message", "by person"])
def test_both_kinds_of_links_stop_the_address_of_their_message(client, write):
    person = ParticipantFactory(email="baru@contoh.example")
    delivery = DeliveryFactory(recipient_key=person.pk, address="lama@contoh.example")
    DeliveryFactory(recipient_key=person.pk, address="lain@contoh.example")

    client.post(write(delivery))

    assert list(Suppression.objects.values_list("address", flat=True)) == ["lama@contoh.example"]


@pytest.mark.parametrize("write", [address_of, link_of], ids=["by message", "by person"])
def test_a_message_whose_address_was_emptied_stops_where_its_person_is_written_to_now(
    client, write
):
    person = ParticipantFactory(email="Siti.Rahasia@contoh.example")
    delivery = DeliveryFactory(recipient_key=person.pk, address="")

    shown = client.get(write(delivery)).content.decode()
    done = client.post(write(delivery)).content.decode()

    assert "S***@contoh.example" in shown
    assert "tidak akan menerima undangan lagi" in done
    assert Suppression.objects.get().address == "siti.rahasia@contoh.example"


@pytest.mark.parametrize("write", [address_of, link_of], ids=["by message", "by person"])
@pytest.mark.parametrize("facts", [{"email": ""}, {"status": Participant.Status.ANONYMISED}])
def test_where_nothing_can_be_stopped_the_page_says_so_and_where_to_turn(client, write, facts):
    ParticipantFactory(email="orang.lain@contoh.example")
    person = ParticipantFactory(**facts)
    delivery = DeliveryFactory(recipient_key=person.pk, address="")

    for answer in (client.get(write(delivery)), client.post(write(delivery))):
        assert answer.status_code == 410
        assert "Belum ada yang dihentikan" in answer.content.decode()
    assert not Suppression.objects.exists()


def test_link_of_an_archived_message_still_stops_by_one_click(client):
    now = timezone.now()
    long_ago = now - timezone.timedelta(days=400)
    campaign = CampaignFactory(state="done", finished_at=long_ago)
    person = ParticipantFactory(email="siti@contoh.example")
    delivery = DeliveryFactory(
        campaign=campaign, recipient_key=person.pk, state="accepted", changed_at=long_ago
    )
    new, old = link_of(delivery), address_of(delivery)
    running.run(now)
    assert not Delivery.objects.exists()

    answer = Client(enforce_csrf_checks=True).post(new, {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    stopped = Suppression.objects.get()
    assert (stopped.channel, stopped.address) == ("email", person.email)
    assert client.post(old).status_code == 410, "sent before links named their person"


def test_link_of_a_record_that_was_joined_stops_the_record_that_lives(client):
    lives = ParticipantFactory(email="siti@contoh.example")
    joined = ParticipantFactory(status=Participant.Status.MERGED, merged_into=lives)
    delivery = DeliveryFactory(recipient_key=joined.pk, address="")

    client.post(link_of(delivery))

    assert Suppression.objects.get().address == "siti@contoh.example"


@pytest.mark.parametrize("channel", ["email", "whatsapp", "sms"])
@pytest.mark.parametrize("key", [1, 370_000, -12, 2**50])
def test_links_carry_any_person_and_channel_in_forty_letters(channel, key):
    token = stop_links.sign(uuid.uuid4(), recipient_key=key, channel=channel)

    reader = stop_links.reader_of(token)

    assert re.fullmatch(r"[\w-]{40}", token)
    assert (reader.recipient_key, reader.channel, reader.address) == (key, channel, "")
