"""From an accepted list to results that owners see and are told once.

`announce` only opens a window in which it can be undone. `publish_due` writes the results, their
campaign and its audience in one transaction: a crash leaves nothing, and the next turn does it
all. Messages then go out of the outbox like any others.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from participants.models import Participant
from participants.segments.audiences import compiled
from partners.announcing import messages
from partners.models import CurationCall, CurationDecision, CurationList, CurationResult
from partners.reaching import has_whatsapp, reach_of, reachable
from umkm_portal.accounts.models import User
from umkm_portal.common.dates import format_moment
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign, Channel, Exclusion

State = CurationList.State

_WRITE = """
INSERT INTO partners_curationresult (call_id, participant_id, decision_id, list_id, outcome, grade,
    reason, note, told, announced_at, withdrawn_at)
SELECT l.call_id, d.participant_id, d.id, l.id, d.outcome, d.grade, d.reason, d.note, 1, %(now)s,
    NULL
FROM partners_curationdecision d
JOIN partners_curationlist l ON l.id = d.list_id
JOIN participants_participant p ON p.id = d.participant_id AND p.status = 'active'
WHERE d.list_id = %(list)s AND (%(decision)s::bigint IS NULL OR d.id = %(decision)s)
ORDER BY d.participant_id
ON CONFLICT (call_id, participant_id) DO UPDATE
SET decision_id = EXCLUDED.decision_id, list_id = EXCLUDED.list_id, outcome = EXCLUDED.outcome,
    grade = EXCLUDED.grade, reason = EXCLUDED.reason, note = EXCLUDED.note,
    told = partners_curationresult.told + 1, announced_at = EXCLUDED.announced_at,
    withdrawn_at = NULL
WHERE partners_curationresult.withdrawn_at IS NOT NULL
    OR (partners_curationresult.outcome, partners_curationresult.grade,
        partners_curationresult.reason, partners_curationresult.note)
    IS DISTINCT FROM (EXCLUDED.outcome, EXCLUDED.grade, EXCLUDED.reason, EXCLUDED.note)
"""
"""A result that stands as it was keeps its row: nobody is told the same thing again."""

_TAKE_BACK = """
UPDATE partners_curationresult r
SET withdrawn_at = %(now)s, told = r.told + 1, list_id = %(list)s, announced_at = %(now)s
FROM partners_curationlist l
WHERE l.id = %(list)s AND r.call_id = l.call_id AND r.withdrawn_at IS NULL
    AND NOT EXISTS (SELECT FROM partners_curationdecision d
        WHERE d.list_id = l.id AND d.participant_id = r.participant_id)
    AND NOT EXISTS (SELECT FROM partners_curationdecision d
        WHERE d.list_id = l.id AND d.waiting = 'review')
RETURNING r.id
"""
"""Who is gone from the newest list; while rows of it wait for staff, she may be one of them."""

_AUDIENCE = """
INSERT INTO messaging_audiencemember (campaign_id, position, recipient_key, subject_id)
SELECT %s, row_number() OVER (ORDER BY r.id), r.participant_id, r.id
FROM partners_curationresult r
WHERE r.list_id = %s AND r.participant_id IN ({people})
"""
_UNREACHED = """
INSERT INTO messaging_exclusion (campaign_id, recipient_key, reason)
SELECT %s, r.participant_id, %s FROM partners_curationresult r
WHERE r.list_id = %s AND r.participant_id NOT IN ({people})
"""


class AnnouncementRefused(Exception):
    """The list cannot be announced, or taken back; `str()` is the sentence for staff."""


@transaction.atomic
def announce(version: CurationList, *, by: User, now: datetime) -> CurationList:
    """Let an accepted list be published after ANNOUNCE_AFTER_MINUTES, unless it is undone.

    Raises AnnouncementRefused when somebody was faster or the call is cancelled.
    """
    found = CurationList.objects.select_for_update(of=("self",)).select_related("call")
    version = found.get(pk=version.pk)
    if version.state != State.ACCEPTED:
        raise AnnouncementRefused(_why_not(version))
    if version.call.state == CurationCall.State.CANCELLED:
        raise AnnouncementRefused("Kurasi ini sudah dibatalkan.")
    version.state, version.announced_by = State.ANNOUNCING, by
    version.announce_at = now + timedelta(minutes=settings.ANNOUNCE_AFTER_MINUTES)
    version.save(update_fields=["state", "announced_by", "announce_at"])
    return version


@transaction.atomic
def undo_announcement(version: CurationList) -> CurationList:
    """Take an announcement back before anybody is told. Raises AnnouncementRefused after."""
    version = CurationList.objects.select_for_update().get(pk=version.pk)
    if version.state != State.ANNOUNCING:
        raise AnnouncementRefused(_why_not(version))
    version.state, version.announced_by, version.announce_at = State.ACCEPTED, None, None
    version.save(update_fields=["state", "announced_by", "announce_at"])
    return version


def publish_due(*, now: datetime) -> int:
    """Publish every list whose window is over; return how many. Repeating is harmless."""
    due = CurationList.objects.filter(state=State.ANNOUNCING, announce_at__lte=now)
    keys = list(due.order_by("announce_at", "pk").values_list("pk", flat=True))
    return sum(_publish(pk, now=now) for pk in keys)


@transaction.atomic
def publish_found(decision: CurationDecision, *, now: datetime) -> int:
    """Publish a row of an announced list whose person was found since; return how many were told.

    Nothing happens while its list is not announced: the row goes with the others then.
    """
    version = CurationList.objects.select_for_update().get(pk=decision.list_id)
    if version.state != State.ANNOUNCED:
        return 0
    told = _write(version, now=now, decision_id=decision.pk)
    results = CurationResult.objects.filter(list=version, decision=decision) if told else ()
    return sum(_tell(result, now=now) for result in results) + _tell_gone(version, now=now)


@transaction.atomic
def take_back_gone(version: CurationList, *, now: datetime) -> int:
    """Once no row of an announced list waits any more: tell who is gone from it."""
    version = CurationList.objects.select_for_update().get(pk=version.pk)
    return _tell_gone(version, now=now) if version.state == State.ANNOUNCED else 0


def _why_not(version: CurationList) -> str:
    if version.state == State.ANNOUNCING and version.announce_at:
        moment = format_moment(version.announce_at)
        return f"{version.announced_by} sudah mengumumkan daftar ini; pesan dikirim mulai {moment}."
    if version.state == State.ANNOUNCED:
        return "Daftar ini sudah diumumkan dan pesannya sudah dikirim."
    if version.state == State.ACCEPTED:
        return "Daftar ini tidak sedang diumumkan. Muat ulang halamannya."
    return "Daftar ini sudah diganti versi yang lebih baru."


@transaction.atomic
def _publish(pk: int, *, now: datetime) -> int:
    rows = CurationList.objects.select_related("call", "announced_by")
    version = (
        rows.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, state=State.ANNOUNCING, announce_at__lte=now)
        .first()
    )
    if version is None:
        return 0  # another turn has it, or it was undone
    _write(version, now=now)
    _take_back(version, now=now)
    if CurationResult.objects.filter(list=version).exists():
        _start_campaign(version, now=now)
    version.state, version.announced_at = State.ANNOUNCED, now
    version.save(update_fields=["state", "announced_at"])
    return 1


def _write(version: CurationList, *, now: datetime, decision_id: int | None = None) -> int:
    values = {"list": version.pk, "decision": decision_id, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        return cursor.rowcount


def _take_back(version: CurationList, *, now: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, {"list": version.pk, "now": now})
        return [pk for (pk,) in cursor.fetchall()]


def _start_campaign(version: CurationList, *, now: datetime) -> Campaign:
    """The messages about all results that this version brought or changed."""
    channels = [Channel.EMAIL, *([Channel.WHATSAPP] if has_whatsapp() else [])]
    campaign = messaging.create_campaign(
        messages.result_kind(),
        subject_id=version.pk,
        title=f"Hasil kurasi {version.call.title}, versi {version.version}",
        actor=version.announced_by,
        now=now,
        channels=channels,
    )
    people, params = compiled(Participant.objects.living().filter(reachable()))
    before: list[tuple[str, list[Any]]] = [
        (_AUDIENCE, [campaign.pk, version.pk]),
        (_UNREACHED, [campaign.pk, Exclusion.NO_CHANNEL, version.pk]),
    ]
    with connection.cursor() as cursor:
        for query, values in before:
            cursor.execute(query.replace("{people}", people), [*values, *params])
    messaging.approve_campaign(campaign, actor=version.announced_by, now=now)
    return messaging.start_campaign(campaign, now=now)


def _tell_gone(version: CurationList, *, now: datetime) -> int:
    gone = CurationResult.objects.filter(pk__in=_take_back(version, now=now))
    return sum(_tell(result, now=now) for result in gone)


def _tell(result: CurationResult, *, now: datetime) -> int:
    """Queue the message about one result as it stands; the same one never twice."""
    channel, address = reach_of(result.participant)
    messaging.queue_one(
        messages.result_kind(),
        recipient_key=result.participant_id,
        subject_id=result.pk,
        dedupe_key=f"result-{result.pk}-{result.told}",
        channel=channel,
        address=address,
        now=now,
    )
    return 1
