"""What a person agrees to and by which ways she may be written to: given and taken back at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from participants.models import Consent, Participant
from participants.registration.people import NOTICE_VERSION
from umkm_portal.accounts.models import Organisation, User
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Channel, Suppression

OWN_PAGE = "Halaman saya"
"""`channel` of a consent that the owner of the data gave or took back herself."""
OWN_REPLY = "Balasan WhatsApp"
CHANNELS = (Channel.WHATSAPP, Channel.SMS, Channel.EMAIL)


@dataclass(frozen=True)
class Reach:
    """One way of writing to a person: whether bulk messages go out, and else why not."""

    channel: Channel
    address: str
    is_on: bool
    blocked: str = ""
    """A sentence when she cannot switch it on herself: no address, or it bounced."""


def standing_consents(person: Participant) -> dict[tuple[str, int | None], Consent]:
    """The last event of each purpose and organisation; one query."""
    rows = person.consents.select_related("organisation").order_by("happened_at", "pk")
    return {(row.purpose, row.organisation_id): row for row in rows}


def has_consent(
    person: Participant, purpose: str, *, organisation: Organisation | None = None
) -> bool:
    row = standing_consents(person).get((purpose, organisation.pk if organisation else None))
    return row is not None and row.event == Consent.Event.GIVEN


@transaction.atomic
def give_consent(
    person: Participant,
    *,
    purpose: str,
    organisation: Organisation | None = None,
    channel: str,
    actor: User | None,
    now: datetime,
) -> Consent | None:
    """Append that she agrees, with the notice she was shown; None when she did already."""
    if has_consent(person, purpose, organisation=organisation):
        return None
    return _append(person, Consent.Event.GIVEN, purpose, organisation, channel, actor, now)


@transaction.atomic
def withdraw_consent(
    person: Participant,
    *,
    purpose: str,
    organisation: Organisation | None = None,
    channel: str,
    actor: User | None,
    now: datetime,
) -> Consent | None:
    """Append that she takes it back, and stop what waits because of it; None without consent.

    With the consent to share her data goes the one for her phone and email: given again later,
    the first one alone opens nothing more.
    """
    if not has_consent(person, purpose, organisation=organisation):
        return None
    if purpose == Consent.Purpose.SHARING:
        withdraw_consent(
            person,
            purpose=Consent.Purpose.CONTACT,
            organisation=organisation,
            channel=channel,
            actor=actor,
            now=now,
        )
    if purpose == Consent.Purpose.WHATSAPP:
        messaging.cancel_waiting(
            recipient_key=person.pk,
            channel=Channel.WHATSAPP,
            now=now,
            reason="Persetujuan ditarik.",
        )
    return _append(person, Consent.Event.WITHDRAWN, purpose, organisation, channel, actor, now)


@transaction.atomic
def stop_number(*, channel: str, address: str, now: datetime) -> None:
    """Somebody answered STOP from this number: nobody of it agrees any more."""
    if channel != Channel.WHATSAPP:
        return
    for person in Participant.objects.living().filter(phone=address).order_by("pk"):
        withdraw_consent(
            person,
            purpose=Consent.Purpose.WHATSAPP,
            channel=OWN_REPLY,
            actor=None,
            now=now,
        )


def reaches_of(person: Participant) -> list[Reach]:
    """The ways of writing to her, as she may switch them."""
    agrees = has_consent(person, Consent.Purpose.WHATSAPP)
    return [_reach(person, channel, agrees=agrees) for channel in CHANNELS]


@transaction.atomic
def stop_channel(
    person: Participant, channel: Channel, *, actor: User | None, now: datetime
) -> None:
    """No more bulk messages on this channel, from this moment on; repeating is harmless.

    An address that several people share is stopped for all of them, except WhatsApp, where each
    has her own consent: the number is stopped when nobody is left who agreed.
    """
    reason = "Dihentikan pemiliknya."
    messaging.cancel_waiting(recipient_key=person.pk, channel=channel, now=now, reason=reason)
    if channel == Channel.WHATSAPP:
        withdraw_consent(
            person, purpose=Consent.Purpose.WHATSAPP, channel=OWN_PAGE, actor=actor, now=now
        )
        if _others_agree(person):
            return
    address = address_of(person, channel)
    if address:
        messaging.suppress(
            channel=channel,
            address=address,
            purpose="bulk",
            reason=Suppression.Reason.OPT_OUT,
            note="Lewat halaman saya.",
            now=now,
        )


@transaction.atomic
def resume_channel(
    person: Participant, channel: Channel, *, actor: User | None, now: datetime
) -> None:
    """Let bulk messages go out again; an address that bounced stays stopped."""
    messaging.allow(channel=channel, address=address_of(person, channel))
    if channel == Channel.WHATSAPP:
        give_consent(
            person, purpose=Consent.Purpose.WHATSAPP, channel=OWN_PAGE, actor=actor, now=now
        )


def address_of(person: Participant, channel: Channel) -> str:
    return person.email if channel == Channel.EMAIL else person.phone


def _reach(person: Participant, channel: Channel, *, agrees: bool) -> Reach:
    address = address_of(person, channel)
    if not address:
        missing = "Email" if channel == Channel.EMAIL else "Nomor HP"
        return Reach(channel, "", False, f"{missing} belum ada.")
    stop = messaging.stopped_by(channel=channel, address=address)
    if stop and (stop.purpose == Suppression.EVERYTHING or stop.reason != "opt_out"):
        return Reach(channel, address, False, f"{stop.get_reason_display()}. Hubungi petugas.")
    is_on = stop is None and (agrees or channel != Channel.WHATSAPP)
    return Reach(channel, address, is_on)


def _others_agree(person: Participant) -> bool:
    others = Participant.objects.living().filter(phone=person.phone).exclude(pk=person.pk)
    return any(has_consent(other, Consent.Purpose.WHATSAPP) for other in others)


def _append(
    person: Participant,
    event: str,
    purpose: str,
    organisation: Organisation | None,
    channel: str,
    actor: User | None,
    now: datetime,
) -> Consent:
    return Consent.objects.create(
        participant=person,
        purpose=purpose,
        organisation=organisation,
        event=event,
        notice_version=NOTICE_VERSION,
        channel=channel,
        actor=actor,
        happened_at=now,
    )
