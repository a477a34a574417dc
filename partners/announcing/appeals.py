"""Owners object to a result, and the dinas answers with the curator."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from partners.announcing import messages
from partners.models import Appeal, CurationResult
from partners.models.lists import Outcome
from partners.reaching import page_of, reach_of
from umkm_portal.accounts.models import User
from umkm_portal.messaging.services import queue_one

State = Appeal.State
TIME_TO_OBJECT = timedelta(days=14)


class AppealRefused(Exception):
    """The appeal cannot be made or answered; `str()` is the sentence for the screen."""


def may_appeal(result: CurationResult, *, now: datetime) -> bool:
    """Two weeks long, about a result that is no full success."""
    is_good = result.outcome == Outcome.PASSED and result.withdrawn_at is None
    return not is_good and now < result.announced_at + TIME_TO_OBJECT


def appeal(result: CurationResult, *, text: str, now: datetime) -> Appeal:
    """Write down an owner's objection. Raises AppealRefused."""
    if not may_appeal(result, now=now):
        raise AppealRefused("Waktu mengajukan keberatan sudah lewat. Lamar lagi di kurasi lain.")
    try:
        with transaction.atomic():
            return Appeal.objects.create(
                result=result,
                participant=result.participant,
                text=text.strip()[:600],
                created_at=now,
            )
    except IntegrityError as error:
        raise AppealRefused("Keberatan Anda sudah kami terima dan sedang diperiksa.") from error


@transaction.atomic
def answer_appeal(found: Appeal, *, state: State, answer: str, by: User, now: datetime) -> Appeal:
    """Answer an open appeal and tell its owner. Raises AppealRefused.

    A granted one changes nothing by itself: the curator sends a corrected list.
    """
    if state == State.OPEN or not answer.strip():
        raise AppealRefused("Pilih keputusan dan tulis jawabannya; pemilik usaha membacanya.")
    answered = Appeal.objects.filter(pk=found.pk, state=State.OPEN).update(
        state=state, answer=answer.strip()[:600], answered_by=by, answered_at=now
    )
    if not answered:
        raise AppealRefused("Keberatan ini sudah dijawab. Muat ulang halamannya.")
    found.refresh_from_db()
    _tell(found, now=now)
    return found


def _tell(found: Appeal, *, now: datetime) -> None:
    call = found.result.call
    channel, address = reach_of(found.participant)
    queue_one(
        messages.APPEAL,
        recipient_key=found.participant_id,
        subject_id=found.pk,
        dedupe_key=f"appeal-{found.pk}",
        channel=channel,
        address=address,
        context={
            "nama": found.participant.full_name,
            "judul": call.title,
            "hasil": State(found.state).label.lower(),
            "keterangan": found.answer,
            "halaman": page_of(call),
        },
        now=now,
    )
