"""Lists for a partner: made under an agreement, written down row by row, gone after a week."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from participants.access import record_access
from participants.models import Consent, DataAccess
from partners.models import Agreement, CurationCall, Disclosure, Partner, SharedList
from partners.sharing import fields as known
from partners.sharing.agreements import SharingStopped, agreement_of
from partners.sharing.people import gone
from partners.sharing.rows import SharedRow, rows_of
from partners.sharing.workbook import write_workbook
from umkm_portal.accounts.models import User

__all__ = ["SharingStopped", "make_shared_list", "open_shared_list", "purge_lists", "versions_for"]

FOLDER = "shared"
SHORTEST_PURPOSE = 10
LONGEST_PURPOSE = 200
LEFT_AFTER = timedelta(hours=1)
SHOWN = 50


class Version(NamedTuple):
    """One list as its partner sees it; nobody downloads one that somebody left."""

    shared: SharedList
    is_kept: bool
    has_gone: bool


@transaction.atomic
def make_shared_list(
    partner: Partner,
    *,
    call: CurationCall,
    fields: Collection[str] | None = None,
    purpose: str,
    by: User | None,
    now: datetime,
) -> SharedList:
    """Write the applicants of a call whom the partner may see into a workbook kept for a week.

    `fields` are keys of `partners.sharing.fields`; left out, all that the agreement allows. Each
    row becomes a Disclosure, and an access that its person reads. Raises SharingStopped.
    """
    if call.partner_id != partner.pk:
        raise SharingStopped("Kurasi ini bukan milik mitra tersebut.")
    agreement = agreement_of(partner, now=now)
    columns = _allowed(agreement, fields)
    if not SHORTEST_PURPOSE <= len(purpose.strip()) <= LONGEST_PURPOSE:
        raise SharingStopped("Tulis keperluan daftar ini, misalnya “Kurasi bazar November”.")
    CurationCall.objects.select_for_update().get(pk=call.pk)
    rows = rows_of(call, columns, now=now)
    if not rows:
        raise SharingStopped(
            "Belum ada pelamar yang setuju datanya dibagikan dan selesai diperiksa dinas."
        )
    shared = _begin(partner, agreement, call, columns, purpose=purpose.strip(), by=by, now=now)
    hashed = [(row, row.hash_in(shared)) for row in rows]
    path = _new_path()
    try:
        write_workbook(path, shared, columns, hashed)
        _finish(shared, path, hashed, now=now)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return shared


def open_shared_list(shared: SharedList, *, now: datetime) -> Path:
    """The file of a list that may still be given out.

    Raises SharingStopped when its week is over, its agreement is, or somebody in it said no since.
    """
    agreement_of(shared.partner, now=now)
    path = Path(settings.MEDIA_ROOT, shared.path)
    if not shared.is_kept(now=now) or not path.is_file():
        raise SharingStopped("Daftar ini sudah dihapus. Siapkan versi baru.")
    if gone(shared.partner, now=now).filter(shared_list=shared).exists():
        raise SharingStopped(
            "Ada pemilik usaha yang menarik persetujuannya setelah daftar ini dibuat. Siapkan "
            "versi baru."
        )
    SharedList.objects.filter(pk=shared.pk, downloaded_at=None).update(downloaded_at=now)
    return path


def versions_for(partner: Partner, *, now: datetime) -> list[Version]:
    """The newest lists with whether they can still be downloaded; one query for any number."""
    left = gone(partner, now=now).filter(shared_list=OuterRef("pk"))
    lists = partner.shared_lists.select_related("call", "made_by").annotate(has_gone=Exists(left))
    return [
        Version(shared, shared.is_kept(now=now), bool(getattr(shared, "has_gone", False)))
        for shared in lists.order_by("-pk")[:SHOWN]
    ]


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


def _allowed(agreement: Agreement, keys: Collection[str] | None) -> list[known.SharedField]:
    allowed = known.chosen(agreement.allowed_fields)
    if keys is None:
        return allowed
    refused = {*keys} - {field.key for field in allowed}
    if refused:
        names = ", ".join(field.label for field in known.chosen(refused)) or ", ".join(refused)
        raise SharingStopped(f"Perjanjian {agreement.number} tidak membolehkan: {names}.")
    return known.chosen(keys)


def _begin(
    partner: Partner,
    agreement: Agreement,
    call: CurationCall,
    columns: list[known.SharedField],
    *,
    purpose: str,
    by: User | None,
    now: datetime,
) -> SharedList:
    newest = SharedList.objects.filter(partner=partner, call=call).aggregate(Max("version"))
    return SharedList.objects.create(
        partner=partner,
        agreement=agreement,
        call=call,
        version=(newest["version__max"] or 0) + 1,
        purpose=purpose,
        fields=[field.key for field in columns],
        made_by=by,
        made_at=now,
        expires_at=now + SharedList.KEPT,
    )


def _new_path() -> Path:
    folder = Path(settings.MEDIA_ROOT, FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4().hex}.xlsx"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def _finish(
    shared: SharedList, path: Path, hashed: list[tuple[SharedRow, str]], *, now: datetime
) -> None:
    """Write down who is in the list and open it for download."""
    people = [row.participant_id for row, _ in hashed]
    consents = _consents_of(shared.partner, people)
    Disclosure.objects.bulk_create(
        (
            Disclosure(
                shared_list=shared,
                participant_id=row.participant_id,
                row_hash=row_hash,
                consent_id=consents.get(row.participant_id),
                disclosed_at=now,
            )
            for row, row_hash in hashed
        ),
        batch_size=2_000,
    )
    record_access(
        people,
        kind=DataAccess.Kind.SHARE,
        actor=shared.made_by,
        purpose=shared.purpose,
        fields=[known.CODE, *(field.label for field in known.chosen(shared.fields))],
        organisation=shared.partner.organisation,
        now=now,
    )
    shared.row_count = len(hashed)
    shared.withdrawn_count = _left_out(shared, people)
    shared.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    shared.path = f"{FOLDER}/{path.name}"
    shared.save(update_fields=["row_count", "withdrawn_count", "sha256", "path"])


def _consents_of(partner: Partner, people: Collection[int]) -> dict[int, int]:
    """The consent under which each person is in the list, by her id."""
    given = Consent.objects.filter(
        participant__in=people,
        purpose=Consent.Purpose.SHARING,
        organisation=partner.organisation_id,
        event=Consent.Event.GIVEN,
    )
    return dict(given.order_by("happened_at", "pk").values_list("participant_id", "pk"))


def _left_out(shared: SharedList, people: Collection[int]) -> int:
    """How many people of the version before are not in this one."""
    before = Disclosure.objects.filter(
        shared_list__partner=shared.partner,
        shared_list__call=shared.call,
        shared_list__version=shared.version - 1,
    )
    return len({*before.values_list("participant_id", flat=True)} - {*people})
