"""Files that came in, and what is to become of each of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.common.encryption import EncryptedField


class ImportFileQuerySet(models.QuerySet["ImportFile"]):
    def for_user(self, user: User) -> ImportFileQuerySet:
        """All files for the head office and auditors; everybody else sees her own uploads."""
        if user.is_superuser:
            return self
        roles = user.memberships.current().values_list("role", flat=True)
        if {Membership.Role.HEAD_OFFICE, Membership.Role.AUDITOR} & {*roles}:
            return self
        return self.filter(uploader=user)

    def free(self, *, now: datetime) -> ImportFileQuerySet:
        """Files that no process is working on."""
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))

    def waiting_for_machine(self) -> ImportFileQuerySet:
        """Files whose next step is ours: to read and check, to apply, or to take back."""
        return self.filter(state__in=ImportFile.BUSY)

    def open(self) -> ImportFileQuerySet:
        return self.exclude(state__in=ImportFile.FINAL)


class ImportFile(models.Model):
    """One uploaded file on its way into the register; nothing is written there before approval.

    `sheets` is a list of `{name, header, header_row}`; `mapping` gives the column key of a header
    text, `guesses` the header texts that were guessed, `samples` values to recognise them by.
    `policies` says for each field what a value of the file does to another one that is known;
    fields that are missing follow the profile. `applied_through` is the staged row up to which
    everything is in the register, `undone_through` the one up to which it was taken back.
    `waiting_since` is when the last check was asked for, `seen_at` when somebody last looked at
    its progress, `told_at` when the uploader was written that it is checked.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Diunggah"
        READ = "read", "Dibaca"
        MAPPED = "mapped", "Kolom dicocokkan"
        CHECKED = "checked", "Diperiksa"
        APPROVED = "approved", "Disetujui"
        APPLYING = "applying", "Sedang disimpan"
        DONE = "done", "Selesai"
        UNDOING = "undoing", "Sedang ditarik kembali"
        FAILED = "failed", "Gagal"
        CANCELLED = "cancelled", "Dibatalkan"

    TO_PROCESS = (State.UPLOADED, State.MAPPED)
    TO_APPLY = (State.APPROVED, State.APPLYING)
    BUSY = (*TO_PROCESS, *TO_APPLY, State.UNDOING)
    FINAL = (State.DONE, State.FAILED, State.CANCELLED)
    LEASE = timedelta(seconds=60)
    UNDO_FOR = timedelta(hours=24)

    class Policy(models.TextChoices):
        KEEP = "keep", "Isi yang kosong saja"
        OVERWRITE = "overwrite", "Timpa dengan isi berkas"
        REVIEW = "review", "Tinjau bila berbeda"

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
    sheets = models.JSONField("lembar", default=list, blank=True)
    guesses = models.JSONField(default=list, blank=True)
    samples = models.JSONField(default=list, blank=True)
    options = models.JSONField(default=dict, blank=True)
    policies = models.JSONField("aturan pembaruan", default=dict, blank=True)
    file_error = models.CharField("kesalahan berkas", max_length=400, blank=True)
    error_path = models.CharField(max_length=300, blank=True)

    total_rows = models.IntegerField("baris", default=0)
    rows_read = models.IntegerField("baris dibaca", default=0)
    rows_checked = models.IntegerField("baris diperiksa", default=0)
    applied_through = models.IntegerField(default=0)
    rows_applied = models.IntegerField("baris disimpan", default=0)
    created_count = models.IntegerField("baru", default=0)
    updated_count = models.IntegerField("diperbarui", default=0)
    same_count = models.IntegerField("sama", default=0)
    rejected_count = models.IntegerField("ditolak", default=0)
    review_count = models.IntegerField("perlu ditinjau", default=0)

    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    uploaded_at = models.DateTimeField("diunggah", default=timezone.now)
    waiting_since = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
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
    cancelled_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="dibatalkan oleh",
    )
    undone_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="ditarik oleh"
    )
    undone_at = models.DateTimeField("ditarik kembali", null=True, blank=True)
    undone_through = models.IntegerField(default=-1)
    undone_count = models.IntegerField("baris ditarik kembali", default=0)
    left_count = models.IntegerField("baris dibiarkan", default=0)

    objects = ImportFileQuerySet.as_manager()

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

    @property
    def is_final(self) -> bool:
        return self.state in self.FINAL

    @property
    def is_busy(self) -> bool:
        """Whether the next step is the machine's, so that the page should look again."""
        return self.state in self.BUSY

    @property
    def was_applied(self) -> bool:
        """Whether all good rows were written once: what comes now is added to that."""
        return self.done_at is not None and self.state not in (
            self.State.FAILED,
            self.State.CANCELLED,
        )

    @property
    def stored_count(self) -> int:
        """Rows that changed the register."""
        return self.created_count + self.updated_count

    def is_undoable(self, *, now: datetime) -> bool:
        """Whether what the file wrote may still be taken back, or the rows that were left."""
        return (
            self.is_final
            and (self.undone_at is None or self.left_count > 0)
            and self.done_at is not None
            and self.approved_at is not None
            and self.stored_count > 0
            and now - self.done_at < self.UNDO_FOR
        )

    @property
    def accepted_count(self) -> int:
        """Rows that go, or went, on into the register."""
        return self.created_count + self.updated_count + self.same_count

    @property
    def source(self) -> Path:
        """Where the uploaded bytes lie until the file is final."""
        return settings.MEDIA_ROOT / self.path


class InSheet:
    """What belongs to one row of an uploaded file: sheet and row stand in `row_no` together."""

    SHEET_SPAN = 2_000_000
    """Row 12 of the third sheet is staged as 4,000,012."""
    row_no: int

    @property
    def shown_row(self) -> int:
        """The row as the spreadsheet numbers it."""
        return self.row_no % self.SHEET_SPAN

    @property
    def sheet_no(self) -> int:
        return self.row_no // self.SHEET_SPAN

    def place_in(self, sheets: Sequence[Mapping[str, object]]) -> str:
        """`3`, or `3 (lembar Lolos)` where the file has several sheets."""
        if len(sheets) < 2:
            return str(self.shown_row)
        return f"{self.shown_row} (lembar {sheets[self.sheet_no]['name']})"


class ImportRow(InSheet, models.Model):
    """One row of a file, staged (unlogged table: after a crash the file is simply read again).

    `raw` holds the cells as read, encrypted whole, since a NIK may stand in any of them; `clean`
    the values to write (absent: keep, empty: clear), `key` what tells two rows about the same
    person (`nik:...`), `before` what an update replaced, `problems`
    a list of `{column, message, repair}`, with `"warning": true` where the row goes on and
    `"reason"` where the register, another row or a person holds it back. `stays` says why an undo
    left what the row wrote.
    """

    class Action(models.TextChoices):
        CREATE = "create", "Baru"
        UPDATE = "update", "Diperbarui"
        SAME = "same", "Sama"
        REJECT = "reject", "Ditolak"
        REVIEW = "review", "Perlu ditinjau"

    # Without a constraint in the database, which looks the file up again for each of its rows.
    file = models.ForeignKey(
        ImportFile, models.CASCADE, related_name="rows", db_index=False, db_constraint=False
    )
    row_no = models.IntegerField("baris")
    key = models.CharField("penanda", max_length=300, blank=True)
    raw = EncryptedField("isi asli", purpose="import.row", null=True)
    clean = models.JSONField(default=dict)
    action = models.CharField("tindakan", max_length=8, choices=Action.choices, blank=True)
    problems = models.JSONField("masalah", default=list)
    target_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    stays = models.CharField("alasan dibiarkan", max_length=120, blank=True, db_default="")

    class Meta:
        verbose_name = "baris impor"
        verbose_name_plural = "baris impor"
        constraints = [
            models.UniqueConstraint(fields=["file", "row_no"], name="import_row_once"),
        ]
        indexes = [
            models.Index(
                fields=["file", "row_no"],
                name="import_row_with_problems",
                condition=~Q(problems=[]),
            ),
            models.Index(
                fields=["target_id"],
                name="import_row_target",
                condition=Q(target_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Baris {self.shown_row} (#{self.pk})"


class RowRepair(InSheet, models.Model):
    """Cells of a row as a person corrected them: `{heading: text}`, sealed, empty once stored.

    Kept apart from the staged row, so that a file that is read again is read with its repairs.
    """

    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="repairs", db_index=False)
    row_no = models.IntegerField("baris")
    cells = EncryptedField("isi perbaikan", purpose="import.repair", null=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField("diperbaiki", default=timezone.now)

    class Meta:
        verbose_name = "perbaikan baris"
        verbose_name_plural = "perbaikan baris"
        constraints = [models.UniqueConstraint(fields=["file", "row_no"], name="row_repair_once")]

    def __str__(self) -> str:
        return f"Perbaikan baris {self.shown_row} (#{self.pk})"


class RowDecision(InSheet, models.Model):
    """What a person decided about a row that waited for one, and about whom."""

    class Choice(models.TextChoices):
        TAKE = "take", "Pakai isi berkas"
        KEEP = "keep", "Pertahankan data portal"
        LINK = "link", "Ini peserta lain"
        NEW = "new", "Orang lain: catat sebagai peserta baru"
        SKIP = "skip", "Lewati baris ini"
        GONE = "gone", "Data orang ini sudah dihapus"

    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="decisions", db_index=False)
    row_no = models.IntegerField("baris")
    choice = models.CharField("keputusan", max_length=4, choices=Choice.choices)
    target_id = models.BigIntegerField(null=True, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField("diputuskan", default=timezone.now)

    class Meta:
        verbose_name = "keputusan baris"
        verbose_name_plural = "keputusan baris"
        constraints = [models.UniqueConstraint(fields=["file", "row_no"], name="row_decision_once")]

    def __str__(self) -> str:
        return f"{self.get_choice_display()} (#{self.pk})"


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
