"""What becomes of a person's curations, shares and sales when she is merged or forgotten."""

from __future__ import annotations

from dataclasses import replace

from participants.handlers import register, simple
from participants.models import Participant
from partners.calls.photos import drop_photo
from partners.models import (
    Appeal,
    Application,
    ApplicationEvent,
    BazaarEntry,
    CurationDecision,
    CurationResult,
    Disclosure,
    SalesRow,
)

_ERASED_APPLICATION = {"products": "", "store_link": "", "licences": {}, "photo": "", "note": ""}
_ERASED_DECISION = {
    **dict.fromkeys(("business_name", "store_link", "reason", "note", "identity"), ""),
    "contact": None,
}
_SALE = ("report_id", "period_from", "period_to", "channel")


def register_own() -> None:
    for handler in (
        replace(
            simple(Application, blank=_ERASED_APPLICATION),
            merge=_merge_applications,
            erase=_erase_applications,
        ),
        simple(CurationDecision, blank=_ERASED_DECISION, once_per=("list_id",)),
        simple(CurationResult, blank={"note": ""}, once_per=("call_id",)),
        simple(Appeal, blank={"text": "", "answer": ""}),
        simple(Disclosure, once_per=("shared_list_id",)),
        simple(BazaarEntry, once_per=("bazaar_id",)),
        simple(SalesRow, once_per=_SALE),
    ):
        register(handler)


def _merge_applications(source: Participant, target: Participant) -> int:
    """Move all; of two live ones to the same call the other record's stays live."""
    moving = Application.objects.filter(participant=source)
    taken = Application.objects.live().filter(participant=target).values("call")
    moving.live().filter(call__in=taken).update(state=Application.State.WITHDRAWN)
    return moving.update(participant=target)


def _erase_applications(person: Participant) -> int:
    """What she showed goes, with its photos and what was noted on the way."""
    rows = Application.objects.filter(participant=person)
    for path in rows.exclude(photo="").values_list("photo", flat=True):
        drop_photo(path)
    ApplicationEvent.objects.filter(application__in=rows).exclude(note="").update(note="")
    rows.live().update(state=Application.State.WITHDRAWN)
    return rows.update(**_ERASED_APPLICATION)
