"""What becomes of a message that somebody sent us: an answer, a stop, or a line in the inbox."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, transaction

from umkm_portal.accounts.models import User
from umkm_portal.messaging import directory, replies
from umkm_portal.messaging.directory import Located
from umkm_portal.messaging.models import Delivery, Reply, Suppression
from umkm_portal.messaging.replies import Question, Recorded
from umkm_portal.messaging.reply_words import meaning
from umkm_portal.messaging.services.reported import delivery_by_reference
from umkm_portal.messaging.services.suppressions import BULK, suppress

Word = Reply.Word
State = Reply.State
SILENT_FORMS = ("reaction", "unsupported")
"""Not written to be read: kept, but nobody has to look."""

_log = logging.getLogger(__name__)


class ReplyRefused(Exception):
    """This reply cannot be dealt with so; the text says why."""


@dataclass(frozen=True)
class Inbound:
    """One message to us. `answers_ref` is the provider's name of the message it answers."""

    channel: str
    key: str
    address: str
    text: str
    form: str
    received_at: datetime
    answers_ref: str = ""


@transaction.atomic
def receive_reply(inbound: Inbound, *, now: datetime) -> Reply | None:
    """Keep a message and do what it says, if that is beyond doubt; None when it is known.

    Whatever is not clear waits in the inbox with the reason.
    """
    owners = directory.owners(inbound.channel, inbound.address)
    word = meaning(inbound.text)
    reply, is_new = Reply.objects.get_or_create(
        channel=inbound.channel,
        key=inbound.key,
        defaults={
            "address": inbound.address,
            "text": inbound.text,
            "form": inbound.form or "text",
            "word": word,
            "region_id": _place_of(owners),
            "recipient_key": owners[0].key if len(owners) == 1 else None,
            "received_at": inbound.received_at,
        },
    )
    if not is_new:
        return None
    try:
        with transaction.atomic():
            recorded = _follow(reply, inbound, owners, now=now)
    except DatabaseError:
        raise  # tried again with the whole event
    except Exception:
        _log.exception("reply %s not followed", reply.pk)
        recorded = Recorded(False, "Jawaban tidak dapat dicatat otomatis.")
    _settle(reply, recorded, now=now)
    return reply


def questions_of(reply: Reply, *, now: datetime) -> list[Question]:
    """What the people of a reply's address may answer now, the latest first."""
    keys = [owner.key for owner in directory.owners(reply.channel, reply.address)]
    return replies.open_questions(keys, now=now)


@transaction.atomic
def record_by_staff(
    reply: Reply, *, kind: str, subject_id: int, word: str, actor: User, now: datetime
) -> Reply:
    """Record a reply as yes or no to one question, as staff read it. Raises ReplyRefused."""
    reply = _waiting(reply)
    asked = {(q.kind, q.subject_id): q for q in questions_of(reply, now=now)}
    question = asked.get((kind, subject_id))
    if question is None or word not in (Word.YES, Word.NO):
        raise ReplyRefused("Undangan itu tidak dapat dijawab lagi.")
    recorded = replies.answer(question, Word(word), now=now, actor_id=actor.pk)
    if not recorded.is_done:
        raise ReplyRefused(recorded.sentence)
    reply.recipient_key = question.recipient_key
    return close_reply(reply, state=State.ANSWERED, note=recorded.sentence, actor=actor, now=now)


@transaction.atomic
def close_reply(reply: Reply, *, state: str, note: str, actor: User, now: datetime) -> Reply:
    """Take a reply out of the inbox, as answered or as nothing to answer. Raises ReplyRefused."""
    if state not in (State.ANSWERED, State.CLOSED):
        raise ReplyRefused(f"“{state}” bukan status yang dapat dicatat.")
    reply.pk = _waiting(reply).pk
    reply.state, reply.note = state, note[:300] or reply.note
    reply.handled_by, reply.handled_at = actor, now
    reply.save(update_fields=["state", "note", "recipient_key", "handled_by", "handled_at"])
    return reply


def _waiting(reply: Reply) -> Reply:
    found = Reply.objects.waiting().filter(pk=reply.pk).select_for_update(of=("self",)).first()
    if found is None:
        raise ReplyRefused("Balasan ini sudah ditangani.")
    return found


def _place_of(owners: Sequence[Located]) -> int | None:
    places = {owner.region_id for owner in owners}
    return places.pop() if len(places) == 1 else None


def _follow(
    reply: Reply, inbound: Inbound, owners: Sequence[Located], *, now: datetime
) -> Recorded:
    """Do what the word says."""
    reply.delivery_id = delivery_by_reference(inbound.channel, inbound.address, inbound.answers_ref)
    if reply.word == Word.STOP:
        return _stop(reply, now=now)
    if reply.word == Word.UNCLEAR:
        return Recorded(reply.form in SILENT_FORMS, _unclear(reply))
    if not owners:
        return Recorded(False, "Nomor ini tidak ada di data peserta.")
    found = replies.open_questions([owner.key for owner in owners], now=now)
    if reply.delivery_id and (asked := _asked_by(reply.delivery_id, found)):
        found = [asked]
    if not found:
        return Recorded(False, "Tidak ada undangan yang menunggu jawaban.")
    if len({question.recipient_key for question in found}) > 1:
        return Recorded(False, "Nomor ini dipakai beberapa orang yang sama-sama diundang.")
    reply.recipient_key = found[0].recipient_key
    return replies.answer(found[0], Word(reply.word), now=now)


def _asked_by(delivery_id: int, found: Sequence[Question]) -> Question | None:
    """The question of the message that was answered, if it is still open."""
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    about = delivery and (delivery.recipient_key, delivery.subject_id)
    return next((q for q in found if (q.recipient_key, q.subject_id) == about), None)


def _stop(reply: Reply, *, now: datetime) -> Recorded:
    suppress(
        channel=reply.channel,
        address=reply.address,
        purpose=BULK,
        reason=Suppression.Reason.OPT_OUT,
        note="Membalas berhenti.",
        now=now,
    )
    replies.stopped(channel=reply.channel, address=reply.address, now=now)
    return Recorded(True, f"Undangan lewat {reply.get_channel_display()} dihentikan.")


def _unclear(reply: Reply) -> str:
    if reply.form in SILENT_FORMS:
        return "Tanda tanpa kata."
    if reply.form not in ("text", "button", "interactive"):
        return "Bukan tulisan. Buka di WhatsApp untuk melihatnya."
    return "Perlu dibaca petugas."


def _settle(reply: Reply, recorded: Recorded, *, now: datetime) -> None:
    reply.state = State.RECORDED if recorded.is_done else State.OPEN
    reply.note = recorded.sentence[:300]
    reply.handled_at = now if recorded.is_done else None
    reply.save(update_fields=["state", "note", "recipient_key", "delivery", "handled_at"])
