"""What is taught, by whom, where, and with what money."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from participants.models import Participant
from umkm_portal.accounts.models import Organisation, User
from umkm_portal.regions.models import Region


class Topic(models.Model):
    """A subject of training: live selling, online shop, bookkeeping, product making, ..."""

    slug = models.SlugField("kode", max_length=40, db_index=False)
    name = models.CharField("nama", max_length=80)

    class Meta:
        verbose_name = "tema"
        verbose_name_plural = "tema"
        constraints = [models.UniqueConstraint(fields=["slug"], name="topic_slug_unique")]

    def __str__(self) -> str:
        return self.name


class Programme(models.Model):
    """What an agency does in one year for one aim: several trainings and one sum of money."""

    slug = models.SlugField("kode", max_length=60, db_index=False)
    name = models.CharField("nama", max_length=140)
    organiser = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="penyelenggara"
    )
    year = models.PositiveSmallIntegerField("tahun")
    aim = models.TextField("tujuan", blank=True)
    budget = models.BigIntegerField("pagu anggaran (rupiah)", null=True, blank=True)
    budget_source = models.CharField("sumber anggaran", max_length=140, blank=True)

    class Meta:
        verbose_name = "program"
        verbose_name_plural = "program"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="programme_slug_unique"),
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(budget__gte=0),
                name="programme_budget_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=2010) & Q(year__lte=2100),
                name="programme_year_plausible",
                violation_error_message="Tahun program antara 2010 dan 2100.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.year}"


class Training(models.Model):
    """A course that is held again and again, in waves (pelatihan)."""

    class Level(models.TextChoices):
        BASIC = "basic", "Dasar"
        INTERMEDIATE = "intermediate", "Lanjutan"
        ADVANCED = "advanced", "Mahir"

    class Kind(models.TextChoices):
        CLASS = "class", "Kelas"
        ONLINE = "online", "Bimtek daring"
        PRACTICE = "practice", "Praktik siaran langsung"

    slug = models.SlugField("kode", max_length=60, db_index=False)
    programme = models.ForeignKey(
        Programme,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="trainings",
        verbose_name="program",
    )
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", verbose_name="tema")
    level = models.CharField("tingkat", max_length=12, choices=Level.choices, default=Level.BASIC)
    track = models.CharField(
        "jalur peserta", max_length=20, choices=Participant.Track.choices, blank=True
    )
    """For whom of the two tracks; empty: for both."""
    kind = models.CharField("bentuk", max_length=10, choices=Kind.choices)
    organiser = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="penyelenggara"
    )
    provider = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="mitra pengajar",
    )
    title = models.CharField("judul", max_length=140)
    summary = models.TextField("ringkasan", blank=True)
    audience = models.CharField("untuk siapa", max_length=140, blank=True)
    materials = models.TextField("materi", blank=True)
    bring = models.CharField("yang perlu dibawa", max_length=200, blank=True)
    pass_percent = models.PositiveSmallIntegerField("lulus bila hadir (% jam)", default=80)

    class Meta:
        verbose_name = "pelatihan"
        verbose_name_plural = "pelatihan"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="training_slug_unique"),
            models.CheckConstraint(
                condition=Q(pass_percent__gte=1) & Q(pass_percent__lte=100),
                name="training_pass_percent",
                violation_error_message="Syarat lulus antara 1 dan 100 persen jam.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Venue(models.Model):
    """A place where sessions are held."""

    name = models.CharField("nama", max_length=120)
    address = models.CharField("alamat", max_length=200)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="kecamatan"
    )
    capacity = models.PositiveIntegerField("kapasitas")
    facilities = models.CharField("fasilitas", max_length=200, blank=True)
    cost_per_day = models.BigIntegerField("biaya per hari (rupiah)", default=0)
    map_link = models.URLField("tautan peta", blank=True)

    class Meta:
        verbose_name = "tempat"
        verbose_name_plural = "tempat"
        constraints = [
            models.UniqueConstraint(fields=["name"], name="venue_name_unique"),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="venue_capacity_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class Trainer(models.Model):
    """A person who teaches: staff, sent by a partner, or an influencer."""

    class Kind(models.TextChoices):
        STAFF = "staff", "Petugas dinas"
        PARTNER = "partner", "Dari mitra"
        INFLUENCER = "influencer", "Influencer"

    account = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="akun"
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="lembaga",
    )
    topics = models.ManyToManyField(Topic, related_name="+", blank=True, verbose_name="tema")
    kind = models.CharField("jenis", max_length=10, choices=Kind.choices)
    name = models.CharField("nama", max_length=120)
    handle = models.CharField("akun media sosial", max_length=80, blank=True)
    followers = models.PositiveIntegerField("pengikut", null=True, blank=True)
    phone = models.CharField("nomor HP", max_length=16, blank=True)
    fee_per_session = models.BigIntegerField("honor per sesi (rupiah)", default=0)
    availability = models.CharField("waktu tersedia", max_length=200, blank=True)

    class Meta:
        verbose_name = "pelatih"
        verbose_name_plural = "pelatih"
        constraints = [models.UniqueConstraint(fields=["name", "kind"], name="trainer_name_unique")]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"


class Unavailability(models.Model):
    """Days, the last one included, on which a venue or a trainer cannot be had."""

    venue = models.ForeignKey(
        Venue, models.CASCADE, null=True, blank=True, related_name="unavailable"
    )
    trainer = models.ForeignKey(
        Trainer, models.CASCADE, null=True, blank=True, related_name="unavailable"
    )
    first_day = models.DateField("dari tanggal")
    last_day = models.DateField("sampai tanggal")
    reason = models.CharField("alasan", max_length=160, blank=True)

    class Meta:
        verbose_name = "waktu tidak tersedia"
        verbose_name_plural = "waktu tidak tersedia"
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="unavailability_ordered",
                violation_error_message="Tanggal akhir tidak boleh sebelum tanggal awal.",
            ),
            models.CheckConstraint(
                condition=Q(venue__isnull=True) ^ Q(trainer__isnull=True),
                name="unavailability_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} - {self.last_day} (#{self.pk})"


class BudgetLine(models.Model):
    """Money of one cohort, or of a programme as a whole, for one purpose, in whole rupiah.

    `committed` is promised (ordered, contracted) and not paid yet.
    """

    class Purpose(models.TextChoices):
        TRAINER = "trainer", "Honor pelatih"
        VENUE = "venue", "Tempat"
        MEALS = "meals", "Konsumsi"
        TRANSPORT = "transport", "Transpor peserta"
        MATERIALS = "materials", "Bahan ajar"
        OTHER = "other", "Lain-lain"

    cohort = models.ForeignKey(
        "Cohort", models.CASCADE, null=True, blank=True, related_name="budget_lines"
    )
    programme = models.ForeignKey(
        Programme, models.CASCADE, null=True, blank=True, related_name="budget_lines"
    )
    purpose = models.CharField("keperluan", max_length=10, choices=Purpose.choices)
    note = models.CharField("keterangan", max_length=160, blank=True)
    planned = models.BigIntegerField("rencana (rupiah)", default=0)
    committed = models.BigIntegerField("terikat (rupiah)", default=0)
    spent = models.BigIntegerField("terpakai (rupiah)", default=0)

    class Meta:
        verbose_name = "pos anggaran"
        verbose_name_plural = "pos anggaran"
        constraints = [
            models.CheckConstraint(
                condition=Q(planned__gte=0) & Q(committed__gte=0) & Q(spent__gte=0),
                name="budget_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(cohort__isnull=True) ^ Q(programme__isnull=True),
                name="budget_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} (#{self.pk})"
