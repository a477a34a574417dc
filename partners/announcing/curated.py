"""Those whom a call let through, as an audience of invitations and campaigns."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from participants.models import Segment
from participants.segments.services import save_segment
from partners.models import CurationCall, CurationResult
from umkm_portal.accounts.models import User
from umkm_portal.messaging.desk.sources import Chosen, Selection, Source, compiled

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


def call_choices(user: User) -> list[tuple[str, str]]:
    """The calls an officer may see that have results, newest first."""
    rows = CurationCall.objects.for_user(user).filter(
        pk__in=CurationResult.objects.standing().values("call")
    )
    return list(rows.order_by("-opens_at", "-pk").values_list("slug", "title"))


def people_passed(chosen: Chosen, user: User) -> Selection:
    """Who was let through by one of these calls, as announced and standing now."""
    rows = CurationResult.objects.passed().for_user(user)
    return compiled(rows.filter(call__slug__in=chosen["values"]), "participant")


PASSED = Source(
    name="passed",
    label="Lolos kurasi",
    hint="Hasil yang sudah diumumkan dan masih berlaku.",
    people=people_passed,
    choices=call_choices,
    place=3,
)
