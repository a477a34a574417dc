"""The life of a call: prepared, announced to owners, closed, or cancelled."""

from __future__ import annotations

from datetime import datetime

from participants.models import Segment
from participants.segments.audiences import RulesBroken, people_by
from partners.models import CurationCall

State = CurationCall.State


class CallRefused(Exception):
    """The call cannot go there; `str()` is the sentence for staff."""


def open_call(call: CurationCall, *, now: datetime) -> CurationCall:
    """Let owners see a prepared or closed call. Raises CallRefused when it lacks something."""
    if call.closes_at <= now:
        raise CallRefused("Waktu tutup sudah lewat. Ubah waktunya dulu.")
    if not call.criteria:
        raise CallRefused("Tulis sedikitnya satu syarat, supaya pemilik usaha tahu.")
    try:
        people_by(call.rules)
    except RulesBroken as error:
        raise CallRefused(str(error)) from error
    return _move(call, (State.DRAFT, State.CLOSED), State.OPEN)


def close_call(call: CurationCall) -> CurationCall:
    """Take no more applications. Raises CallRefused."""
    return _move(call, (State.OPEN,), State.CLOSED)


def cancel_call(call: CurationCall) -> CurationCall:
    """End a call without results. Raises CallRefused once anything was announced."""
    if call.results.exists():
        raise CallRefused("Hasil kurasi ini sudah diumumkan, jadi tidak dapat dibatalkan.")
    return _move(call, (State.DRAFT, State.OPEN, State.CLOSED), State.CANCELLED)


def rules_of(segment: Segment | None) -> dict[str, str | list[str]]:
    """The rules of a segment as a call keeps them: later changes of the segment do not reach it."""
    return dict(segment.rules) if segment else {}


def _move(call: CurationCall, sources: tuple[State, ...], to: State) -> CurationCall:
    moved = CurationCall.objects.filter(pk=call.pk, state__in=sources).update(state=to)
    if not moved:
        raise CallRefused("Status kurasi ini sudah berubah. Muat ulang halamannya.")
    call.state = to
    return call
