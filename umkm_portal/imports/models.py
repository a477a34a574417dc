"""Files that came in, and what is to become of each of their rows."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from umkm_portal.accounts.models import Organisation, User


class ImportFile(models.Model):
    """One uploaded file on its way into the register; nothing is written there before approval."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Diunggah"
        READ = "read", "Dibaca"
        MAPPED = "mapped", "Kolom dicocokkan"
        CHECKED = "checked", "Diperiksa"
        APPROVED = "approved", "Disetujui"
        APPLYING = "applying", "Sedang disimpan"
        DONE = "done", "Selesai"
        FAILED = "failed", "Gagal"
        CANCELLED = "cancelled", "Dibatalkan"

    sha256 = models.CharField(max_length=64)
    profile = models.CharField("jenis daftar", max_length=40)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="lembaga",
    )
    uploader = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="pengunggah"
    )
    name = models.CharField("nama berkas", max_length=200)
    path = models.CharField(max_length=300, blank=True)
    size = models.BigIntegerField("ukuran (byte)", default=0)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.UPLOADED)
    mapping = models.JSONField("pencocokan kolom", default=dict, blank=True)
    header = models.JSONField(default=list, blank=True)
    options = models.JSONField(default=dict, blank=True)
    file_error = models.CharField("kesalahan berkas", max_length=400, blank=True)
    error_path = models.CharField(max_length=300, blank=True)

    total_rows = models.IntegerField("baris", default=0)
    rows_read = models.IntegerField("baris dibaca", default=0)
    rows_applied = models.IntegerField("baris disimpan", default=0)
    created_count = models.IntegerField("baru", default=0)
    updated_count = models.IntegerField("diperbarui", default=0)
    same_count = models.IntegerField("sama", default=0)
    rejected_count = models.IntegerField("ditolak", default=0)
    review_count = models.IntegerField("perlu ditinjau", default=0)

    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.IntegerField(default=0)
    uploaded_at = models.DateTimeField("diunggah", default=timezone.now)
    checked_at = models.DateTimeField("diperiksa", null=True, blank=True)
    approved_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="disetujui oleh",
    )
    approved_at = models.DateTimeField("disetujui", null=True, blank=True)
    done_at = models.DateTimeField("selesai", null=True, blank=True)
    undone_at = models.DateTimeField("dibatalkan kembali", null=True, blank=True)

    class Meta:
        verbose_name = "berkas impor"
        verbose_name_plural = "berkas impor"
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "profile", "organisation"],
                condition=models.Q(state="done", undone_at__isnull=True),
                name="import_file_done_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="import_file_state")]

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"


class ImportRow(models.Model):
    """One row of a file, staged (unlogged table: after a crash the file is simply read again).

    `raw` holds the cells as read with the NIK encrypted, `clean` the values to write, `before`
    what an update replaced, `problems` a list of `{column, message, repair}`.
    """

    class Action(models.TextChoices):
        CREATE = "create", "Baru"
        UPDATE = "update", "Diperbarui"
        SAME = "same", "Sama"
        REJECT = "reject", "Ditolak"
        REVIEW = "review", "Perlu ditinjau"

    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="rows", db_index=False)
    row_no = models.IntegerField("baris")
    raw = models.JSONField(default=dict)
    clean = models.JSONField(default=dict)
    action = models.CharField("tindakan", max_length=8, choices=Action.choices, blank=True)
    problems = models.JSONField("masalah", default=list)
    target_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "baris impor"
        verbose_name_plural = "baris impor"
        constraints = [
            models.UniqueConstraint(fields=["file", "row_no"], name="import_row_once"),
        ]

    def __str__(self) -> str:
        return f"Baris {self.row_no} (#{self.pk})"


class ColumnMapping(models.Model):
    """How an organisation names its columns: learned from the last accepted file."""

    profile = models.CharField(max_length=40)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="+"
    )
    mapping = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "pola kolom"
        verbose_name_plural = "pola kolom"
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "organisation"],
                name="column_mapping_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"Pola {self.profile} (#{self.pk})"
