"""Who takes part in a bazaar: those whom its call let through, and who came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from participants.models import Participant
from partners.models import Bazaar, BazaarEntry, CurationResult
from umkm_portal.accounts.models import User

State = BazaarEntry.State


def add_passed(bazaar: Bazaar, *, by: User | None, now: datetime) -> int:
    """Enter everybody whom the bazaar's call let through by an announced result.

    Returns how many are new; who is entered already stays as she is.
    """
    if bazaar.call_id is None:
        return 0
    entered = BazaarEntry.objects.filter(bazaar=bazaar)
    before = entered.count()
    passed = CurationResult.objects.passed().filter(
        call=bazaar.call_id, participant__status=Participant.Status.ACTIVE
    )
    BazaarEntry.objects.bulk_create(
        (
            BazaarEntry(bazaar=bazaar, participant_id=pk, recorded_by=by, recorded_at=now)
            for pk in passed.order_by("pk").values_list("participant_id", flat=True)
        ),
        batch_size=1_000,
        ignore_conflicts=True,
    )
    return entered.count() - before


def mark_entries(
    entries: QuerySet[BazaarEntry], *, state: str, by: User | None, now: datetime
) -> int:
    """Write down who came; return how many entries changed."""
    changing = entries.exclude(state=state)
    return changing.update(state=State(state), recorded_by=by, recorded_at=now)


def mark_sellers(bazaar: Bazaar, people: Iterable[int], *, now: datetime) -> int:
    """Whoever sold there was there, whatever was expected of her."""
    entries = BazaarEntry.objects.filter(bazaar=bazaar, participant__in=list(people))
    return mark_entries(entries.filter(state=State.EXPECTED), state=State.PRESENT, by=None, now=now)
