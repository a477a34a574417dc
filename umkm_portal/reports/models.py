"""What the city set out to reach, with where that is written."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from trainings.models import Programme, Topic
from umkm_portal.accounts.models import Organisation
from umkm_portal.regions.models import Region


class TargetQuerySet(models.QuerySet["Target"]):
    def of_year(self, year: int) -> TargetQuerySet:
        """Targets that a year is part of."""
        return self.filter(year__gte=year).filter(
            Q(since__lte=year) | Q(since__isnull=True, year=year)
        )


class Target(models.Model):
    """A number of people to be reached by the end of a year, as a document or a page says it.

    Documents contradict each other, so two targets of the same year may stand side by side.
    """

    class Measure(models.TextChoices):
        REGISTERED = "registered", "Orang terdaftar"
        INVITED = "invited", "Orang diundang"
        TRAINED = "trained", "Orang hadir pelatihan"
        CERTIFIED = "certified", "Orang bersertifikat"

    since = models.PositiveSmallIntegerField(
        "sejak tahun", null=True, blank=True, help_text="Kosong: hanya tahun target."
    )
    year = models.PositiveSmallIntegerField("tahun target")
    measure = models.CharField("yang dihitung", max_length=12, choices=Measure.choices)
    number = models.PositiveIntegerField("target (orang)")
    city = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="kota"
    )
    agency = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="dinas"
    )
    programme = models.ForeignKey(
        Programme, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="program"
    )
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="tema"
    )
    source = models.CharField("sumber", max_length=200)
    source_date = models.DateField("tanggal sumber")

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = "target"
        verbose_name_plural = "target"
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("since", "year", "measure", "city", "agency", "programme", "topic"),
                    *("source", "source_date"),
                ],
                name="target_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(year__gte=2010) & Q(year__lte=2100),
                name="target_year_plausible",
                violation_error_message="Tahun target antara 2010 dan 2100.",
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(since__gte=2010, since__lte=F("year")),
                name="target_since_before_year",
                violation_error_message="“Sejak tahun” tidak boleh sesudah tahun target.",
            ),
            models.CheckConstraint(
                condition=Q(number__gt=0),
                name="target_positive",
                violation_error_message="Target paling sedikit satu orang.",
            ),
            models.CheckConstraint(
                condition=(
                    Q(city=None, agency=None, programme=None)
                    | Q(city=None, agency=None, topic=None)
                    | Q(city=None, programme=None, topic=None)
                    | Q(agency=None, programme=None, topic=None)
                ),
                name="target_of_one_group",
                violation_error_message="Pilih satu saja: kota, dinas, program, atau tema.",
            ),
            models.CheckConstraint(
                condition=~Q(measure="registered") | Q(programme=None, topic=None),
                name="target_registered_has_no_course",
                violation_error_message="Pendaftaran tidak dihitung per program atau tema.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.years}: {self.number} (#{self.pk})"

    @property
    def years(self) -> str:
        """`2026`, or `2017-2022`."""
        return f"{self.since}–{self.year}" if self.first_year != self.year else str(self.year)

    @property
    def first_year(self) -> int:
        return self.since or self.year

    @property
    def scope(self) -> str:
        """Of whom the number is; empty: of everybody. Reads the row it points at."""
        found = self.city or self.agency or self.programme or self.topic
        return str(found) if found else ""

    @property
    def last_day(self) -> date:
        return date(self.year, 12, 31)
