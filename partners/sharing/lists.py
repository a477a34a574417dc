"""Lists for a partner: asked for under an agreement, given out for a week, then gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from participants.models import Segment
from participants.segments.audiences import RulesBroken
from partners.models import Agreement, CurationCall, ListDownload, Partner, SharedList
from partners.sharing import fields as known
from partners.sharing.agreements import SharingStopped, agreement_of
from partners.sharing.people import contacts_gone, gone
from partners.sharing.rows import count_of
from partners.sharing.writing import FOLDER, TASK, write_at_once
from umkm_portal.accounts.models import User
from umkm_portal.messaging import nudges

__all__ = ["SharingStopped", "make_shared_list", "open_shared_list", "purge_lists", "versions_for"]

SHORTEST_PURPOSE = 10
LONGEST_PURPOSE = 200
LEFT_AFTER = timedelta(hours=1)
SHOWN = 50
AT_ONCE_ROWS = 1_000
"""People of a list that is written while its page is awaited; a longer one is left to a worker."""
TAKEN_BACK = (
    "Ada pemilik usaha yang menarik persetujuannya setelah daftar ini dibuat. Siapkan versi baru."
)


class Version(NamedTuple):
    """One list as its partner sees it; nobody downloads one that somebody left."""

    shared: SharedList
    is_kept: bool
    has_gone: bool
    percent: int


@transaction.atomic
def make_shared_list(
    partner: Partner,
    *,
    call: CurationCall | None = None,
    segment: Segment | None = None,
    fields: Collection[str] | None = None,
    purpose: str,
    by: User | None,
    now: datetime,
) -> SharedList:
    """The next version of a list whose people the partner may see, kept for a week once written.

    Of the applicants of a `call`, or of a `segment` as it is now. `fields` are keys of
    `partners.sharing.fields`; left out, all that the agreement allows. Each row becomes a
    Disclosure, and an access that its person reads. A short list is `done` when this returns, a
    long one is `queued` for a worker. Raises SharingStopped.
    """
    if (call is None) == (segment is None):
        raise SharingStopped("Pilih satu: kurasi atau segmen.")
    if call and call.partner_id != partner.pk:
        raise SharingStopped("Kurasi ini bukan milik mitra tersebut.")
    agreement = agreement_of(partner, now=now)
    columns = _allowed(agreement, fields)
    if not SHORTEST_PURPOSE <= len(purpose.strip()) <= LONGEST_PURPOSE:
        raise SharingStopped("Tulis keperluan daftar ini, misalnya “Kurasi bazar November”.")
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    shared = SharedList(
        partner=partner,
        agreement=agreement,
        call=call,
        segment_slug=segment.slug if segment else "",
        segment_name=segment.name if segment else "",
        rules=segment.rules if segment else {},
        purpose=purpose.strip(),
        fields=[field.key for field in columns],
        made_by=by,
        made_at=now,
        expires_at=now + SharedList.KEPT,
    )
    _begin(shared, now=now)
    return shared


def open_shared_list(shared: SharedList, *, by: User | None = None, now: datetime) -> Path:
    """The file of a list that may still be given out; that `by` took it is written down.

    Raises SharingStopped when its week is over, its agreement is, or somebody in it said no since.
    """
    agreement_of(shared.partner, now=now)
    if shared.state != SharedList.State.DONE:
        raise SharingStopped("Daftar ini belum selesai disiapkan.")
    path = Path(settings.MEDIA_ROOT, shared.path)
    if not shared.is_kept(now=now) or not path.is_file():
        raise SharingStopped("Daftar ini sudah dihapus. Siapkan versi baru.")
    for left in (gone, contacts_gone):
        if left(shared.partner, now=now).filter(shared_list=shared).exists():
            raise SharingStopped(TAKEN_BACK)
    with transaction.atomic():
        ListDownload.objects.create(shared_list=shared, user=by, downloaded_at=now)
        SharedList.objects.filter(pk=shared.pk, downloaded_at=None).update(downloaded_at=now)
    return path


def versions_for(partner: Partner, *, now: datetime) -> list[Version]:
    """The newest lists with whether they can still be downloaded; one query for any number."""
    left = gone(partner, now=now).filter(shared_list=OuterRef("pk"))
    unreachable = contacts_gone(partner, now=now).filter(shared_list=OuterRef("pk"))
    lists = partner.shared_lists.select_related("call", "made_by").annotate(
        has_gone=Exists(left), has_unreachable=Exists(unreachable)
    )
    return [
        Version(
            shared,
            shared.is_kept(now=now),
            bool(getattr(shared, "has_gone", False) or getattr(shared, "has_unreachable", False)),
            percent_of(shared),
        )
        for shared in lists.order_by("-pk")[:SHOWN]
    ]


def percent_of(shared: SharedList) -> int:
    """How much of a list is written."""
    return min(100 * shared.rows_done // shared.total, 100) if shared.total else 0


def purge_lists(now: datetime) -> int:
    """Remove files whose week is over, and what crashed processes left; return how many."""
    removed = 0
    for shared in SharedList.objects.filter(expires_at__lte=now).exclude(path=""):
        Path(settings.MEDIA_ROOT, shared.path).unlink(missing_ok=True)
        removed += SharedList.objects.filter(pk=shared.pk).exclude(path="").update(path="")
    kept = set(SharedList.objects.exclude(path="").values_list("path", flat=True))
    for path in Path(settings.MEDIA_ROOT, FOLDER).glob("*"):
        age = now - datetime.fromtimestamp(path.stat().st_mtime, tz=now.tzinfo)
        if f"{FOLDER}/{path.name}" not in kept and age > LEFT_AFTER:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _begin(shared: SharedList, *, now: datetime) -> None:
    """Give the list its number and people, and write it or leave it to a worker.

    The partner is locked: no two versions get one number.
    """
    same = SharedList.objects.filter(
        partner=shared.partner, call=shared.call, segment_slug=shared.segment_slug
    )
    running = same.filter(state__in=SharedList.OPEN).first()
    if running:
        raise SharingStopped(f"Versi {running.version} masih disiapkan. Tunggu sampai selesai.")
    shared.version = (same.aggregate(Max("version"))["version__max"] or 0) + 1
    try:
        shared.total = count_of(shared, now=now)
    except RulesBroken as broken:
        raise SharingStopped(str(broken)) from None
    if not shared.total:
        raise SharingStopped(_why_nobody(shared))
    if shared.total <= AT_ONCE_ROWS:
        write_at_once(shared, now=now)
        return
    shared.state = SharedList.State.QUEUED
    shared.save()
    nudges.after_commit(TASK, list_id=shared.pk)


def _why_nobody(shared: SharedList) -> str:
    if shared.call:
        return "Belum ada pelamar yang setuju datanya dibagikan dan selesai diperiksa dinas."
    return f"Belum ada orang di segmen ini yang setuju datanya dibagikan kepada {shared.partner}."


def _allowed(agreement: Agreement, keys: Collection[str] | None) -> list[known.SharedField]:
    allowed = known.chosen(agreement.allowed_fields)
    if keys is None:
        return allowed
    refused = {*keys} - {field.key for field in allowed}
    if refused:
        names = ", ".join(field.label for field in known.chosen(refused)) or ", ".join(refused)
        raise SharingStopped(f"Perjanjian {agreement.number} tidak membolehkan: {names}.")
    return known.chosen(keys)
