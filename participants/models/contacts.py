"""One-time codes that prove a phone number or email address, and what they cost a day."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class ContactCodeQuerySet(models.QuerySet["ContactCode"]):
    def outstanding(self, *, now: datetime) -> ContactCodeQuerySet:
        """Sent, still valid, not typed yet."""
        return self.filter(used_at=None, expires_at__gt=now)

    def of(self, indexes: list[str]) -> ContactCodeQuerySet:
        """Those sent to one contact, whose indexes under every key these are."""
        return self.filter(contact__in=indexes)


class ContactCode(models.Model):
    """One code sent to one phone number or address; of several the newest counts.

    Contact, code and network stand here as keyed digests only; rows are deleted after two days.
    """

    contact = models.CharField("kontak", max_length=60)
    purpose = models.CharField("tujuan", max_length=20)
    digest = models.CharField(max_length=60)
    network = models.CharField("jaringan", max_length=60)
    tries = models.SmallIntegerField("percobaan", default=0)
    sent_at = models.DateTimeField("dikirim", default=timezone.now)
    expires_at = models.DateTimeField("berlaku sampai")
    used_at = models.DateTimeField("dipakai", null=True, blank=True)

    objects = ContactCodeQuerySet.as_manager()

    class Meta:
        verbose_name = "kode kontak"
        verbose_name_plural = "kode kontak"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gte=F("sent_at")), name="contact_code_ends_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "id"], name="contact_code_contact"),
            models.Index(
                fields=["network", "expires_at"],
                name="contact_code_outstanding",
                condition=Q(used_at=None),
            ),
            models.Index(fields=["sent_at"], name="contact_code_age"),
        ]

    def __str__(self) -> str:
        return f"Kode #{self.pk}"


class CodeSpending(models.Model):
    """What the codes of one day (Jakarta) cost, in rupiah."""

    day = models.DateField("tanggal", primary_key=True)
    rupiah = models.BigIntegerField("rupiah", default=0)

    class Meta:
        verbose_name = "biaya kode"
        verbose_name_plural = "biaya kode"

    def __str__(self) -> str:
        return f"Biaya kode {self.day:%Y-%m-%d} (#{self.pk})"
