"""Answers of staff from the official number, in words of their own.

WhatsApp lets a business write freely to somebody for 24 hours after that person wrote last. Such an
answer is one message in the ledger like any other; it is never part of a campaign.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from umkm_portal.accounts.models import User
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Channel, DeliveryBatch, Reply
from umkm_portal.messaging.models.replies import SERVICE_WINDOW
from umkm_portal.messaging.services.replies import ReplyRefused, close_reply
from umkm_portal.messaging.services.singles import queue_one
from umkm_portal.messaging.transports import off_reason
from umkm_portal.messaging.transports.whatsapp import ANSWERED, FREE_TEXT

LONGEST = 1_000
"""Characters of an answer; WhatsApp takes four times as many, nobody reads them."""
TOO_LATE = (
    "Sudah lewat 24 jam sejak pesan terakhir orang ini, jadi nomor resmi tidak dapat menjawab "
    "bebas. Jawab dari WhatsApp Anda sendiri, telepon, atau tunggu ia menulis lagi."
)


def _still_due(delivery_ids: Sequence[int]) -> set[int]:
    """Answers that wait too long would be refused: nobody tries to send them."""
    now = timezone.now()
    rows = Reply.objects.filter(answer_delivery__in=delivery_ids)
    return {row.answer_delivery_id for row in rows if window_ends(row) > now}  # type: ignore[misc]


ANSWER = CampaignKind(
    name="reply_answer",
    label="Jawaban petugas",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables={FREE_TEXT: "Boleh, silakan datang berdua.", ANSWERED: "wamid.1"},
    wording={Channel.WHATSAPP: ("", f"{{{FREE_TEXT}}}")},
    secrets=frozenset((FREE_TEXT,)),
    still_due=_still_due,
)


def register() -> None:
    """Tell the sender about these messages."""
    kinds.register(ANSWER)


def window_ends(reply: Reply) -> datetime:
    """Until when WhatsApp takes words of our own for this number: 24 hours after its last word."""
    last = Reply.objects.filter(channel=reply.channel, address=reply.address).aggregate(
        last=Max("received_at")
    )["last"]
    return (last or reply.received_at) + SERVICE_WINDOW


def problem_of_answering(reply: Reply, *, now: datetime) -> str:
    """Why staff cannot answer from the official number, and what to do instead; or ""."""
    if reply.channel != Channel.WHATSAPP or not reply.address:
        return "Hanya balasan WhatsApp yang nomornya masih tersimpan dapat dijawab dari sini."
    if reply.answer:
        return "Balasan ini sudah dijawab dari nomor resmi."
    if now >= window_ends(reply):
        return TOO_LATE
    return off_reason(Channel.WHATSAPP)


@transaction.atomic
def answer_reply(reply: Reply, *, text: str, actor: User, now: datetime) -> Reply:
    """Queue an answer in words of our own and take the reply out of the inbox.

    Raises ReplyRefused with what to do instead.
    """
    words = text.strip()
    if not words:
        raise ReplyRefused("Tulis jawabannya dulu.")
    if len(words) > LONGEST:
        raise ReplyRefused(f"Jawaban terlalu panjang: {len(words)} dari {LONGEST} huruf.")
    if problem := problem_of_answering(reply, now=now):
        raise ReplyRefused(problem)
    note = reply.note or "Dijawab dari nomor resmi."
    reply = close_reply(reply, state=Reply.State.ANSWERED, note=note, actor=actor, now=now)
    delivery = queue_one(
        ANSWER,
        recipient_key=reply.recipient_key or -reply.pk,  # people's keys are positive
        subject_id=None,
        dedupe_key=f"reply:{reply.pk}",
        address=reply.address,
        channel=Channel.WHATSAPP,
        context={FREE_TEXT: words, ANSWERED: reply.key},
        now=now,
    )
    delivery.actor = actor
    delivery.save(update_fields=["actor"])
    reply.answer, reply.answer_delivery = words, delivery
    reply.save(update_fields=["answer", "answer_delivery"])
    return reply
