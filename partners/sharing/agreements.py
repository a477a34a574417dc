"""Agreements with partners: the one in force, its papers, and how it ends."""

from __future__ import annotations

import hashlib
import os
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import models
from django.utils import timezone

from partners.models import Agreement, AgreementFile, Partner
from umkm_portal.accounts.models import User

FOLDER = "agreements"
MOST_BYTES = 20_000_000
SOON = timedelta(days=30)
BEGINNINGS = {b"%PDF-": ".pdf", b"\xff\xd8\xff": ".jpg", b"\x89PNG\r\n\x1a\n": ".png"}


class SharingStopped(Exception):
    """Nothing may be given to the partner; the message is an Indonesian sentence that says why."""


class PaperRefused(ValueError):
    """The file is no paper of an agreement; `str()` says what to do."""


class State(models.TextChoices):
    PLANNED = "planned", "Belum berlaku"
    IN_FORCE = "in_force", "Berlaku"
    ENDS_SOON = "ends_soon", "Segera berakhir"
    EXPIRED = "expired", "Sudah berakhir"
    ENDED = "ended", "Diakhiri"


def state_of(agreement: Agreement, *, now: datetime) -> State:
    today = timezone.localdate(now)
    if agreement.ended_at is not None:
        return State.ENDED
    if today < agreement.valid_from:
        return State.PLANNED
    if today > agreement.valid_to:
        return State.EXPIRED
    return State.ENDS_SOON if agreement.valid_to - today <= SOON else State.IN_FORCE


def agreement_of(partner: Partner, *, now: datetime) -> Agreement:
    """The newest agreement in force. Raises SharingStopped with what to do."""
    in_force = partner.agreements.in_force(today=timezone.localdate(now))
    found = in_force.order_by("-valid_from", "-pk").first()
    if found is None:
        raise SharingStopped(_why_none(partner, now=now))
    return found


def end_agreement(agreement: Agreement, *, now: datetime) -> bool:
    """Stop sharing under it from now on; False when it was ended before."""
    open_ones = Agreement.objects.filter(pk=agreement.pk, ended_at=None)
    return bool(open_ones.update(ended_at=now))


def keep_paper(
    agreement: Agreement, file: BinaryIO, *, name: str, by: User | None, now: datetime
) -> AgreementFile:
    """Store a signed paper (PDF, JPEG or PNG, up to 20 MB). Raises PaperRefused."""
    suffix = check_paper(file)
    data = file.read(MOST_BYTES)
    folder = Path(settings.MEDIA_ROOT, FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4().hex}{suffix}"
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
        target.write(data)
    return AgreementFile.objects.create(
        agreement=agreement,
        name=f"{Path(name).stem[:180] or 'perjanjian'}{suffix}",
        path=f"{FOLDER}/{path.name}",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        added_by=by,
        added_at=now,
    )


def check_paper(file: BinaryIO) -> str:
    """Return the ending of the file's name by what it holds; it is read from its start again.

    Raises PaperRefused.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > MOST_BYTES:
        raise PaperRefused("Berkas lebih besar dari 20 MB. Perkecil dahulu, lalu unggah lagi.")
    data = file.read(max(map(len, BEGINNINGS)))
    file.seek(0)
    suffix = next((end for start, end in BEGINNINGS.items() if data.startswith(start)), "")
    if not suffix:
        raise PaperRefused("Unggah perjanjian sebagai PDF, JPG, atau PNG.")
    return suffix


def _why_none(partner: Partner, *, now: datetime) -> str:
    newest = partner.agreements.order_by("-valid_to", "-pk").first()
    if newest is None:
        return (
            f"Belum ada perjanjian dengan {partner}, jadi data belum bisa dibagikan. Hubungi dinas."
        )
    state, ask = state_of(newest, now=now), "Hubungi dinas untuk perjanjian baru."
    if state == State.ENDED:
        return f"Perjanjian {newest.number} sudah diakhiri, jadi data tidak dibagikan lagi. {ask}"
    if state == State.PLANNED:
        day = f"{newest.valid_from:%d/%m/%Y}"
        return f"Perjanjian {newest.number} baru berlaku {day}. Unduh daftar mulai hari itu."
    last = f"{newest.valid_to:%d/%m/%Y}"
    return f"Perjanjian {newest.number} berakhir {last}, jadi data tidak dibagikan lagi. {ask}"
