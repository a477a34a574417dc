"""Certificates: the wording as data, what was frozen at issue, each paper, and the batch job."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from trainings.models.cohorts import Cohort
from trainings.models.enrolments import Enrolment
from trainings.models.trainings import Programme, Training
from umkm_portal.accounts.models import Organisation, User
from umkm_portal.common import codes


class CertificateKind(models.TextChoices):
    FINISHED = "finished", "Sertifikat lulus"
    ATTENDED = "attended", "Surat keterangan hadir"


class CertificateTemplate(models.Model):
    """How the certificates of one training, programme or organiser read; without one: of all.

    `body` has one line a line, with variables in braces (`certificates.wording.VARIABLES`). A
    change counts for certificates issued afterwards: what was issued keeps its `Edition`.
    """

    name = models.CharField("nama templat", max_length=80)
    kind = models.CharField(
        "jenis", max_length=8, choices=CertificateKind.choices, default=CertificateKind.FINISHED
    )
    organiser = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="penyelenggara",
    )
    programme = models.ForeignKey(
        Programme, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="program"
    )
    training = models.ForeignKey(
        Training, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="pelatihan"
    )
    title = models.CharField("judul", max_length=60)
    body = models.TextField("isi", max_length=600)
    place = models.CharField("tempat", max_length=40, default="Jakarta")
    signer_name = models.CharField("nama penanda tangan", max_length=80, blank=True)
    signer_title = models.CharField("jabatan", max_length=120, blank=True)
    signer_nip = models.CharField("NIP", max_length=24, blank=True)
    signature_path = models.CharField(max_length=120, blank=True, editable=False)
    logo_path = models.CharField(max_length=120, blank=True, editable=False)
    lesson_minutes = models.PositiveSmallIntegerField("menit per JP", default=45)
    changed_at = models.DateTimeField("diubah", auto_now=True)

    class Meta:
        verbose_name = "templat sertifikat"
        verbose_name_plural = "templat sertifikat"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "organiser", "programme", "training"],
                name="certificate_template_once",
                nulls_distinct=False,
                violation_error_message="Sudah ada templat jenis ini untuk yang sama.",
            ),
            models.CheckConstraint(
                condition=Q(organiser__isnull=True, programme__isnull=True)
                | Q(organiser__isnull=True, training__isnull=True)
                | Q(programme__isnull=True, training__isnull=True),
                name="certificate_template_of_one",
                violation_error_message=(
                    "Pilih paling banyak satu: penyelenggara, program, atau pelatihan."
                ),
            ),
            models.CheckConstraint(
                condition=Q(lesson_minutes__gte=1), name="certificate_lesson_minutes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"


class CertificateEdition(models.Model):
    """What all certificates say that were issued together: template and training, frozen.

    `facts` are `certificates.wording.Frozen`; the same facts of a cohort are one row.
    """

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="+", db_index=False)
    template = models.ForeignKey(
        CertificateTemplate, models.PROTECT, null=True, blank=True, related_name="editions"
    )
    facts = models.JSONField("isi")
    digest = models.CharField(max_length=64)
    pdf_size = models.PositiveIntegerField("ukuran PDF (byte)", default=0)
    """Of one certificate, about: names differ in length."""
    created_at = models.DateTimeField("dibuat", default=timezone.now)

    class Meta:
        verbose_name = "terbitan sertifikat"
        verbose_name_plural = "terbitan sertifikat"
        constraints = [
            models.UniqueConstraint(fields=["cohort", "digest"], name="certificate_edition_once")
        ]

    def __str__(self) -> str:
        return f"Terbitan sertifikat #{self.pk}"


class CertificateBatchQuerySet(models.QuerySet["CertificateBatch"]):
    def waiting(self, *, now: datetime) -> CertificateBatchQuerySet:
        """Batches with work left that no process is doing."""
        return self.filter(state__in=CertificateBatch.OPEN).filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        )


class CertificateBatch(models.Model):
    """One job: issue what is missing in a cohort, then print all of it into one PDF.

    Issuing goes on where no certificate is yet; printing goes on after `printed_upto`, with the
    finished slices of the file in `parts`. `attempt` is the fencing token of the process at work,
    `stalls` counts processes that ended without getting any further.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Menunggu giliran"
        RUNNING = "running", "Sedang dikerjakan"
        DONE = "done", "Siap dicetak"
        FAILED = "failed", "Gagal"
        EXPIRED = "expired", "Berkas sudah dihapus"

    OPEN = (State.QUEUED, State.RUNNING)
    LEASE = timedelta(seconds=90)
    KEPT = timedelta(days=7)
    MOST_STALLS = 3

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="certificate_batches")
    edition = models.ForeignKey(
        CertificateEdition, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    kind = models.CharField("jenis", max_length=8, choices=CertificateKind.choices)
    state = models.CharField("status", max_length=8, choices=State.choices, default=State.QUEUED)
    total = models.IntegerField("halaman", default=0)
    issued = models.IntegerField("diterbitkan", default=0)
    printed = models.IntegerField("dicetak", default=0)
    printed_upto = models.BigIntegerField(default=0)
    parts = models.JSONField(default=list, blank=True)
    path = models.CharField(max_length=120, blank=True)
    size = models.BigIntegerField("ukuran (byte)", default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField("kesalahan", max_length=300, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.IntegerField(default=0)
    stalls = models.IntegerField(default=0)
    requested_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField("diminta", default=timezone.now)
    done_at = models.DateTimeField("selesai", null=True, blank=True)
    expires_at = models.DateTimeField("berkas disimpan sampai", null=True, blank=True)

    objects = CertificateBatchQuerySet.as_manager()

    class Meta:
        verbose_name = "penerbitan sertifikat"
        verbose_name_plural = "penerbitan sertifikat"
        constraints = [
            models.UniqueConstraint(
                fields=["cohort"],
                condition=Q(state__in=["queued", "running"]),
                name="certificate_batch_one_open",
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="certificate_batch_open",
                condition=Q(state__in=["queued", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"Penerbitan sertifikat #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def is_kept(self, *, now: datetime) -> bool:
        """Whether the file can still be downloaded."""
        return bool(self.path) and self.expires_at is not None and now < self.expires_at


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def valid(self) -> CertificateQuerySet:
        return self.filter(state=Certificate.State.VALID)

    def printable(self) -> CertificateQuerySet:
        """Valid ones that still name their holder."""
        return self.valid().exclude(name="")


class Certificate(models.Model):
    """One certificate: for whom, for what was attended, and whether it still counts.

    `number` stands on the paper and cannot be guessed. Name, days and minutes are as printed.
    A corrected one is a new row that `replaces` the old, which is revoked with it.
    """

    class State(models.TextChoices):
        VALID = "valid", "Berlaku"
        REVOKED = "revoked", "Dicabut"

    number = models.CharField("nomor", max_length=16)
    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="certificates", verbose_name="keikutsertaan"
    )
    edition = models.ForeignKey(CertificateEdition, models.PROTECT, related_name="certificates")
    batch = models.ForeignKey(
        CertificateBatch, models.PROTECT, null=True, blank=True, related_name="certificates"
    )
    replaces = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name="pengganti dari",
        db_index=False,
    )
    kind = models.CharField("jenis", max_length=8, choices=CertificateKind.choices)
    name = models.CharField("nama tercetak", max_length=160, blank=True)
    attended_on = ArrayField(models.DateField(), verbose_name="hari hadir", default=list)
    minutes = models.PositiveIntegerField("menit hadir")
    issued_on = models.DateField("tanggal terbit")
    state = models.CharField("status", max_length=8, choices=State.choices, default=State.VALID)
    revoke_reason = models.CharField("alasan dicabut", max_length=300, blank=True, db_default="")
    issued_at = models.DateTimeField("diterbitkan", default=timezone.now)
    issued_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    revoked_at = models.DateTimeField("dicabut", null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = "sertifikat"
        verbose_name_plural = "sertifikat"
        constraints = [
            models.UniqueConstraint(fields=["number"], name="certificate_number"),
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(state="valid"), name="certificate_one_live"
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(replaces__isnull=False),
                name="certificate_replaced_once",
            ),
            models.CheckConstraint(
                condition=Q(state="valid", revoked_at__isnull=True, revoke_reason="")
                | (Q(state="revoked", revoked_at__isnull=False) & ~Q(revoke_reason="")),
                name="certificate_revoked_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Sertifikat #{self.pk}"

    @property
    def shown_number(self) -> str:
        """As it is printed: JKP-7F3K-29XM-4BCD."""
        return codes.display(self.number)
