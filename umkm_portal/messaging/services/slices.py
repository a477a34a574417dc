"""The slices in which a campaign's messages are written, by as many workers as there are.

A slice is claimed by the lock on its row and marked done in the transaction that writes its
messages. So there is no lease: who is killed leaves nothing behind, and the slice is free again.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Now

from umkm_portal.messaging import nudges
from umkm_portal.messaging.models import Campaign, ExpansionSlice

BATCHES_PER_SLICE = 20
FIRST_SLICE = 4
"""Batches of the first slice: fewer, so that sending begins at once."""

_CUT = """
INSERT INTO messaging_expansionslice (campaign_id, number, first, last)
SELECT %(campaign)s, row_number() OVER (ORDER BY s.first), s.first,
    least(s.first + s.people - 1, %(last)s)
FROM (
    SELECT %(first)s::bigint AS first, %(early)s::bigint AS people
    UNION ALL
    SELECT first, %(people)s
    FROM generate_series(%(first)s + %(early)s, %(last)s, %(people)s) AS first
) s
"""


@transaction.atomic
def cut_audience(campaign: Campaign) -> None:
    """Cut what still lacks messages into slices, once; harmless when somebody did it."""
    if campaign.slices.exists():
        return
    found = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.EXPANDING)
    locked = found.select_for_update(no_key=True).first()
    if locked is None or locked.expanded_to >= locked.audience_count or locked.slices.exists():
        return
    size = batch_size(locked)
    locked.save(update_fields=["options"])
    with connection.cursor() as cursor:
        cursor.execute(
            _CUT,
            {
                "campaign": locked.pk,
                "first": locked.expanded_to + 1,
                "last": locked.audience_count,
                "early": FIRST_SLICE * size,
                "people": BATCHES_PER_SLICE * size,
            },
        )


def batch_size(campaign: Campaign) -> int:
    """People in a batch: up to BATCH_SIZE, fewer when few are told, so that all workers help.

    Decided once: slices must agree on it.
    """
    if "batch_size" not in campaign.options:
        shares = 4 * settings.PORTAL_PROCESSES
        fair = max(2 * settings.SENDING_CHUNK, math.ceil(campaign.audience_count / shares))
        campaign.options["batch_size"] = min(settings.BATCH_SIZE, fair)
    return campaign.options["batch_size"]


def claim_slice(campaign: Campaign) -> ExpansionSlice | None:
    """The next slice that nobody writes, ours until the end of the transaction; None without."""
    open_slices = campaign.slices.open().order_by("number")
    return open_slices.select_for_update(skip_locked=True).first()


def mark_done(found: ExpansionSlice) -> None:
    """In the transaction that wrote its messages."""
    ExpansionSlice.objects.filter(pk=found.pk).update(done_at=Now())


def is_whole(campaign: Campaign) -> bool:
    """Whether everybody of the audience has a message."""
    if campaign.slices.exists():
        return not campaign.slices.open().exists()
    return campaign.expanded_to >= campaign.audience_count


def people_prepared(campaign: Campaign) -> int:
    """How many people of the audience have a message."""
    if not campaign.slices.exists():
        return campaign.expanded_to
    left = campaign.slices.open().aggregate(n=Sum(F("last") - F("first") + 1, default=0))
    return campaign.audience_count - left["n"]


def standing_still(*, now: datetime) -> QuerySet[Campaign]:
    """Campaigns of whose slices none was done for two sweeps."""
    patience = timedelta(seconds=2 * settings.SWEEP_SECONDS)
    lively = ExpansionSlice.objects.filter(done_at__gt=now - patience)
    expanding = Campaign.objects.filter(state=Campaign.State.EXPANDING)
    return expanding.exclude(pk__in=lively.values("campaign_id")).order_by("pk")


def close_slices(campaign: Campaign) -> None:
    """Everybody has a message: from now on `expanded_to` says so. The caller holds the campaign."""
    campaign.slices.all().delete()
    campaign.expanded_to = campaign.audience_count
    campaign.save(update_fields=["expanded_to"])


@transaction.atomic
def forget_slices() -> int:
    """Drop the slices of campaigns that were ended while they were written; return how many."""
    ended = ExpansionSlice.objects.filter(campaign__state__in=Campaign.FINAL)
    free = ended.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)
    return ExpansionSlice.objects.filter(pk__in=list(free)).delete()[0]


def nudge_expansion(campaign: Campaign, *, expires: float | None = None) -> None:
    """Call every worker to write slices of a campaign, once the transaction is committed."""
    for _ in range(settings.PORTAL_PROCESSES):
        nudges.after_commit(nudges.EXPAND, campaign_id=campaign.pk, expires=expires)
