"""Answers of staff in their own words: within 24 hours of the last word, through the ledger."""

from datetime import timedelta

import pytest

from tests.factories import UserFactory
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.models import Campaign, Delivery, Reply
from umkm_portal.messaging.services.answers import TOO_LATE

pytestmark = pytest.mark.django_db
PHONE = "+6281200000001"


def reply(now, *, ago=timedelta(hours=1), key="wamid.in.1", **facts):
    return Reply.objects.create(
        channel="whatsapp",
        key=key,
        address=PHONE,
        text="Dekat halte mana?",
        word="unclear",
        received_at=now - ago,
        **facts,
    )


def answer(row, now, text="Halte Senen, Bu."):
    return services.answer_reply(row, text=text, actor=UserFactory(), now=now)


def test_answer_goes_out_in_our_words_as_one_message_of_the_ledger(whatsapp, now):
    row = reply(now, recipient_key=7)
    whatsapp.written.add(PHONE[1:])

    answer(row, now)
    services.deliver_due()

    [sent] = whatsapp.accepted
    assert (sent["type"], sent["text"]["body"]) == ("text", "Halte Senen, Bu.")
    assert sent["context"] == {"message_id": "wamid.in.1"}
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.recipient_key, delivery.context) == ("accepted", 7, {})
    assert sent["biz_opaque_callback_data"] == str(delivery.public_id)
    row.refresh_from_db()
    assert (row.state, row.answer, row.answer_delivery) == (
        "answered",
        "Halte Senen, Bu.",
        delivery,
    )
    assert delivery.actor == row.handled_by
    assert Campaign.objects.get().is_standing
    with pytest.raises(services.ReplyRefused):
        answer(row, now, "sekali lagi")
    assert Delivery.objects.count() == 1
    assert invariants.violations() == []


def test_window_counts_from_the_last_word_and_closes(whatsapp, now):
    late = reply(now, ago=timedelta(hours=25))
    with pytest.raises(services.ReplyRefused) as refusal:
        answer(late, now)
    assert str(refusal.value) == TOO_LATE
    late.refresh_from_db()
    assert late.state == "open"

    reply(now, key="wamid.in.2", ago=timedelta(hours=2))
    assert services.window_ends(late) == now + timedelta(hours=22)
    answer(late, now)
    Reply.objects.update(received_at=now - timedelta(hours=30))
    services.deliver_due()

    assert whatsapp.accepted == [], "it waited until the window was closed"
    assert Delivery.objects.get().state == "cancelled"


def test_whatsapp_that_says_the_window_is_closed_is_believed(whatsapp, now):
    row = reply(now)
    answer(row, now)
    services.deliver_due()

    delivery = Delivery.objects.get()
    assert delivery.state == "failed_permanent"
    assert "Sudah lewat 24 jam" in delivery.error
    assert delivery.recipient_key == -row.pk
    whatsapp.account.refresh_from_db()
    assert whatsapp.account.state == "open"


def test_nothing_empty_too_long_or_without_a_number(whatsapp, now):
    row = reply(now)
    for text in ("  ", "x" * (services.LONGEST_ANSWER + 1)):
        with pytest.raises(services.ReplyRefused):
            answer(row, now, text)
    Reply.objects.update(address="")
    row.refresh_from_db()
    with pytest.raises(services.ReplyRefused, match="nomornya"):
        answer(row, now)
    assert not Delivery.objects.exists()
