"""The owners of unmatched rows are found: by staff, or because they registered when asked to."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.db import transaction

from participants.models import Participant
from partners.announcing import messages, unmatched
from partners.announcing.publishing import publish_found, take_back_gone
from partners.announcing.unmatched import MatchedBy, RowRefused, contact_of
from partners.models import CurationDecision
from umkm_portal.accounts.models import User
from umkm_portal.common import phones
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.services import queue_one
from umkm_portal.messaging.transports import channels_on

NOBODY = 1 << 40
"""Recipient keys below minus this are rows of lists: nobody of the register, no code either."""


@transaction.atomic
def link_row(
    decision: CurationDecision, person: Participant, *, by: User, now: datetime
) -> CurationDecision:
    """Link a row to its person; she is told at once when the list is announced already.

    Raises RowRefused.
    """
    linked = unmatched.link(decision, person, by=by, now=now)
    publish_found(linked, now=now)
    return linked


@transaction.atomic
def set_row_aside(decision: CurationDecision, *, by: User, now: datetime) -> CurationDecision:
    """Nobody goes on with this row. Raises RowRefused."""
    row = unmatched.set_aside(decision, by=by, now=now)
    take_back_gone(row.list, now=now)
    return row


@transaction.atomic
def invite_row(
    decision: CurationDecision, *, by: User, is_by_hand: bool = False, now: datetime
) -> CurationDecision:
    """Ask the owner to register, by email or SMS; `is_by_hand` when staff wrote to her.

    Raises RowRefused when the row has no contact that a channel of ours reaches.
    """
    row = unmatched.mark_invited(decision, by=by, now=now)
    channel, address = way_to(row)
    if not is_by_hand and not address:
        raise RowRefused(
            "Baris ini tidak punya email, dan SMS tidak menyala. Hubungi pemiliknya lewat "
            "WhatsApp, lalu tekan “Sudah saya hubungi”."
        )
    if not is_by_hand:
        queue_one(
            messages.INVITE,
            recipient_key=-(NOBODY + row.pk),
            subject_id=row.pk,
            dedupe_key=f"invite-{row.pk}",
            channel=channel,
            address=address,
            context=_words(row),
            now=now,
        )
    take_back_gone(row.list, now=now)
    return row


def link_registered(*, now: datetime) -> int:
    """Give their results to the invited who have registered; return how many. By the beat."""
    found = 0
    for decision, person in unmatched.registered_since():
        with suppress(RowRefused), transaction.atomic():
            linked = unmatched.link(decision, person, by=None, how=MatchedBy.PHONE, now=now)
            publish_found(linked, now=now)
            found += 1
    return found


def way_to(decision: CurationDecision) -> tuple[Channel, str]:
    """The channel and address of the contact in a row; an empty address for none.

    No WhatsApp: she has not agreed to any.
    """
    row = contact_of(decision)
    if email := row.get("email", "").strip():
        return Channel.EMAIL, email
    phone = _phone_of(decision)
    return Channel.SMS, phone if Channel.SMS in channels_on() else ""


def chat_link(decision: CurationDecision) -> str:
    """A WhatsApp chat with the text filled in, for staff to send themselves; or empty."""
    phone = _phone_of(decision)
    text = messages.INVITE.wording[Channel.SMS][1].format(**_words(decision))
    return f"https://wa.me/{phone.removeprefix('+')}?text={quote(text)}" if phone else ""


def _phone_of(decision: CurationDecision) -> str:
    try:
        return phones.to_e164(contact_of(decision).get("phone", ""))
    except phones.PhoneError:
        return ""


def _words(decision: CurationDecision) -> dict[str, str]:
    call = decision.list.call
    return {
        "usaha": decision.business_name or contact_of(decision).get("business_name", "Anda"),
        "judul": call.title,
        "mitra": str(call.partner),
        "halaman": f"{settings.PORTAL_URL}/daftar/",
    }
