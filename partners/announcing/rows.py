"""What staff read about a list before they announce it."""

from __future__ import annotations

from django.conf import settings

from partners.models import CurationDecision, CurationList
from umkm_portal.common.numbers import whole_in

PAGE = 50


def before_announcing(version: CurationList, *, after: str) -> dict[str, object]:
    """`rows` below the row `after` (as typed in an address), `next` to go on from, if any, and the
    `minutes` in which an announcement can be undone."""
    found: list[CurationDecision] = list(
        version.decisions.filter(row_no__gt=whole_in(after) or 0)
        .select_related("participant")
        .defer("contact", "participant__nik", "participant__search")
        .order_by("row_no")[: PAGE + 1]
    )
    return {
        "rows": found[:PAGE],
        "next": found[PAGE - 1].row_no if len(found) > PAGE else None,
        "minutes": max(1, round(settings.ANNOUNCE_AFTER_MINUTES)),
    }
