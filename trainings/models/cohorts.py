"""A wave of one training, its seats, sessions and quotas."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from trainings.models.trainings import Trainer, Training, Venue
from umkm_portal.accounts.models import User


def new_seed() -> str:
    """The secret of the lots among people who answer in the same instant."""
    return secrets.token_hex(16)


class CohortQuerySet(models.QuerySet["Cohort"]):
    def public(self) -> CohortQuerySet:
        """Cohorts that everyone may see."""
        return self.exclude(state__in=[Cohort.State.DRAFT, Cohort.State.CANCELLED])

    def upcoming(self, *, now: datetime | None = None) -> CohortQuerySet:
        """Open cohorts whose first session has not begun, in order of their start elsewhere."""
        moment = now or timezone.now()
        return self.filter(state=Cohort.State.OPEN, starts_at__gt=moment)

    def for_user(self, user: User) -> CohortQuerySet:
        """The cohorts a member of staff may work with; nothing for anybody else."""
        if user.is_superuser or user.is_staff:
            return self
        return self.none()


class Cohort(models.Model):
    """One wave (gelombang) of a training with a fixed number of seats.

    `taken` and `held` change only together with an enrolment, in one transaction, by one
    conditional UPDATE; `starts_at` and `ends_at` repeat the first and last session.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Rancangan"
        OPEN = "open", "Dibuka"
        CLOSED = "closed", "Ditutup"
        FINISHED = "finished", "Selesai"
        CANCELLED = "cancelled", "Dibatalkan"

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", "Tatap muka"
        ONLINE = "online", "Daring"

    class WalkIn(models.TextChoices):
        NOBODY = "nobody", "Tidak"
        FREE_SEATS = "free_seats", "Ya, selama ada kursi"

    class TransportPer(models.TextChoices):
        SESSION = "session", "Sesi hadir"
        DAY = "day", "Hari hadir"

    class Eligibility(models.TextChoices):
        ANYONE = "anyone", "Siapa saja"
        JAKARTA_RESIDENT = "jakarta_resident", "Warga Jakarta"
        JAKARTA_BUSINESS = "jakarta_business", "Usaha di Jakarta"

    code = models.SlugField("kode", max_length=60, db_index=False)
    training = models.ForeignKey(
        Training, models.PROTECT, related_name="cohorts", verbose_name="pelatihan"
    )
    number = models.PositiveIntegerField("gelombang ke-")
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.DRAFT)
    mode = models.CharField("cara", max_length=10, choices=Mode.choices)
    eligibility = models.CharField(
        "boleh ikut", max_length=20, choices=Eligibility.choices, default=Eligibility.ANYONE
    )
    seats = models.PositiveIntegerField("kursi")
    seats_target = models.PositiveIntegerField(null=True, blank=True, editable=False)
    """Fewer seats that are wanted as soon as taken ones become free, or nothing."""
    taken = models.IntegerField("terisi", default=0, editable=False)
    held = models.IntegerField("ditawarkan", default=0, editable=False)
    next_arrival_no = models.BigIntegerField(default=1, editable=False)
    seed = models.CharField(max_length=32, default=new_seed, editable=False)
    minimum = models.PositiveIntegerField("peserta minimal", default=1)

    opens_at = models.DateTimeField("pendaftaran dibuka", null=True, blank=True)
    closes_at = models.DateTimeField("pendaftaran ditutup", null=True, blank=True)
    starts_at = models.DateTimeField("sesi pertama", null=True, blank=True)
    ends_at = models.DateTimeField("sesi terakhir selesai", null=True, blank=True)

    people_per_seat = models.PositiveSmallIntegerField("undangan per kursi kosong", default=3)
    answer_hours = models.PositiveIntegerField("batas jawab (jam)", default=72)
    offer_hours = models.PositiveIntegerField("batas jawab tawaran kursi (jam)", default=24)
    auto_rounds = models.BooleanField("putaran berikutnya otomatis", default=True)
    data_cost_mb = models.PositiveIntegerField("kuota data (MB)", null=True, blank=True)
    place_note = models.CharField("petunjuk tempat", max_length=200, blank=True)
    walk_ins = models.CharField(
        "boleh datang tanpa daftar", max_length=10, choices=WalkIn.choices, default=WalkIn.NOBODY
    )
    forfeit_minutes = models.PositiveSmallIntegerField(
        "kursi hangus bila terlambat (menit)", null=True, blank=True
    )
    """Minutes after the first session began; whoever is not there gives the seat free."""
    transport_rate = models.BigIntegerField("uang transpor (rupiah)", null=True, blank=True)
    """For one attended session or day; empty: none is paid."""
    transport_per = models.CharField(
        "dihitung per", max_length=8, choices=TransportPer.choices, default=TransportPer.SESSION
    )
    override_reason = models.CharField("dibuka walau belum siap", max_length=300, blank=True)
    overridden_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    forfeited_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the seats of those who were not there went free; happens once."""
    cancelled_at = models.DateTimeField("dibatalkan", null=True, blank=True, editable=False)
    cancelled_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    cancellation_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Everybody has been moved or let go, and is being told; until then the sweep goes on."""
    cancel_reason = models.CharField("alasan dibatalkan", max_length=300, blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name="gelombang pengganti",
    )
    created_at = models.DateTimeField("dibuat", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("diubah", auto_now=True)

    objects = CohortQuerySet.as_manager()

    class Meta:
        verbose_name = "gelombang"
        verbose_name_plural = "gelombang"
        constraints = [
            models.UniqueConstraint(fields=["code"], name="cohort_code_unique"),
            models.UniqueConstraint(fields=["training", "number"], name="cohort_number_once"),
            models.CheckConstraint(
                condition=Q(taken__gte=0) & Q(held__gte=0), name="cohort_counts_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=F("taken") + F("held")),
                name="cohort_never_oversold",
                violation_error_message=(
                    "Jumlah kursi tidak boleh kurang dari yang sudah terisi dan ditawarkan."
                ),
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True)
                | Q(closes_at__isnull=True)
                | Q(closes_at__gt=F("opens_at")),
                name="cohort_registration_ordered",
                violation_error_message="Pendaftaran harus ditutup setelah dibuka.",
            ),
            models.CheckConstraint(
                condition=Q(transport_rate__isnull=True) | Q(transport_rate__gt=0),
                name="cohort_transport_rate_positive",
                violation_error_message="Uang transpor lebih dari nol, atau kosongkan.",
            ),
            models.CheckConstraint(
                condition=Q(people_per_seat__gte=1), name="cohort_people_per_seat_positive"
            ),
        ]
        indexes = [models.Index(fields=["state", "starts_at"], name="cohort_upcoming")]

    def __str__(self) -> str:
        return f"{self.code}"

    def get_absolute_url(self) -> str:
        return reverse("trainings:cohort", args=[self.code])

    @property
    def free(self) -> int:
        """Seats that nobody holds and that are offered to nobody."""
        return max(self.seats - self.taken - self.held, 0)


class CohortQuota(models.Model):
    """The most seats that one group (a city, a sector, an agency) may take of a cohort.

    `key` is the code of the city (31.71), the slug of the sector or of the agency; `taken` counts
    held seats too. Its row is locked after the cohort's, in key order.
    """

    class Kind(models.TextChoices):
        CITY = "city", "Kota"
        SECTOR = "sector", "Sektor"
        AGENCY = "agency", "Dinas pembina"

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="quotas")
    kind = models.CharField("jenis", max_length=8, choices=Kind.choices)
    key = models.CharField("kunci", max_length=40)
    seats = models.PositiveIntegerField("kursi")
    taken = models.IntegerField("terisi", default=0, editable=False)

    class Meta:
        verbose_name = "jatah kursi"
        verbose_name_plural = "jatah kursi"
        constraints = [
            models.UniqueConstraint(fields=["cohort", "kind", "key"], name="quota_once"),
            models.CheckConstraint(
                condition=Q(taken__gte=0) & Q(taken__lte=F("seats")), name="quota_not_oversold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key} (#{self.pk})"

    @property
    def label(self) -> str:
        return f"{self.get_kind_display()} {self.key}"


class Session(models.Model):
    """One dated meeting of a cohort."""

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="sessions")
    venue = models.ForeignKey(
        Venue, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name="tempat"
    )
    trainers = models.ManyToManyField(
        Trainer,
        through="Assignment",
        related_name="sessions",
        blank=True,
        verbose_name="pelatih",
    )
    title = models.CharField("judul", max_length=140, blank=True)
    link = models.URLField("tautan daring", blank=True)
    starts_at = models.DateTimeField("mulai")
    ends_at = models.DateTimeField("selesai")
    sequence = models.PositiveIntegerField(default=0, editable=False)
    """How often what a calendar shows of it was changed (RFC 5545, SEQUENCE)."""
    cancelled_at = models.DateTimeField("dibatalkan", null=True, blank=True, editable=False)
    check_in_seed = models.CharField(max_length=32, default=new_seed, editable=False)
    """The secret of the codes that rotate on the wall."""

    class Meta:
        verbose_name = "sesi"
        verbose_name_plural = "sesi"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="session_ends_after_start",
                violation_error_message="Sesi harus selesai setelah mulai.",
            )
        ]
        indexes = [models.Index(fields=["starts_at"], name="session_start")]

    def __str__(self) -> str:
        return f"Sesi #{self.pk}"


class SessionChange(models.Model):
    """One change of a session that people had heard of, with what it was before.

    Changes wait a few minutes (`told_at` empty), so that several of them become one message.
    """

    class Kind(models.TextChoices):
        MOVED = "moved", "Dipindah"
        CANCELLED = "cancelled", "Dibatalkan"
        ADDED = "added", "Ditambah"

    session = models.ForeignKey(Session, models.CASCADE, related_name="changes")
    venue = models.ForeignKey(Venue, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField("jenis", max_length=10, choices=Kind.choices)
    starts_at = models.DateTimeField("mulai sebelumnya")
    ends_at = models.DateTimeField("selesai sebelumnya")
    link = models.URLField("tautan sebelumnya", blank=True)
    changed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField("diubah", default=timezone.now)
    told_at = models.DateTimeField("dikabarkan", null=True, blank=True)

    class Meta:
        verbose_name = "perubahan sesi"
        verbose_name_plural = "perubahan sesi"
        indexes = [
            models.Index(
                fields=["changed_at"], name="session_untold", condition=Q(told_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"Perubahan sesi #{self.pk}"


class Assignment(models.Model):
    """A trainer at a session: asked, agreed or not, and for what fee (whole rupiah)."""

    class State(models.TextChoices):
        ASKED = "asked", "Belum dijawab"
        CONFIRMED = "confirmed", "Bersedia"
        DECLINED = "declined", "Tidak bisa"

    session = models.ForeignKey(Session, models.CASCADE, related_name="assignments")
    trainer = models.ForeignKey(
        Trainer, models.PROTECT, related_name="assignments", verbose_name="pelatih"
    )
    state = models.CharField("jawaban", max_length=10, choices=State.choices, default=State.ASKED)
    fee = models.BigIntegerField("honor (rupiah)", null=True, blank=True)
    """Empty: what the trainer takes a session."""
    note = models.CharField("keterangan", max_length=160, blank=True)
    answered_at = models.DateTimeField("dijawab", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "pelatih sesi"
        verbose_name_plural = "pelatih sesi"
        constraints = [
            models.UniqueConstraint(fields=["session", "trainer"], name="assignment_once"),
            models.CheckConstraint(
                condition=Q(fee__isnull=True) | Q(fee__gte=0), name="assignment_fee_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"Pelatih sesi #{self.pk}"
