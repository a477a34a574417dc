"""One shared list as the dinas looks at it: its versions, who took it, and who left it since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partners.models import Disclosure, ListDownload, SharedList
from partners.models.sharing import DisclosureQuerySet
from partners.sharing.people import contacts_gone, gone
from umkm_portal.common import codes

SHOWN = 50


@dataclass(frozen=True)
class Leaver:
    """Somebody of the list who took back a consent, and when its partner was told."""

    code: str
    only_contact: bool
    told_at: datetime | None


@dataclass(frozen=True)
class Overview:
    versions: list[SharedList]
    """All of the same call or segment, the newest first."""
    downloads: list[ListDownload]
    leavers: list[Leaver]
    leaver_count: int


def overview_of(shared: SharedList, *, now: datetime) -> Overview:
    """At most 50 of each."""
    same = SharedList.objects.filter(
        partner=shared.partner, call=shared.call, segment_slug=shared.segment_slug
    )
    downloads = shared.downloads.select_related("user").order_by("-pk")
    whole = gone(shared.partner, now=now).filter(shared_list=shared)
    contact = contacts_gone(shared.partner, now=now).filter(shared_list=shared)
    contact = contact.exclude(pk__in=whole.values("pk"))
    leavers = [*_leavers(whole, "told_at"), *_leavers(contact, "contact_told_at")]
    return Overview(
        versions=list(same.order_by("-version")[:SHOWN]),
        downloads=list(downloads[:SHOWN]),
        leavers=leavers[:SHOWN],
        leaver_count=whole.count() + contact.count(),
    )


def _leavers(rows: DisclosureQuerySet, told: str) -> list[Leaver]:
    found: list[Disclosure] = list(rows.select_related("participant").order_by("-pk")[:SHOWN])
    return [
        Leaver(codes.display(row.participant.code), told == "contact_told_at", getattr(row, told))
        for row in found
    ]
