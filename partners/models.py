"""Platforms that train, curate and sell together with the programme."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from umkm_portal.accounts.models import Organisation


class Partner(models.Model):
    """What the portal knows about an organisation of kind partner (TikTok, Shopee, ...)."""

    organisation = models.OneToOneField(
        Organisation, models.PROTECT, related_name="+", verbose_name="lembaga"
    )
    contact_name = models.CharField("narahubung", max_length=120, blank=True)
    contact_email = models.EmailField("email narahubung", blank=True)
    country = models.CharField("negara", max_length=2, default="ID")

    class Meta:
        verbose_name = "mitra"
        verbose_name_plural = "mitra"

    def __str__(self) -> str:
        return str(self.organisation)


class Agreement(models.Model):
    """A cooperation agreement (PKS, MoU): without a valid one nothing is shared."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="agreements")
    number = models.CharField("nomor", max_length=80)
    purpose = models.CharField("tujuan", max_length=200)
    valid_from = models.DateField("berlaku sejak")
    valid_to = models.DateField("berlaku sampai")
    allowed_fields = models.JSONField("data yang boleh dibagikan", default=list)

    class Meta:
        verbose_name = "perjanjian"
        verbose_name_plural = "perjanjian"
        constraints = [
            models.UniqueConstraint(fields=["partner", "number"], name="agreement_number_once"),
            models.CheckConstraint(
                condition=Q(valid_to__gte=models.F("valid_from")), name="agreement_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} (#{self.pk})"
