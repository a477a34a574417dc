"""SMS and WhatsApp against a provider on loopback: what each answer, and each silence, means."""

import json
from urllib.parse import parse_qs

import pytest

from tests.messaging.transports.provider import Provider
from tests.stage import free_port
from umkm_portal.messaging.transports import (
    AccountTrouble,
    Message,
    TemplateTrouble,
    TooFast,
    channels_on,
    make_transport,
    off_reason,
)

TEXT = "Kode Anda 123456 – rahasia"
MESSAGE = Message("+6281234567890", TEXT.encode(), reference="d-1", values={"kode": "123456"})


@pytest.fixture
def provider(settings):
    settings.DEMO = False
    with Provider() as running:
        settings.SMS_URL, settings.SMS_TOKEN = f"{running.url}/kirim?a=1", "rahasia"
        settings.WHATSAPP_BASE_URL = f"{running.url}/v23.0"
        settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID = "kunci", "555"
        settings.WHATSAPP_CODE_TEMPLATE = "kode_masuk"
        yield running


def send(channel, message=MESSAGE, timeout=2.0):
    transport = make_transport(channel, timeout=timeout)
    transport.open()
    outcome = transport.send(message)
    transport.close()
    return outcome


@pytest.mark.parametrize("form", ["json", "form"])
def test_sms_is_one_post(provider, settings, form):
    settings.SMS_FORMAT, settings.SMS_FIELDS = form, ["msisdn", "body", "sender"]

    outcome = send("sms")

    assert (outcome.state, outcome.provider_ref) == ("accepted", "ref-1")
    [(path, headers, body)] = provider.got
    fields = json.loads(body) if form == "json" else {k: v[0] for k, v in parse_qs(body).items()}
    assert fields == {"msisdn": "+6281234567890", "body": TEXT, "sender": "JAKPRENEUR"}
    assert (path, headers["Authorization"]) == ("/kirim?a=1", "Bearer rahasia")
    assert headers["Idempotency-Key"] == "d-1"


def test_whatsapp_fills_the_template_with_the_code_alone(provider):
    provider.answer = (200, {"messages": [{"id": "wamid.1"}]})

    outcome = send("whatsapp")

    assert (outcome.state, outcome.provider_ref) == ("accepted", "wamid.1")
    [(path, headers, body)] = provider.got
    assert (path, headers["Authorization"]) == ("/v23.0/555/messages", "Bearer kunci")
    sent = json.loads(body)
    assert (sent["to"], sent["biz_opaque_callback_data"]) == ("6281234567890", "d-1")
    assert sent["template"]["name"] == "kode_masuk"
    assert body.count('"123456"') == 2
    assert "rahasia" not in body
    assert send("whatsapp", Message("+6281234567890", b"x")).state == "failed_permanent"


def test_whatsapp_fills_another_template_with_the_link_where_one_is_approved(provider, settings):
    link = Message("+6281234567890", b"x", values={"lanjut": "https://contoh.example/daftar/"})
    assert send("whatsapp", link).state == "failed_permanent"
    settings.WHATSAPP_LINK_TEMPLATE = "lanjut_daftar"

    assert send("whatsapp", link).state == "accepted"

    [(_, _, body)] = provider.got
    assert json.loads(body)["template"]["name"] == "lanjut_daftar"
    assert body.count("https://contoh.example/daftar/") == 1


def test_whatsapp_has_a_second_template_for_news(provider, settings):
    provider.answer = (200, {"messages": [{"id": "wamid.2"}]})
    values = {"nama": "Siti", "perihal": "Izin", "keadaan": "Diproses", "langkah": "Baca di sini"}
    message = Message("+6281234567890", b"x", reference="d-2", values=values)

    assert send("whatsapp", message).state == "failed_permanent", "no template yet"
    settings.WHATSAPP_NEWS_TEMPLATE = "kabar"
    assert send("whatsapp", message).state == "accepted"

    [(_, _, body)] = provider.got
    template = json.loads(body)["template"]
    assert template["name"] == "kabar"
    words = [{"type": "text", "text": value} for value in values.values()]
    assert template["components"] == [{"type": "body", "parameters": words}]


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((202, b""), "accepted"),
        ((400, {"error": "bad number"}), "failed_permanent"),
        ((404, b"<html>"), "failed_permanent"),
        ((408, {}), "failed_temporary"),
        ((503, b"busy"), "failed_temporary"),
        (None, "uncertain"),
    ],
)
def test_answers_of_a_provider(provider, channel, answer, state):
    provider.answer = answer

    assert send(channel).state == state


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_silence_is_uncertain_and_a_closed_door_is_not(provider, settings, channel):
    provider.delay = 5.0
    assert send(channel, timeout=0.3).state == "uncertain"

    address = f"http://127.0.0.1:{free_port()}"
    settings.SMS_URL = settings.WHATSAPP_BASE_URL = address
    with pytest.raises(AccountTrouble) as trouble:
        send(channel)
    assert not trouble.value.is_lasting


@pytest.mark.parametrize("status", [401, 403, 302])
def test_refused_account_stops_the_channel_not_the_person(provider, status):
    provider.answer = (status, {"error": "token"})

    with pytest.raises(AccountTrouble) as trouble:
        send("sms")
    assert trouble.value.is_lasting


def test_whatsapp_says_more_with_its_own_codes(provider):
    provider.answer = (400, {"error": {"code": 131056}})
    assert send("whatsapp").state == "failed_temporary"
    provider.answer = (400, {"error": {"code": 131026}})
    assert send("whatsapp").state == "failed_permanent"
    for code, trouble in ((130429, TooFast), (132001, TemplateTrouble), (190, AccountTrouble)):
        provider.answer = (400, {"error": {"code": code}})
        with pytest.raises(trouble):
            send("whatsapp")


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_a_provider_that_wants_us_slower_is_obeyed(provider, channel):
    provider.answer = (429, {})

    with pytest.raises(TooFast) as trouble:
        send(channel)

    assert not trouble.value.is_lasting


@pytest.mark.django_db
def test_channel_without_credentials_is_off_and_says_so(provider, settings):
    assert {"sms", "whatsapp"} <= set(channels_on())

    settings.WHATSAPP_TOKEN, settings.SMS_URL = "", "ftp://x"
    assert off_reason("whatsapp") == "Saluran WhatsApp mati: WHATSAPP_TOKEN belum diisi."
    assert "SMS_URL harus" in off_reason("sms")
    settings.SMS_URL = ""
    assert off_reason("sms") == "Saluran SMS mati: SMS_URL belum diisi."
    assert not {"sms", "whatsapp"} & set(channels_on())


@pytest.mark.django_db
def test_practice_data_names_the_channel_that_is_off(settings):
    settings.DEMO, settings.EMAIL_URL = True, ""

    for channel, label in (("whatsapp", "WhatsApp"), ("sms", "SMS")):
        assert off_reason(channel).startswith(f"{label} latihan mati: kotak surat latihan")
        assert "EMAIL_URL" not in off_reason(channel)
