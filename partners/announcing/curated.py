"""Those whom a call let through, as an audience of invitations."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from participants.models import Segment
from participants.segments.services import save_segment
from partners.models import CurationCall
from umkm_portal.accounts.models import User

RULE = "lolos_kurasi"
LONGEST_NAME = 80


@transaction.atomic
def segment_of_passed(call: CurationCall, *, by: User, now: datetime) -> Segment:
    """The segment of those who passed a call, saved when it is first asked for.

    It follows the results: a later version of the list changes who is in it.
    """
    CurationCall.objects.select_for_update().get(pk=call.pk)
    rules: dict[str, str | list[str]] = {RULE: [call.slug]}
    known = Segment.objects.filter(rules=rules).order_by("pk").first()
    if known:
        return known
    name = f"Lolos kurasi {call.title}"[:LONGEST_NAME]
    if Segment.objects.filter(name__iexact=name).exists():
        name = f"{name[: LONGEST_NAME - len(call.slug) - 3]} ({call.slug})"
    return save_segment(Segment(), name=name, rules=rules, actor=by, now=now)
