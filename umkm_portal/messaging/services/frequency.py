"""How often one person is written to: at most so many campaigns in seven days.

Counted when a campaign's messages are prepared, over bulk campaigns only: codes, confirmations and
changes are never held back. Whoever had enough is not told by this campaign; her row says why.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.backends.utils import CursorWrapper
from django.db.models import Q

from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, DeliveryBatch, ExpansionSlice

WINDOW = timedelta(days=7)
_LOCK = 7_190_233
"""Campaigns prepared at the same moment count each other one after the other."""
_LOCK_ALONE = "SELECT pg_advisory_xact_lock(%s)"
_LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared(%s)"
"""Slices of one campaign do not count each other: while it is the only one they share the lock."""

_HOLD_BACK = """
UPDATE messaging_delivery d SET state = 'cancelled', error = %(why)s
FROM (
    SELECT m.recipient_key FROM messaging_audiencemember m
    JOIN messaging_delivery told
        ON told.campaign_id = ANY(%(others)s) AND told.recipient_key = m.recipient_key
    WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
        AND told.changed_at > %(since)s
        AND told.state NOT IN ('failed_permanent', 'suppressed', 'cancelled')
    GROUP BY m.recipient_key HAVING count(DISTINCT told.campaign_id) >= %(most)s
) enough
WHERE d.campaign_id = %(campaign)s AND d.recipient_key = enough.recipient_key AND d.step = ''
    AND d.state = 'pending'
"""


def reason() -> str:
    """What the row of a person says who had enough for now."""
    return f"Sudah mendapat {settings.BULK_PER_WEEK} pesan massal dalam 7 hari."


def hold_back(cursor: CursorWrapper, kind: CampaignKind, values: dict[str, Any]) -> int:
    """Cancel what a slice has just prepared for people who had enough; return how many.

    Called in the transaction of the slice, before its batches are counted.
    """
    if not is_capped(kind):
        return 0
    cursor.execute(_LOCK_ALONE if _are_others_prepared(values) else _LOCK_SHARED, [_LOCK])
    others = recent_campaigns(now=values["now"], besides=values["campaign"])
    if len(others) < settings.BULK_PER_WEEK:
        return 0
    cursor.execute(
        _HOLD_BACK,
        {
            **values,
            "others": others,
            "since": values["now"] - WINDOW,
            "most": settings.BULK_PER_WEEK,
            "why": reason(),
        },
    )
    return cursor.rowcount


def _are_others_prepared(values: dict[str, Any]) -> bool:
    """Whether slices of other campaigns are open.

    Asked before the lock is taken: a campaign that is cut later finds ours, and waits for it.
    """
    return ExpansionSlice.objects.exclude(campaign_id=values["campaign"]).exists()


def is_capped(kind: CampaignKind) -> bool:
    """Whether messages of this kind are counted and held back."""
    is_announcement = kind.is_bulk and kind.priority >= DeliveryBatch.Priority.BULK
    return settings.BULK_PER_WEEK > 0 and is_announcement


def recent_campaigns(*, now: datetime, besides: int = 0) -> list[int]:
    """Ids of campaigns of counted kinds that may have told somebody within seven days."""
    counted = [name for name in kinds.names() if is_capped(kinds.get(name))]
    rows = Campaign.objects.filter(kind__in=counted, is_standing=False, started_at__isnull=False)
    rows = rows.exclude(options__has_key=Campaign.TEST_OF)
    rows = rows.filter(Q(finished_at__isnull=True) | Q(finished_at__gt=now - WINDOW))
    return list(rows.exclude(pk=besides).order_by("pk").values_list("pk", flat=True))
