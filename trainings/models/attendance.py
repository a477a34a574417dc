"""Who was there: one row per seat and session, and every mark that ever arrived."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from trainings.models.cohorts import Session
from trainings.models.enrolments import Enrolment
from umkm_portal.accounts.models import User


class AttendanceMark(models.Model):
    """One mark as it arrived, kept as it is: what was read, when, by whom, and what came of it.

    `key` is made on the device, so a mark sent twice is stored once. A mark that contradicts what
    stands (another session, a seat given back meanwhile) is kept as CONFLICT until staff settle it.
    """

    class Kind(models.TextChoices):
        IN = "in", "Masuk"
        OUT = "out", "Pulang"
        UNDO = "undo", "Dibatalkan"

    class Via(models.TextChoices):
        SCAN = "scan", "Pindai"
        CODE = "code", "Ketik kode"
        SEARCH = "search", "Cari nama"
        SELF = "self", "Kode di dinding"
        WALK_IN = "walk_in", "Datang langsung"
        FILE = "file", "Berkas rapat daring"

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", "Tercatat"
        ALREADY = "already", "Sudah tercatat"
        CONFLICT = "conflict", "Perlu diperiksa"
        REFUSED = "refused", "Ditolak"

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, models.PROTECT, related_name="marks", db_index=False)
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, null=True, blank=True, related_name="marks"
    )
    kind = models.CharField("jenis", max_length=4, choices=Kind.choices, default=Kind.IN)
    via = models.CharField("lewat", max_length=8, choices=Via.choices)
    read = models.CharField("yang terbaca", max_length=200, blank=True)
    outcome = models.CharField("hasil", max_length=8, choices=Outcome.choices)
    reason = models.CharField("sebab", max_length=200, blank=True)
    happened_at = models.DateTimeField("waktu di perangkat")
    received_at = models.DateTimeField("diterima", default=timezone.now)
    made_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField("diselesaikan", null=True, blank=True)
    settled_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = "catatan kehadiran"
        verbose_name_plural = "catatan kehadiran"
        constraints = [models.UniqueConstraint(fields=["key"], name="mark_once")]
        indexes = [
            models.Index(fields=["session", "received_at"], name="mark_of_session"),
            models.Index(
                fields=["session"],
                name="mark_unsettled",
                condition=Q(outcome="conflict", settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Catatan kehadiran #{self.pk}"


class AttendanceQuerySet(models.QuerySet["Attendance"]):
    def present(self) -> AttendanceQuerySet:
        """Whoever was there, for however long."""
        return self.filter(came_at__isnull=False)


class Attendance(models.Model):
    """One seat at one session: when the person came and left, and how many minutes count."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="attendances", db_index=False)
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="attendances")
    came_at = models.DateTimeField("datang", null=True, blank=True)
    left_at = models.DateTimeField("pulang", null=True, blank=True)
    minutes = models.PositiveIntegerField("menit hadir", null=True, blank=True)
    """Measured by a meeting's file; empty: the whole session, or from `came_at` to `left_at`."""
    via = models.CharField("lewat", max_length=8, choices=AttendanceMark.Via.choices)
    recorded_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField("diubah", default=timezone.now)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = "kehadiran"
        verbose_name_plural = "kehadiran"
        constraints = [
            models.UniqueConstraint(fields=["session", "enrolment"], name="attendance_once"),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True)
                | Q(came_at__isnull=True)
                | Q(left_at__gte=F("came_at")),
                name="attendance_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"Kehadiran #{self.pk}"


class AttendanceFile(models.Model):
    """The list of participants that an online meeting leaves behind, read for one session."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="attendance_files")
    name = models.CharField("nama berkas", max_length=200)
    sha256 = models.CharField(max_length=64, editable=False)
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField("diunggah", default=timezone.now)
    accepted_at = models.DateTimeField("diterima", null=True, blank=True)

    class Meta:
        verbose_name = "berkas rapat daring"
        verbose_name_plural = "berkas rapat daring"
        constraints = [
            models.UniqueConstraint(fields=["session", "sha256"], name="attendance_file_once")
        ]

    def __str__(self) -> str:
        return f"Berkas rapat #{self.pk}"


class AttendanceFileRow(models.Model):
    """One person of a meeting's list: her stays joined together, and whose seat that is."""

    class Match(models.TextChoices):
        CODE = "code", "Kode tiket"
        EMAIL = "email", "Email"
        NAME = "name", "Nama"
        STAFF = "staff", "Petugas"
        NOBODY = "nobody", "Belum cocok"
        IGNORED = "ignored", "Bukan peserta"

    file = models.ForeignKey(AttendanceFile, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField("baris")
    name = models.CharField("nama di rapat", max_length=200, blank=True)
    email = models.CharField("email di rapat", max_length=254, blank=True)
    joined_at = models.DateTimeField("masuk", null=True, blank=True)
    left_at = models.DateTimeField("keluar", null=True, blank=True)
    minutes = models.PositiveIntegerField("menit")
    stays = models.JSONField(default=list, editable=False)
    """Her stays as [begin, end] in seconds since 1970; empty where the list tells only minutes."""
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, null=True, blank=True, related_name="meeting_rows"
    )
    match = models.CharField("cocok lewat", max_length=8, choices=Match.choices)

    class Meta:
        verbose_name = "baris rapat daring"
        verbose_name_plural = "baris rapat daring"
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="meeting_row_once")]

    def __str__(self) -> str:
        return f"Baris rapat #{self.pk}"
