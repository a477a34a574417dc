"""The dinas of other cities: where people from outside Jakarta are sent."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from umkm_portal.regions.models import Region

_NO_DIGITS = re.compile(r"[^0-9+]")
CITIES = Q(level=Region.Level.CITY) & ~Q(code__startswith=Region.JAKARTA)
PHONE = RegexValidator(
    r"^\+?[0-9(][0-9() .\-]{4,28}[0-9]$", "Tulis satu nomor telepon, misalnya 021-8896-1234."
)


class CityOffice(models.Model):
    """How to reach the dinas for cooperatives and UMKM of one kabupaten/kota outside Jakarta.

    Whatever is not known stays empty; a city without a row is named by its own name only.
    """

    region = models.OneToOneField(
        Region,
        models.PROTECT,
        related_name="+",
        limit_choices_to=CITIES,
        verbose_name="kota atau kabupaten",
    )
    name = models.CharField("nama dinas", max_length=160, blank=True)
    phone = models.CharField("telepon", max_length=30, blank=True, validators=[PHONE])
    address = models.CharField("alamat", max_length=240, blank=True)
    link = models.URLField("tautan", max_length=300, blank=True)
    checked_on = models.DateField("diperiksa pada", null=True, blank=True)

    class Meta:
        verbose_name = "dinas kota"
        verbose_name_plural = "dinas kota"
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="", phone="", address="", link=""),
                name="city_office_says_something",
                violation_error_message="Isi nama dinas, telepon, alamat, atau tautannya.",
            )
        ]

    def __str__(self) -> str:
        return f"Dinas {self.region_id} (#{self.pk})"

    def clean(self) -> None:
        if self.region_id and self.region.is_in_jakarta:
            raise ValidationError({"region": "Pilih kota atau kabupaten di luar Jakarta."})

    @property
    def dialled(self) -> str:
        """The phone number as a telephone takes it."""
        return _NO_DIGITS.sub("", self.phone)
