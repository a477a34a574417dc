"""Where people live and work (Kemendagri codes), and which days the offices work."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone


class RegionQuerySet(models.QuerySet["Region"]):
    def valid(self, *, on: date | None = None) -> RegionQuerySet:
        """Regions that exist on a day (default: today in Jakarta)."""
        day = on or timezone.localdate()
        return self.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day)).filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=day)
        )

    def jakarta(self) -> RegionQuerySet:
        return self.filter(code__startswith=Region.JAKARTA)

    def districts(self) -> RegionQuerySet:
        """The 44 kecamatan of Jakarta."""
        return self.jakarta().filter(level=Region.Level.DISTRICT)

    def within(self, region: Region) -> RegionQuerySet:
        """The region itself and all below it, by its dotted code."""
        return self.filter(Q(pk=region.pk) | Q(code__startswith=f"{region.code}."))


class Region(models.Model):
    """A province, kabupaten/kota, kecamatan or kelurahan, for as long as its code is valid."""

    JAKARTA = "31"

    class Level(models.TextChoices):
        PROVINCE = "province", "Provinsi"
        CITY = "city", "Kota/kabupaten"
        DISTRICT = "district", "Kecamatan"
        VILLAGE = "village", "Kelurahan"

    code = models.CharField("kode Kemendagri", max_length=13)
    bps_code = models.CharField("kode BPS", max_length=10, blank=True)
    name = models.CharField("nama", max_length=80)
    short_name = models.CharField("nama pendek", max_length=60)
    level = models.CharField("tingkat", max_length=10, choices=Level.choices)
    kind = models.CharField("jenis", max_length=30, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="induk"
    )
    postal_code = models.CharField("kode pos", max_length=5, blank=True)
    valid_from = models.DateField("berlaku sejak", null=True, blank=True)
    valid_to = models.DateField("berlaku sampai", null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="pengganti"
    )

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "wilayah"
        verbose_name_plural = "wilayah"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "valid_from"], name="region_code_unique", nulls_distinct=False
            ),
        ]
        indexes = [
            models.Index(fields=["level", "code"], name="region_level_code"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_in_jakarta(self) -> bool:
        return self.code.startswith(self.JAKARTA)


class HolidayOverride(models.Model):
    """A day on which the calendar of public holidays is overruled (a joint decree changed)."""

    date = models.DateField("tanggal")
    is_working = models.BooleanField("hari kerja", default=False)
    name = models.CharField("keterangan", max_length=120)

    class Meta:
        verbose_name = "hari libur khusus"
        verbose_name_plural = "hari libur khusus"
        constraints = [
            models.UniqueConstraint(fields=["date"], name="holiday_override_date_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.name}"
