"""What is taught, by whom, where, and with what money."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

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


class Training(models.Model):
    """A course that is held again and again, in waves (pelatihan)."""

    class Kind(models.TextChoices):
        CLASS = "class", "Kelas"
        ONLINE = "online", "Bimtek daring"
        PRACTICE = "practice", "Praktik siaran langsung"

    slug = models.SlugField("kode", max_length=60, db_index=False)
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", verbose_name="tema")
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

    class Meta:
        verbose_name = "pelatihan"
        verbose_name_plural = "pelatihan"
        constraints = [models.UniqueConstraint(fields=["slug"], name="training_slug_unique")]

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


class BudgetLine(models.Model):
    """Money of one cohort for one purpose, in whole rupiah."""

    class Purpose(models.TextChoices):
        TRAINER = "trainer", "Honor pelatih"
        VENUE = "venue", "Tempat"
        MEALS = "meals", "Konsumsi"
        TRANSPORT = "transport", "Transpor peserta"
        MATERIALS = "materials", "Bahan ajar"
        OTHER = "other", "Lain-lain"

    cohort = models.ForeignKey("Cohort", models.CASCADE, related_name="budget_lines")
    purpose = models.CharField("keperluan", max_length=10, choices=Purpose.choices)
    note = models.CharField("keterangan", max_length=160, blank=True)
    planned = models.BigIntegerField("rencana (rupiah)", default=0)
    spent = models.BigIntegerField("terpakai (rupiah)", default=0)

    class Meta:
        verbose_name = "pos anggaran"
        verbose_name_plural = "pos anggaran"
        constraints = [
            models.CheckConstraint(
                condition=Q(planned__gte=0) & Q(spent__gte=0), name="budget_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} (#{self.pk})"
