"""Step P5 (pemasaran) of the path: whoever took part in a bazaar has taken it.

A step is only ever added: one that turns out wrong is corrected by another row, and so is the
correction when she came after all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time

from django.db.models import QuerySet
from django.utils import timezone

from participants.activity import record_activity
from participants.models import Participant, StageEvent
from partners.models import BazaarEntry
from umkm_portal.accounts.models import User

STAGE = "P5"


def write_milestones(
    entries: QuerySet[BazaarEntry], *, came: bool, by: User | None, now: datetime
) -> int:
    """Add the step for these entries, or take it back; return how many rows were added.

    Entries whose step already says so get none.
    """
    found = entries.select_related("bazaar__partner").filter(
        participant__status=Participant.Status.ACTIVE
    )
    rows = {_reference(entry): entry for entry in found.order_by("pk")}
    heads = _heads(rows.keys())
    events = []
    for reference, entry in rows.items():
        head, length = heads.get(reference, (None, 0))
        if (head is not None and not head.is_void) == came:
            continue
        events.append(_event(entry, reference, head, length, came=came, by=by, now=now))
    StageEvent.objects.bulk_create(events, batch_size=1_000, ignore_conflicts=True)
    if came and events:
        day = min(event.occurred_on for event in events)
        at = timezone.make_aware(datetime.combine(day, time.min))
        record_activity([event.participant_id for event in events], at=at)
    return len(events)


def _reference(entry: BazaarEntry) -> str:
    return f"bazaar:{entry.pk}"


def _heads(references: Collection[str]) -> dict[str, tuple[StageEvent, int]]:
    """The row that counts by reference, and how many rows there are; a query for each length."""
    heads: dict[str, tuple[StageEvent, int]] = {}
    roots = StageEvent.objects.filter(source_ref__in=references)
    ends = {event.pk: (event.source_ref, event) for event in roots}
    length = 1
    while ends:
        heads |= {reference: (event, length) for reference, event in ends.values()}
        later = StageEvent.objects.filter(corrects__in=ends.keys())
        ends = {event.pk: (ends[event.corrects_id][0], event) for event in later}  # type: ignore[index]  # asked for by it
        length += 1
    return heads


def _event(
    entry: BazaarEntry,
    reference: str,
    head: StageEvent | None,
    length: int,
    *,
    came: bool,
    by: User | None,
    now: datetime,
) -> StageEvent:
    day = min(entry.bazaar.starts_on, timezone.localdate(now))
    return StageEvent(
        participant_id=head.participant_id if head else entry.participant_id,
        stage_id=STAGE,
        organisation_id=entry.bazaar.partner.organisation_id,
        occurred_on=day if came or head is None else head.occurred_on,
        source_ref=f"{reference}:{length}" if head else reference,
        corrects=head,
        is_void=not came,
        actor=by,
        created_at=now,
    )
