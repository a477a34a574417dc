"""Two records of one person each asked for the same: one request goes on, the other joins it.

Both move to the surviving record, so nothing that she wrote is lost and nothing live stays behind.
"""

from __future__ import annotations

from datetime import datetime

from participants.models import DataRequest, LicenceEvent, LicenceRequest, Participant

_REMARK = "Data digabung."
_FURTHEST = ("processing", "checking", "submitted", "needs_fix")
"""Of two licence requests the one that goes on: staff have done most for it."""


def merge_requests(source: Participant, target: Participant, *, now: datetime) -> int:
    """Move her requests; of two open ones of a kind the older goes on, as its clock runs."""
    mine = DataRequest.objects.filter(participant=target).waiting().exclude(kind="correction")
    rows = DataRequest.objects.filter(participant=source)
    for twin in mine.order_by("pk"):
        for other in rows.waiting().filter(kind=twin.kind):
            _join_requests(*sorted((twin, other), key=_age), now=now)
    return rows.update(participant=target)


def _age(row: DataRequest) -> tuple[datetime, int]:
    return (row.created_at, row.pk)


def _join_requests(first: DataRequest, second: DataRequest, *, now: datetime) -> None:
    second.state, second.decided_at = DataRequest.State.JOINED, now
    second.answer = f"Disatukan dengan permintaan yang sama (nomor {first.pk})."
    second.save(update_fields=["state", "decided_at", "answer"])
    first.text = _both(first.text, second.text, longest=1000)
    first.due_at = min(first.due_at, second.due_at)
    first.save(update_fields=["text", "due_at"])


def merge_licences(source: Participant, target: Participant, *, now: datetime) -> int:
    """Move her requests; of two live ones of a kind the one that is further goes on."""
    mine = LicenceRequest.objects.filter(participant=target).live().exclude(kind="other")
    rows = LicenceRequest.objects.filter(participant=source)
    for twin in mine.order_by("pk"):
        for other in rows.live().filter(kind=twin.kind):
            _join_licences(*sorted((twin, other), key=_place), now=now)
    return rows.update(participant=target)


def _place(row: LicenceRequest) -> tuple[int, datetime, int]:
    return (_FURTHEST.index(row.state), row.created_at, row.pk)


def _join_licences(first: LicenceRequest, second: LicenceRequest, *, now: datetime) -> None:
    LicenceEvent.objects.create(
        request=second,
        from_state=second.state,
        to_state=LicenceRequest.State.JOINED,
        note=_REMARK,
        happened_at=now,
    )
    second.state, second.changed_at = LicenceRequest.State.JOINED, now
    second.reason = f"Disatukan dengan permohonan yang sama (nomor {first.pk})."
    second.save(update_fields=["state", "changed_at", "reason"])
    first.note = _both(first.note, second.note, longest=300)
    if second.wants_delivery and not first.wants_delivery:
        first.wants_delivery, first.address = True, second.address
    first.save(update_fields=["note", "wants_delivery", "address"])


def _both(first: str, second: str, *, longest: int) -> str:
    """Both texts where they fit; the second one stays whole in its own row in any case."""
    both = "\n".join(dict.fromkeys(filter(None, (first, second))))
    return both if len(both) <= longest else first
