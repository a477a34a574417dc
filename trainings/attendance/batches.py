"""Marks as a phone sends them: several at once, in their order, each with its own key and time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from trainings.attendance.marks import Kind, Marked, Via, mark
from trainings.models import Enrolment, Session
from umkm_portal.accounts.models import User

AT_MOST = 50
SLACK = timedelta(seconds=60)
"""A clock of a phone that is off by more is set right by the time of sending."""
_VIAS = {Via.SCAN, Via.CODE, Via.SEARCH}


class BatchRefused(Exception):
    """The message of the device cannot be read; `str()` is a sentence."""


@dataclass(frozen=True)
class Sent:
    """One mark as the device made it; `enrolment` was chosen from a search by name."""

    key: UUID
    kind: str
    via: str
    at: datetime
    read: str
    enrolment: int | None


def read_batch(body: bytes, *, now: datetime) -> list[Sent]:
    """The marks in a message. Raises BatchRefused."""
    try:
        message = json.loads(body)
        rows = message["marks"]
        if not isinstance(rows, list) or len(rows) > AT_MOST:
            raise ValueError
        skew = now - _moment(message["sent_at"])
        skew = skew if abs(skew) > SLACK else timedelta(0)
        return [_sent(row, skew=skew) for row in rows]
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise BatchRefused("Catatan dari perangkat ini tidak terbaca. Muat ulang.") from error


def record_batch(session: Session, sent: list[Sent], *, by: User, now: datetime) -> list[Marked]:
    """Record each mark in its own transaction, in the order of the device."""
    chosen = {one.enrolment for one in sent if one.enrolment}
    rows = Enrolment.objects.filter(cohort=session.cohort_id).in_bulk(list(chosen))
    return [
        mark(
            session,
            enrolment=rows.get(one.enrolment or 0),
            read=one.read,
            kind=one.kind,
            via=one.via,
            key=one.key,
            happened_at=one.at,
            by=by,
            now=now,
        )
        for one in sent
    ]


def _sent(row: dict[str, object], *, skew: timedelta) -> Sent:
    kind, via = Kind(str(row["kind"])), Via(str(row["via"]))
    if via not in _VIAS:
        raise ValueError("not a way of a door")
    enrolment = row.get("enrolment")
    return Sent(
        key=UUID(str(row["key"])),
        kind=kind,
        via=via,
        at=_moment(row["at"]) + skew,
        read=str(row.get("read", "")).replace("\0", ""),
        enrolment=int(str(enrolment)) if enrolment else None,
    )


def _moment(milliseconds: object) -> datetime:
    if not isinstance(milliseconds, int | float):
        raise ValueError("no time")
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
