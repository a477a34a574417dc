"""Licences that people ask for: one service moves a request, and each move leaves an event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from participants.models import LicenceEvent, LicenceRequest, Participant, StageEvent
from participants.models.living import is_refusal
from participants.telling import tell_licence
from umkm_portal.accounts.models import User

State = LicenceRequest.State
ALLOWED: Mapping[str, tuple[State, ...]] = {
    State.SUBMITTED: (State.CHECKING, State.NEEDS_FIX, State.REFUSED),
    State.CHECKING: (State.PROCESSING, State.NEEDS_FIX, State.REFUSED),
    State.NEEDS_FIX: (State.SUBMITTED, State.REFUSED),
    State.PROCESSING: (State.DONE, State.NEEDS_FIX, State.REFUSED),
    State.DONE: (State.DELIVERED,),
    State.DELIVERED: (),
    State.REFUSED: (),
    State.JOINED: (),
}
"""Where a request may go from each state; from "perlu diperbaiki" its owner sends it again."""
REFERRAL = (
    "Layanan perizinan ini untuk warga Jakarta. Datangi dinas koperasi dan UKM di kota Anda; "
    "NIB juga bisa dibuat sendiri di oss.go.id tanpa biaya."
)


class LicenceRefused(Exception):
    """The request cannot be made or moved; `str()` is the sentence for the screen."""


@transaction.atomic
def ask_licence(
    person: Participant,
    *,
    kind: str,
    note: str = "",
    wants_delivery: bool,
    address: str = "",
    actor: User | None,
    now: datetime,
) -> LicenceRequest:
    """A new request with its first event. Raises LicenceRefused outside Jakarta and when one of
    the same kind is under way."""
    if not is_served(person):
        raise LicenceRefused(REFERRAL)
    try:
        with transaction.atomic():
            request = LicenceRequest.objects.create(
                participant=person,
                kind=kind,
                note=note[:300],
                wants_delivery=wants_delivery,
                address=address[:200] if wants_delivery else "",
                created_at=now,
                changed_at=now,
            )
    except IntegrityError as error:
        if is_refusal(error):
            raise
        raise LicenceRefused(
            "Permohonan izin ini masih berjalan. Lihat kemajuannya di bawah."
        ) from error
    LicenceEvent.objects.create(
        request=request, to_state=State.SUBMITTED, actor=actor, happened_at=now
    )
    return request


@transaction.atomic
def move_licence(
    request: LicenceRequest,
    *,
    to: State,
    reason: str = "",
    number: str = "",
    issued_on: date | None = None,
    expires_on: date | None = None,
    actor: User | None,
    now: datetime,
) -> LicenceRequest:
    """Move a request one step and tell its owner; a finished one is her step P4.

    `reason` is needed for a refusal and a repair, `number` and `issued_on` for the end. Raises
    LicenceRefused for a move that the table does not have and for missing facts.
    """
    request = LicenceRequest.objects.select_for_update().get(pk=request.pk)
    if to not in ALLOWED[request.state]:
        raise LicenceRefused(
            f"Permohonan ini sudah berstatus {request.get_state_display().lower()}."
        )
    _check_facts(to, reason=reason, number=number, issued_on=issued_on)
    was, request.state, request.changed_at = request.state, to, now
    request.reason = reason[:300]
    if to == State.DONE:
        request.number, request.issued_on = number[:60], issued_on
        request.expires_on = expires_on
    request.save()
    event = LicenceEvent.objects.create(
        request=request,
        from_state=was,
        to_state=to,
        note=reason[:300],
        actor=actor,
        happened_at=now,
    )
    if to == State.DONE:
        _reach_p4(request, actor=actor, now=now)
    if to != State.SUBMITTED:  # she did that herself
        tell_licence(event, now=now)
    return request


@transaction.atomic
def send_again(
    request: LicenceRequest,
    *,
    note: str,
    wants_delivery: bool,
    address: str,
    actor: User | None,
    now: datetime,
) -> LicenceRequest:
    """The owner has repaired what was asked for. Raises LicenceRefused as `move_licence` does."""
    moved = move_licence(request, to=State.SUBMITTED, actor=actor, now=now)
    moved.note, moved.wants_delivery = note[:300], wants_delivery
    moved.address = address[:200] if wants_delivery else ""
    moved.save(update_fields=["note", "wants_delivery", "address"])
    return moved


def is_served(person: Participant) -> bool:
    """Licences are arranged for people of Jakarta; others are sent to their own city."""
    return person.region is not None and person.region.is_in_jakarta


def _check_facts(to: State, *, reason: str, number: str, issued_on: date | None) -> None:
    if to in (State.NEEDS_FIX, State.REFUSED) and not reason.strip():
        raise LicenceRefused("Tulis alasannya, supaya pemohon tahu apa yang harus dilakukan.")
    if to == State.DONE and not (number.strip() and issued_on):
        raise LicenceRefused("Isi nomor izin dan tanggal terbitnya.")


def _reach_p4(request: LicenceRequest, *, actor: User | None, now: datetime) -> None:
    StageEvent.objects.get_or_create(
        source_ref=f"licence:{request.pk}",
        defaults={
            "participant": request.participant,
            "stage_id": "P4",
            "organisation": request.participant.agency,
            "occurred_on": request.issued_on or timezone.localdate(now),
            "actor": actor,
        },
    )
