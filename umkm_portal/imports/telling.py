"""The message that a file is checked, for an uploader who did not wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from umkm_portal.imports import profiles
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.staging import mask_niks
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch
from umkm_portal.messaging.services import queue_one

State = ImportFile.State
LONG_CHECK = timedelta(minutes=1)
AWAY = timedelta(seconds=30)
"""Who has not looked for so long has left the page: an open one looks every two seconds."""
SEEN_EVERY = timedelta(seconds=10)

_EMAIL = """Berkas {berkas} selesai diperiksa. {hasil}

Buka hasilnya: {halaman}

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""


def note_seen(file: ImportFile, *, now: datetime) -> None:
    """Somebody looks at the progress of a file; written down every ten seconds at most."""
    if file.is_busy:
        stale = Q(seen_at=None) | Q(seen_at__lt=now - SEEN_EVERY)
        ImportFile.objects.filter(stale, pk=file.pk).update(seen_at=now)


@transaction.atomic
def tell_checked(file: ImportFile, *, now: datetime) -> bool:
    """Write the uploader once that her file waits for her, when it took long or she left.

    Only files that somebody looked at in a page: other systems ask by themselves.
    """
    file = ImportFile.objects.select_related("uploader").get(pk=file.pk)
    address = file.uploader.email if file.uploader else ""
    if not address or file.uploader is None or file.is_busy or not _is_missed(file, now=now):
        return False
    if not ImportFile.objects.filter(pk=file.pk, told_at=None).update(told_at=now):
        return False
    page = reverse(profiles.get(file.profile).page, args=[file.pk])
    queue_one(
        FILE_CHECKED,
        recipient_key=-file.uploader.pk,  # nobody of the register: keys of people are positive
        subject_id=file.pk,
        dedupe_key=f"checked-{file.pk}-{file.attempt}",
        address=address,
        context={
            "berkas": mask_niks(file.name),
            "hasil": mask_niks(_in_words(file)),
            "halaman": f"{settings.PORTAL_URL}{page}",
        },
        now=now,
    )
    return True


def _is_missed(file: ImportFile, *, now: datetime) -> bool:
    if file.seen_at is None or file.waiting_since is None:
        return False
    return now - file.waiting_since > LONG_CHECK or now - file.seen_at > AWAY


def _in_words(file: ImportFile) -> str:
    if file.state == State.READ:
        return "Ada kolom yang belum dikenali: pilih dahulu kolomnya."
    if file.file_error:
        return file.file_error
    if file.state == State.DONE:
        return f"{file.accepted_count} baris tersimpan, {file.rejected_count} perlu diperbaiki."
    waiting = f", {file.review_count} ditinjau petugas" if file.review_count else ""
    return f"{file.accepted_count} baris benar, {file.rejected_count} perlu diperbaiki{waiting}."


def _still_waits(campaign: Campaign, file_ids: Sequence[int]) -> set[int]:
    """Not what was accepted or cancelled before the message went out."""
    files = ImportFile.objects.filter(pk__in=file_ids, state__in=[State.READ, State.CHECKED])
    stopped = ImportFile.objects.filter(pk__in=file_ids, state=State.FAILED)
    return set((files | stopped).values_list("pk", flat=True))


FILE_CHECKED = CampaignKind(
    name="file_checked",
    label="Berkas selesai diperiksa",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables={
        "berkas": "lolos.xlsx",
        "hasil": "320 baris benar, 3 perlu diperbaiki.",
        "halaman": "https://contoh.example/mitra/daftar/7/",
    },
    wording={Channel.EMAIL: ("Selesai diperiksa: {berkas}", _EMAIL)},
    still_wanted=_still_waits,
)


def register() -> None:
    """Tell the sender about the message."""
    kinds.register(FILE_CHECKED)
