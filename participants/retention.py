"""What about people goes by age: codes, drafts, exports, and people long gone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from participants.contacts import forgetting
from participants.erasing import anonymise
from participants.exporting.services import purge_exports
from participants.models import (
    ContactCode,
    ExportFile,
    Merge,
    MergedRow,
    Participant,
    Registration,
)
from participants.registration import drafts
from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock

KEEP_IMAGES = timedelta(days=180)
"""For so long a merge can be taken back; its images hold what both records said."""
DAYS_A_YEAR = 365.2425


def register_jobs() -> None:
    for job in (
        RetentionJob("contact_codes", "Kode sekali pakai", _find_codes, _forget_codes),
        RetentionJob("drafts", "Pendaftaran yang tidak dilanjutkan", _find_drafts, _forget_drafts),
        RetentionJob("exports", "Berkas ekspor", _find_exports, purge_exports),
        RetentionJob("merge_images", "Catatan penggabungan", _find_images, _forget_images),
        RetentionJob("people", "Peserta tanpa kegiatan", _find_people, _anonymise_people),
    ):
        retention.register(job)


def _find_codes(now: datetime) -> Stock:
    old = ContactCode.objects.filter(sent_at__lt=now - forgetting.KEPT)
    return retention.stock_of(old, "sent_at")


def _forget_codes(now: datetime) -> int:
    return forgetting.forget_codes(now=now)


def _find_drafts(now: datetime) -> Stock:
    old = Registration.objects.filter(state=Registration.State.OPEN, expires_at__lte=now)
    return retention.stock_of(old, "expires_at")


def _forget_drafts(now: datetime) -> int:
    return drafts.remove_expired(now=now)


def _find_exports(now: datetime) -> Stock:
    old = ExportFile.objects.filter(state=ExportFile.State.DONE, expires_at__lte=now)
    return retention.stock_of(old, "expires_at")


def _old_merges(now: datetime) -> QuerySet[Merge]:
    """Merges that can be taken back for the longest time already."""
    old = Merge.objects.filter(merged_at__lt=now - KEEP_IMAGES)
    return old.filter(
        Exists(MergedRow.objects.filter(merge=OuterRef("pk"))) | Q(nik_before__isnull=False)
    )


def _find_images(now: datetime) -> Stock:
    return retention.stock_of(_old_merges(now), "merged_at")


def _forget_images(now: datetime) -> int:
    """Take the images of rows away, merge by merge: what was joined stays joined."""
    forgotten = 0
    for pk in list(_old_merges(now).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            MergedRow.objects.filter(merge=pk).delete()
            forgotten += Merge.objects.filter(pk=pk).update(nik_before=None)
    return forgotten


def long_gone(now: datetime) -> QuerySet[Participant]:
    """People about whom nothing happened for RETENTION_YEARS; nobody when that is 0.

    Whom an officer marked as active stays.
    """
    people = Participant.objects.filter(status=Participant.Status.ACTIVE)
    if not settings.RETENTION_YEARS:
        return people.none()
    start = now - timedelta(days=settings.RETENTION_YEARS * DAYS_A_YEAR)
    day = start.date()
    return people.filter(
        Q(last_activity_at=None) | Q(last_activity_at__lt=start),
        Q(last_served_on=None) | Q(last_served_on__lt=day),
        Q(willing_on=None) | Q(willing_on__lt=day),
        Q(active_until=None) | Q(active_until__lt=now.date()),
        created_at__lt=start,
    ).exclude(active_override=True)


def _find_people(now: datetime) -> Stock:
    return retention.stock_of(long_gone(now), "created_at")


def _anonymise_people(now: datetime) -> int:
    """Forget them one by one: each is a transaction of its own over all that is kept about her."""
    gone = list(long_gone(now).order_by("pk").values_list("pk", flat=True))
    forgotten = 0
    for pk in gone:
        person = long_gone(now).filter(pk=pk).first()  # she may have come back meanwhile
        forgotten += bool(person and anonymise(person, actor=None, now=now))
    return forgotten
