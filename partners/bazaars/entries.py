"""Who takes part in a bazaar: those whom its call let through, and who came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from participants.models import Participant
from partners.bazaars.milestones import write_milestones
from partners.models import Bazaar, BazaarEntry, CurationResult, SalesRow
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


@transaction.atomic
def mark_entries(
    entries: QuerySet[BazaarEntry], *, state: str, by: User | None, now: datetime
) -> int:
    """Write down who came, and with it her step P5; return how many entries changed."""
    changing = entries.exclude(state=state).order_by("pk").select_for_update(of=("self",))
    keys = list(changing.values_list("pk", flat=True))
    mine = BazaarEntry.objects.filter(pk__in=keys)
    count = mine.update(state=State(state), recorded_by=by, recorded_at=now)
    write_milestones(mine, came=state == State.PRESENT, by=by, now=now)
    return count


def mark_sellers(bazaar: Bazaar, people: Iterable[int], *, now: datetime) -> int:
    """Whoever sold there was there, whatever was expected of her.

    Who was there by an earlier report alone, and is in none that counts, is expected again.
    """
    entries, sellers = BazaarEntry.objects.filter(bazaar=bazaar), list(people)
    ever_sold = SalesRow.objects.filter(report__bazaar=bazaar).values("participant")
    by_report = entries.filter(
        state=State.PRESENT, recorded_by=None, participant__in=ever_sold
    ).exclude(participant__in=sellers)
    mark_entries(by_report, state=State.EXPECTED, by=None, now=now)
    came = entries.filter(state=State.EXPECTED, participant__in=sellers)
    return mark_entries(came, state=State.PRESENT, by=None, now=now)
