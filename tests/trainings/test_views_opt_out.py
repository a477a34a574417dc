import uuid

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import DeliveryFactory
from umkm_portal.common import tokens
from umkm_portal.messaging.masking import masked
from umkm_portal.messaging.models import Suppression

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


@pytest.mark.parametrize("purpose", ["answer", "stop"])
def test_opt_out_refuses_foreign_tokens(client, purpose):
    delivery = DeliveryFactory()
    value = delivery.public_id if purpose == "answer" else uuid.uuid4()

    response = client.post(reverse("trainings:opt_out", args=[tokens.sign(purpose, value)]))

    assert response.status_code == 404
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
