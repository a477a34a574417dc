"""What people ask about their own data, and how staff answer it within 72 hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from participants.consents import CHANNELS, standing_consents, stop_channel, withdraw_consent
from participants.erasing import anonymise
from participants.exporting.recalling import RESTRICTED_SINCE, recall_exports
from participants.models import Consent, DataRequest, Participant
from participants.models.living import is_refusal
from participants.search import refresh_search
from participants.telling import tell_answer, way_to
from umkm_portal.accounts.models import User

ANSWER_WITHIN = timedelta(hours=72)
"""UU 27/2022 articles 30 to 41: three times 24 hours."""
RESTRICTED = "pembatasan"
"""`willing_source` of a person who asked that her data be used no further."""
Kind, State = DataRequest.Kind, DataRequest.State


class RequestRefused(Exception):
    """The request cannot be made or answered; `str()` is the sentence for the screen."""


def ask(
    person: Participant, *, kind: str, text: str = "", account: User | None, now: datetime
) -> DataRequest:
    """Write a request down; its clock starts. Raises RequestRefused for a second open one."""
    try:
        with transaction.atomic():
            return DataRequest.objects.create(
                participant=person,
                kind=kind,
                text=text[:1000],
                requested_by=account,
                created_at=now,
                due_at=now + ANSWER_WITHIN,
            )
    except IntegrityError as error:
        if is_refusal(error):
            raise
        raise RequestRefused("Permintaan yang sama masih menunggu jawaban petugas.") from error


@transaction.atomic
def ask_correction(
    person: Participant, *, proposed: Mapping[str, object], account: User | None, now: datetime
) -> DataRequest:
    """New values for columns that were verified; a correction that still waits takes them in."""
    values = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in proposed.items()
    }
    open_one = person.data_requests.waiting().filter(kind=Kind.CORRECTION).exclude(proposed={})
    request = open_one.select_for_update().order_by("pk").first()
    if request is None:
        request = ask(person, kind=Kind.CORRECTION, account=account, now=now)
    request.proposed = request.proposed | values
    request.save(update_fields=["proposed"])
    return request


def withdraw(request: DataRequest, *, now: datetime) -> bool:
    """The person takes her request back; whether it still waited."""
    return _close(request, to=State.WITHDRAWN, answer="", actor=None, now=now)


@transaction.atomic
def refuse(request: DataRequest, *, answer: str, actor: User | None, now: datetime) -> None:
    """Say no, with the reason that the person reads. Raises RequestRefused without a reason."""
    if not answer.strip():
        raise RequestRefused("Tulis alasannya. Pemohon membaca jawaban ini.")
    if not _close(request, to=State.REFUSED, answer=answer, actor=actor, now=now):
        raise RequestRefused("Permintaan ini sudah dijawab.")
    request.refresh_from_db()
    tell_answer(request, way=way_to(request.participant), now=now)


@transaction.atomic
def fulfil(request: DataRequest, *, answer: str, actor: User | None, now: datetime) -> None:
    """Do what was asked for and say so: correct, restrict, or forget the person.

    A correction in words is done by hand before. The person is told, by the way that she had when
    she asked. Raises RequestRefused when it was answered.
    """
    if not _close(request, to=State.DONE, answer=answer, actor=actor, now=now):
        raise RequestRefused("Permintaan ini sudah dijawab.")
    person = Participant.objects.select_for_update(no_key=True).get(pk=request.participant_id)
    way = way_to(person)
    if request.kind == Kind.DELETION:
        anonymise(person, actor=actor, now=now)
    elif request.kind == Kind.RESTRICTION:
        restrict(person, actor=actor, now=now)
    elif request.proposed:
        _correct(person, request.proposed, actor=actor, now=now)
    request.refresh_from_db()
    tell_answer(request, way=way, now=now)


@transaction.atomic
def restrict(person: Participant, *, actor: User | None, now: datetime) -> None:
    """Keep her data and use them no further: no invitation, no bulk message, no sharing."""
    person.is_willing, person.willing_on = False, timezone.localdate(now)
    person.willing_source = RESTRICTED
    person.restricted_at = person.restricted_at or now
    person.save(
        update_fields=["is_willing", "willing_on", "willing_source", "restricted_at", "updated_at"]
    )
    for consent in standing_consents(person).values():
        if consent.event == Consent.Event.GIVEN and consent.purpose != Consent.Purpose.NOTICE:
            withdraw_consent(
                person,
                purpose=consent.purpose,
                organisation=consent.organisation,
                channel="Permintaan pembatasan",
                actor=actor,
                now=now,
            )
    for channel in CHANNELS:
        stop_channel(person, channel, actor=actor, now=now)
    recall_exports([person.pk], because=RESTRICTED_SINCE)


@transaction.atomic
def lift_restriction(person: Participant, *, now: datetime) -> bool:
    """She lets her data be used again; whether they were restricted.

    What she had agreed to stays withdrawn: she gives it again, one by one.
    """
    return bool(
        Participant.objects.restricted()
        .filter(pk=person.pk)
        .update(restricted_at=None, updated_at=now)
    )


def _close(
    request: DataRequest, *, to: DataRequest.State, answer: str, actor: User | None, now: datetime
) -> bool:
    """Answer a request that still waits: of two at once, one wins."""
    won = DataRequest.objects.filter(pk=request.pk, state=State.OPEN).update(
        state=to, answer=answer[:1000], decided_by=actor, decided_at=now
    )
    return won > 0


def _correct(
    person: Participant, proposed: Mapping[str, str], *, actor: User | None, now: datetime
) -> None:
    """Write the new values; staff stand for them with their name."""
    for name, value in proposed.items():
        if name == "full_name":
            person.full_name = value
        elif name == "birth_date":
            person.birth_date = date.fromisoformat(value) if value else None
    person.verified_by, person.verified_at = actor, now
    person.save(
        update_fields=["full_name", "birth_date", "verified_by", "verified_at", "updated_at"]
    )
    refresh_search([person.pk])
