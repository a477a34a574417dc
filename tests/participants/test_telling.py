"""Answers on requests and steps of licences reach the person: once each, with her name alone."""

import json

import pytest
from django.utils import timezone

from participants.consents import give_consent
from participants.licences import ask_licence, move_licence, send_again
from participants.models import LicenceRequest
from participants.reference import load_reference_data
from participants.requests import RequestRefused, ask, fulfil, refuse, withdraw
from participants.telling import tell_answer, way_to
from tests.factories import ParticipantFactory, UserFactory
from tests.messaging.transports.provider import Provider
from umkm_portal.messaging import invariants
from umkm_portal.messaging.models import Delivery, Suppression
from umkm_portal.messaging.services.outbox import work_everything

pytestmark = pytest.mark.django_db
State = LicenceRequest.State
NOW = timezone.now()


def sent():
    """(kind, state) of every message, in order."""
    rows = Delivery.objects.order_by("pk").values_list("campaign__kind", "state")
    return list(rows)


def test_every_answer_is_sent_once_by_email_with_her_name_alone(sink):
    siti = ParticipantFactory(full_name="Siti Aminah", phone="+6281298765432", email="s@a.example")
    officer = UserFactory()
    correction = ask(siti, kind="correction", text="RT 05", account=None, now=NOW)
    restriction = ask(siti, kind="restriction", account=None, now=NOW)
    taken_back = ask(siti, kind="deletion", account=None, now=NOW)

    refuse(correction, answer="Bawa KTP RT 05.", actor=officer, now=NOW)
    fulfil(restriction, answer="Dibatasi.", actor=officer, now=NOW)
    withdraw(taken_back, now=NOW)
    with pytest.raises(RequestRefused):
        refuse(correction, answer="Lagi.", actor=officer, now=NOW)
    correction.refresh_from_db()
    tell_answer(correction, way=way_to(siti), now=NOW)

    contexts = list(Delivery.objects.order_by("pk").values_list("context", flat=True))
    assert [(c["perihal"], c["keadaan"]) for c in contexts] == [
        ("Perbaikan data", "Tidak dapat dipenuhi"),
        ("Pembatasan pemakaian", "Dipenuhi"),
    ]
    for private in ("RT 05", "KTP", "Dibatasi.", siti.code, "0812", "98765432"):
        assert private not in json.dumps(contexts), private
    work_everything()
    assert [address for _, address, _ in sink.received()] == ["s@a.example"] * 2
    assert sent() == [("data_answer", "accepted")] * 2
    assert invariants.violations() == []


def test_the_last_message_is_forgotten_once_it_has_gone(sink):
    siti = ParticipantFactory(full_name="Siti Aminah", email="s@a.example")
    deletion = ask(siti, kind="deletion", account=None, now=NOW)

    fulfil(deletion, answer="", actor=UserFactory(), now=NOW)

    last = Delivery.objects.get()
    assert (last.recipient_key, last.address) == (-deletion.pk, "s@a.example")
    assert "Siti" not in json.dumps(last.context)
    work_everything()
    last.refresh_from_db()
    assert [address for _, address, _ in sink.received()] == ["s@a.example"]
    assert (last.state, last.address, last.context, last.error) == ("accepted", "", {}, "")


def test_a_last_message_that_is_refused_leaves_no_address_either(sink_that):
    sink_that("--refuse", "s@a=550")
    siti = ParticipantFactory(full_name="Siti Aminah", email="s@a.example")

    fulfil(
        ask(siti, kind="deletion", account=None, now=NOW), answer="", actor=UserFactory(), now=NOW
    )
    work_everything()

    last = Delivery.objects.get()
    assert (last.state, last.address, last.error) == ("failed_permanent", "", "")
    assert not Suppression.objects.exists()


def test_each_step_that_staff_make_of_a_licence_is_told(sink):
    load_reference_data()
    siti = ParticipantFactory(email="s@a.example")
    facts = {"wants_delivery": True, "address": "Jalan Melati 7"}
    row = ask_licence(siti, kind="halal", actor=None, now=NOW, **facts)

    def move(to, **more):
        move_licence(row, to=to, actor=UserFactory(), now=NOW, **more)

    move(State.CHECKING)
    move(State.NEEDS_FIX, reason="Foto dapur buram")
    send_again(row, note="Sudah", actor=None, now=NOW, **facts)
    move(State.CHECKING)
    move(State.PROCESSING)
    move(State.DONE, number="ID3111000", issued_on=NOW.date())

    contexts = list(Delivery.objects.order_by("pk").values_list("context", flat=True))
    told = [context["keadaan"] for context in contexts]
    assert told == ["Diperiksa", "Perlu diperbaiki", "Diperiksa", "Diproses", "Selesai"]
    for private in ("Melati", "buram", "ID3111000"):
        assert private not in json.dumps(contexts)
    work_everything()
    assert len(sink.received()) == 5
    assert {state for _, state in sent()} == {"accepted"}


def test_whatsapp_where_she_agreed_and_a_template_exists_else_email_else_it_is_noted(settings):
    settings.DEMO, settings.EMAIL_URL = False, "smtp://127.0.0.1:9"
    settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID = "kunci", "555"
    settings.WHATSAPP_CODE_TEMPLATE, settings.WHATSAPP_NEWS_TEMPLATE = "kode_masuk", ""
    siti = ParticipantFactory(full_name="Siti", phone="+6281298765432", email="s@a.example")
    give_consent(siti, purpose="whatsapp", channel="x", actor=None, now=NOW)
    assert way_to(siti).channel == "email"
    settings.WHATSAPP_NEWS_TEMPLATE = "kabar"
    assert way_to(ParticipantFactory(phone="+6281298765432")).channel == "email", "not agreed"

    with Provider() as provider:
        provider.answer = (200, {"messages": [{"id": "wamid.1"}]})
        settings.WHATSAPP_BASE_URL = f"{provider.url}/v23.0"
        request = ask(siti, kind="correction", account=None, now=NOW)
        fulfil(request, answer="Sudah", actor=UserFactory(), now=NOW)
        work_everything()

    [(_, _, body)] = provider.got
    template = json.loads(body)["template"]
    words = [part["text"] for part in template["components"][0]["parameters"]]
    assert (template["name"], words[:3]) == ("kabar", ["Siti", "Perbaikan data", "Dipenuhi"])
    assert words[3].endswith("/saya/permintaan/")
    assert "Sudah" not in body
    nobody = ParticipantFactory(phone="", email="")
    request = ask(nobody, kind="correction", account=None, now=NOW)
    refuse(request, answer="Datang ke kecamatan.", actor=UserFactory(), now=NOW)
    assert sent()[-1] == ("data_answer", "suppressed")
