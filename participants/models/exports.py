"""Lists of people that were written for taking along, and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.accounts.models import Membership, Organisation, User


class ExportFileQuerySet(models.QuerySet["ExportFile"]):
    def for_user(self, user: User) -> ExportFileQuerySet:
        """All for the head office and auditors; everybody else sees her own."""
        if user.is_superuser:
            return self
        roles = user.memberships.current().values_list("role", flat=True)
        if {Membership.Role.HEAD_OFFICE, Membership.Role.AUDITOR} & {*roles}:
            return self
        return self.filter(requested_by=user)

    def waiting(self, *, now: datetime) -> ExportFileQuerySet:
        """Exports to be written that no process is writing."""
        return self.filter(state__in=ExportFile.OPEN).filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        )


class ExportFile(models.Model):
    """One list of people on its way into a file (ekspor), and the file while it is kept.

    `rules` are frozen at the request; `purpose` is read by the people in it. `area` are the roles
    by which its owner saw these people when it was written (`services.area_of`). `attempt` is the
    fencing token of the process that writes: a crashed one starts over under the next number.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Menunggu giliran"
        RUNNING = "running", "Sedang ditulis"
        DONE = "done", "Siap diunduh"
        FAILED = "failed", "Gagal"
        CANCELLED = "cancelled", "Dibatalkan"
        EXPIRED = "expired", "Sudah dihapus"

    class Format(models.TextChoices):
        XLSX = "xlsx", "Excel (.xlsx)"
        CSV = "csv", "CSV (titik koma)"

    OPEN = (State.QUEUED, State.RUNNING)
    LEASE = timedelta(seconds=90)
    KEPT = timedelta(hours=24)
    MOST_ATTEMPTS = 3

    requested_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name="diminta oleh"
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="lembaga",
        db_index=False,
    )
    segment_name = models.CharField("segmen", max_length=80, blank=True)
    rules = models.JSONField("aturan", default=dict, blank=True)
    columns = models.JSONField("kolom", default=list)
    file_format = models.CharField("bentuk", max_length=4, choices=Format.choices)
    purpose = models.CharField("keperluan", max_length=200)
    nik_purpose = models.CharField("alasan NIK lengkap", max_length=200, blank=True)

    area = models.JSONField("tugas pemohon", default=list, blank=True)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.QUEUED)
    total = models.IntegerField("orang", default=0)
    rows_done = models.IntegerField("baris ditulis", default=0)
    size = models.BigIntegerField("ukuran (byte)", default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=200, blank=True)
    error = models.CharField("kesalahan", max_length=300, blank=True)

    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.IntegerField(default=0)
    created_at = models.DateTimeField("diminta", default=timezone.now)
    done_at = models.DateTimeField("selesai", null=True, blank=True)
    expires_at = models.DateTimeField("berlaku sampai", null=True, blank=True)
    downloaded_at = models.DateTimeField("diunduh", null=True, blank=True)

    objects = ExportFileQuerySet.as_manager()

    class Meta:
        verbose_name = "ekspor"
        verbose_name_plural = "ekspor"
        permissions = [("export_nik", "Dapat mengekspor NIK lengkap")]
        constraints = [
            models.CheckConstraint(condition=~Q(purpose=""), name="export_has_purpose"),
            models.CheckConstraint(
                condition=Q(state="done", expires_at__isnull=False) | ~Q(state="done"),
                name="export_done_expires",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="export_open", condition=Q(state__in=["queued", "running"])
            ),
            models.Index(fields=["expires_at"], name="export_kept", condition=Q(state="done")),
        ]

    def __str__(self) -> str:
        return f"Ekspor #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def is_kept(self, *, now: datetime) -> bool:
        """Whether the file can still be downloaded."""
        return (
            self.state == self.State.DONE and self.expires_at is not None and now < self.expires_at
        )
