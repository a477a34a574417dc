"""Against a real SMTP server: what each answer, and each silence, means."""

import pytest

from tests.stage import free_port
from umkm_portal.messaging.transports import (
    AccountTrouble,
    ConnectionLost,
    Message,
    make_transport,
    off_reason,
)
from umkm_portal.messaging.transports.smtp import _words

CONTENT = b"Subject: uji\r\nMessage-ID: <m1@x>\r\n\r\nisi\r\n.titik\r\n"


def _send(*addresses, timeout=2.0):
    transport = make_transport("email", timeout=timeout)
    transport.open()
    following = [*addresses[1:], ""]
    outcomes = [
        transport.send(Message(address, CONTENT), next_address=after)
        for address, after in zip(addresses, following, strict=True)
    ]
    transport.close()
    return outcomes


@pytest.mark.parametrize("options", [(), ("--no-pipelining",)])
def test_messages_arrive_whole_and_once(sink_that, options):
    sink = sink_that(*options)

    outcomes = _send("a@x.id", "b@x.id", "c@x.id")

    assert [outcome.state for outcome in outcomes] == ["accepted"] * 3
    assert [address for _, address, _ in sink.received()] == ["a@x.id", "b@x.id", "c@x.id"]


@pytest.mark.parametrize("options", [(), ("--no-pipelining",)])
@pytest.mark.parametrize(
    ("code", "state", "suppresses"),
    [
        ("450 4.2.1", "failed_temporary", False),
        ("550 5.1.1", "failed_permanent", True),
        ("550 5.7.1", "failed_permanent", False),
        ("553", "failed_permanent", True),
    ],
)
def test_refused_recipient_does_not_disturb_the_others(sink_that, options, code, state, suppresses):
    sink = sink_that("--refuse", f"bad@={code}", *options)

    first, refused, last = _send("a@x.id", "bad@x.id", "c@x.id")

    assert (first.state, last.state) == ("accepted", "accepted")
    assert (refused.state, refused.suppresses) == (state, suppresses)
    assert refused.error.startswith(code)
    assert [address for _, address, _ in sink.received()] == ["a@x.id", "c@x.id"]


def test_silence_after_the_content_is_uncertain(sink_that):
    sink = sink_that("--hang-up", "b@")

    outcomes = _send("b@x.id")

    assert [outcome.state for outcome in outcomes] == ["uncertain"]
    assert len(sink.received()) == 1


def test_server_that_does_not_answer_in_time_is_uncertain(sink_that):
    sink_that("--delay", "3")

    assert [outcome.state for outcome in _send("b@x.id", timeout=0.3)] == ["uncertain"]


def test_connection_closed_between_messages_is_no_trouble_of_the_account(sink):
    transport = make_transport("email", timeout=2.0)
    transport.open()
    transport.send(Message("a@x.id", CONTENT))
    transport._server.sock.shutdown(2)

    with pytest.raises(ConnectionLost):
        transport.send(Message("b@x.id", CONTENT))
    transport.open()
    outcome = transport.send(Message("b@x.id", CONTENT))
    transport.close()

    assert outcome.state == "accepted"
    assert [address for _, address, _ in sink.received()] == ["a@x.id", "b@x.id"]


def test_something_else_is_done_while_the_server_takes_the_message(sink):
    done = []
    transport = make_transport("email", timeout=2.0)
    transport.open()

    outcome = transport.send(Message("a@x.id", CONTENT), meanwhile=lambda: done.append("filled"))
    transport.close()

    assert (outcome.state, done) == ("accepted", ["filled"])


def test_nul_in_an_error_cannot_spoil_the_books():
    assert _words(b"550 no\0body") == "550 no body"


def test_announced_recipient_who_is_forgotten_gets_nothing(sink):
    transport = make_transport("email", timeout=2.0)
    transport.open()
    transport.send(Message("a@x.id", CONTENT), next_address="b@x.id")
    transport.forget()
    transport.open()
    transport.send(Message("c@x.id", CONTENT))
    transport.close()

    assert [address for _, address, _ in sink.received()] == ["a@x.id", "c@x.id"]


def test_no_server_is_trouble_of_the_account(settings):
    settings.EMAIL_URL = f"smtp://127.0.0.1:{free_port()}"

    with pytest.raises(AccountTrouble, match="tidak dapat dipakai"):
        make_transport("email", timeout=2.0).open()


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://x:abc", "surat"])
def test_bad_email_url_turns_the_channel_off_and_says_so(settings, url):
    settings.EMAIL_URL = url

    assert "smtp://pengguna:sandi@server:port" in off_reason("email")


@pytest.mark.django_db
def test_channel_is_off_without_server_and_catcher(settings):
    settings.EMAIL_URL, settings.DEMO = "", False

    assert off_reason("email").startswith("Saluran email mati")
    assert off_reason("whatsapp").startswith("Saluran WhatsApp mati")
