"""A curator's list on its way: handed in, shown with its consequences, accepted, taken back."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from partners.curation.applying import list_for
from partners.curation.previews import Preview, preview
from partners.curation.versions import (
    current_list,
    difference_of_file,
    restore_before,
)
from partners.models import CurationCall, CurationDecision, CurationList
from umkm_portal.accounts.models import User
from umkm_portal.imports import nudging, services
from umkm_portal.imports.models import ImportFile

__all__ = [
    "ListNotAccepted",
    "Preview",
    "accept_list",
    "list_of",
    "preview",
    "receive_list",
    "say_all_pass",
    "withdraw_list",
]

PROFILE = "kurasi"
AT_ONCE_SECONDS = 4
"""How long accepting stores rows itself; of a long list the rest is left to a worker."""
State = CurationList.State


class ListNotAccepted(Exception):
    """The list cannot be accepted or taken back now; the message is an Indonesian sentence."""


def receive_list(
    blocks: Iterable[bytes],
    *,
    name: str,
    call: CurationCall,
    uploader: User | None,
    all_pass: bool = False,
    now: datetime,
) -> tuple[ImportFile, bool]:
    """Keep an uploaded list and return (file, True), or the file that holds the same bytes.

    `all_pass` is the uploader's word that every row passed, for sheets without a result. Raises
    SpreadsheetError when the file is too large. The caller nudges a worker.
    """
    file, is_new = services.receive_file(
        blocks,
        name=name,
        profile=PROFILE,
        organisation=call.partner.organisation,
        uploader=uploader,
        options={"call": call.pk, "all_pass": all_pass, "goal": f"kurasi-{call.pk}"},
        now=now,
    )
    if not is_new and all_pass and not file.options.get("all_pass"):
        # Where it is accepted already, its receipt stands.
        with suppress(ListNotAccepted):
            say_all_pass(file)
    return file, is_new


def say_all_pass(file: ImportFile, *, all_pass: bool = True) -> None:
    """Have a file read anew with the uploader's word that every row passed, or without it.

    Raises ListNotAccepted once the list is accepted.
    """
    states = ImportFile.State
    waiting = ImportFile.objects.filter(
        pk=file.pk,
        approved_at=None,
        state__in=[states.UPLOADED, states.READ, states.MAPPED, states.CHECKED],
    )
    won = waiting.update(
        state=states.UPLOADED,
        options={**file.options, "all_pass": all_pass},
        total_rows=0,
        rows_read=0,
        rows_checked=0,
        failures=0,
        lease_until=None,
        attempt=file.attempt + 1,
        waiting_since=timezone.now(),
        told_at=None,
    )
    if not won:
        raise ListNotAccepted("Daftar ini sudah diterima, jadi tidak bisa diubah lagi.")
    file.refresh_from_db()


def list_of(file: ImportFile) -> CurationList | None:
    """The version that a file became, or the one that already said the same; None before."""
    known = CurationList.objects.select_related("accepted_by", "call")
    same_as = file.options.get("same_as")
    return (known.filter(pk=same_as) if same_as else known.filter(file=file)).first()


def accept_list(
    file: ImportFile, *, by: User | None, now: datetime, seen_version: int | None = None
) -> CurationList:
    """Take the good rows of a checked list as the call's new version (Terima), and return it.

    Short lists are stored when this returns; of a long one the version is `storing` until a
    worker is through, and the one before counts until then. A list that changes nothing makes no
    version: the current one is returned. `seen_version` is `Preview.current_version` as the page
    showed it. Raises ListNotAccepted with who accepted what, when somebody was first.
    """
    with transaction.atomic():
        call = CurationCall.objects.select_for_update().get(pk=file.options["call"])
        file = ImportFile.objects.select_for_update().get(pk=file.pk)
        if (known := list_of(file)) and file.undone_at is None:
            if by is not None and known.accepted_by_id == by.pk and known.file_id == file.pk:
                return known
            raise ListNotAccepted(_told_by(known, "menerima daftar ini"))
        current = current_list(call)
        _refuse_when_closed(call, file)
        _refuse_when_late(current, file, seen_version)
        try:
            services.approve_file(file, by=by, now=now)
        except services.NotNow as refusal:
            raise ListNotAccepted(str(refusal)) from None
        if current and difference_of_file(file, current).is_none:
            version = current
            file.options = {**file.options, "same_as": current.pk}
            file.save(update_fields=["options"])
        else:
            version = list_for(file)
    services.apply_file(file.pk, seconds=AT_ONCE_SECONDS)
    file.refresh_from_db()
    if file.is_busy:
        nudging.nudge_on_commit(file)
    version.refresh_from_db()
    return version


def withdraw_list(version: CurationList, *, by: User | None, now: datetime) -> None:
    """Take an accepted version back within the undo window; the one before counts again.

    Raises ListNotAccepted once anything was announced, a newer version came, or time is over.
    """
    with transaction.atomic():
        CurationCall.objects.select_for_update().get(pk=version.call_id)
        version.refresh_from_db()
        if version.state != State.ACCEPTED or version.announce_at or version.announced_at:
            raise ListNotAccepted(
                "Daftar ini sudah diumumkan atau diganti, jadi tidak bisa ditarik kembali."
            )
        if now - version.accepted_at >= ImportFile.UNDO_FOR:
            raise ListNotAccepted("Daftar hanya bisa ditarik kembali dalam 24 jam.")
        decisions = CurationDecision.objects.filter(list=version)
        try:
            count = decisions._raw_delete(decisions.db)
        except IntegrityError:
            raise ListNotAccepted("Isi daftar ini sudah dipakai. Hubungi dinas.") from None
        version.state = State.WITHDRAWN
        version.save(update_fields=["state"])
        restore_before(version)
        ImportFile.objects.filter(pk=version.file_id or 0).update(
            undone_at=now, undone_by=by, undone_count=count
        )


def _refuse_when_closed(call: CurationCall, file: ImportFile) -> None:
    if call.state == CurationCall.State.CANCELLED:
        raise ListNotAccepted("Kurasi ini dibatalkan dinas, jadi daftarnya tidak diterima.")
    storing = CurationList.objects.filter(call=call, state=State.STORING)
    for other in storing.select_related("accepted_by", "file"):
        if other.file and other.file.is_busy:
            raise ListNotAccepted(
                _told_by(other, f"menerima versi {other.version}, yang masih disimpan")
            )
        CurationList.objects.filter(pk=other.pk).update(state=State.WITHDRAWN)
    if not file.accepted_count:
        raise ListNotAccepted("Belum ada baris yang bisa diterima. Perbaiki dahulu barisnya.")


def _refuse_when_late(
    current: CurationList | None, file: ImportFile, seen_version: int | None
) -> None:
    """Refuse to replace a version that the person who accepts has not seen."""
    if current is None:
        return
    if current.state == State.ANNOUNCING:
        raise ListNotAccepted(
            f"Versi {current.version} sedang diumumkan. Coba lagi sesudah pengumumannya selesai."
        )
    if seen_version is None:
        is_news = file.checked_at is not None and current.accepted_at > file.checked_at
    else:
        is_news = current.version != seen_version
    if is_news:
        raise ListNotAccepted(
            _told_by(current, f"menerima versi {current.version} lebih dahulu")
            + " Periksa lagi perbedaannya, lalu terima."
        )


def _told_by(version: CurationList, what: str) -> str:
    who = version.accepted_by.full_name if version.accepted_by else ""
    when = timezone.localtime(version.accepted_at)
    return f"{who or 'Petugas'} sudah {what} pada {when:%d-%m-%Y pukul %H.%M}."
