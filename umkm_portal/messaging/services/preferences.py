"""Which kinds of messages an address wants: chosen by its owner, kind by kind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from umkm_portal.messaging import kinds
from umkm_portal.messaging.models import Delivery, Suppression
from umkm_portal.messaging.services.suppressions import BULK, allow, opt_out, suppress
from umkm_portal.messaging.stop_links import Reader


class Preference(NamedTuple):
    """One kind of bulk messages, and whether an address gets it."""

    kind: str
    label: str
    is_on: bool


def preferences_of(told: Delivery | Reader) -> list[Preference]:
    """The kinds that the owner of a message's address may switch; one query."""
    stopped = set(_lines(told).values_list("purpose", flat=True))
    is_all_off = bool(stopped & {BULK, Suppression.EVERYTHING})
    return [
        Preference(name, kinds.get(name).label, not is_all_off and name not in stopped)
        for name in sorted(kinds.names(purpose=BULK), key=lambda name: kinds.get(name).label)
    ]


@transaction.atomic
def choose_kinds(told: Delivery | Reader, *, wanted: Collection[str], now: datetime) -> None:
    """Send these kinds to the address and no others; what waits of the others is stopped.

    None of them is the same as opting out of all. Bounces and decisions of staff stay. An address
    that retention cleared cannot be chosen for.
    """
    if not told.address:
        return
    offered = set(kinds.names(purpose=BULK))
    kept = offered & set(wanted)
    if not kept:
        opt_out(told, now=now)
        return
    allow(channel=told.channel, address=told.address)
    hers = _lines(told).filter(reason=Suppression.Reason.OPT_OUT)
    hers.filter(purpose__in=kept).delete()
    for name in sorted(offered - kept):
        suppress(
            channel=told.channel,
            address=told.address,
            purpose=name,
            reason=Suppression.Reason.OPT_OUT,
            note=f"Dipilih lewat pesan {told.public_id}",
            now=now,
        )


def _lines(told: Delivery | Reader) -> QuerySet[Suppression]:
    return Suppression.objects.filter(channel=told.channel, address=told.address.strip().lower())
