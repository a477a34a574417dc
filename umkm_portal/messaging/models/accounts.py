"""Through which account messages leave, how fast, and to whom nothing may be sent."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.utils import timezone


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    WHATSAPP = "whatsapp", "WhatsApp"
    SMS = "sms", "SMS"
    MANUAL = "manual", "Disampaikan petugas"


class Portfolio(models.Model):
    """Accounts that share one limit of different people per rolling 24 hours."""

    name = models.CharField("nama", max_length=80)
    people_per_day = models.IntegerField("orang per 24 jam", null=True, blank=True)

    class Meta:
        verbose_name = "portofolio pengirim"
        verbose_name_plural = "portofolio pengirim"

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"


class SendingAccount(models.Model):
    """One sender of one channel with its speed limit, working hours and circuit breaker.

    Tokens are kept here, in the database, so that every worker process shares one budget.
    """

    class State(models.TextChoices):
        OPEN = "open", "Berjalan"
        BROKEN = "broken", "Dihentikan sementara"
        OFF = "off", "Mati"

    channel = models.CharField("saluran", max_length=10, choices=Channel.choices)
    name = models.CharField("nama", max_length=80)
    portfolio = models.ForeignKey(
        Portfolio, models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    is_default = models.BooleanField("utama", default=True)
    state = models.CharField("status", max_length=8, choices=State.choices, default=State.OPEN)
    state_reason = models.CharField("alasan", max_length=300, blank=True)
    broken_until = models.DateTimeField("dicoba lagi", null=True, blank=True)
    failures_in_row = models.IntegerField(default=0)

    rate_per_second = models.FloatField("pesan per detik", default=20)
    burst = models.IntegerField("pesan sekaligus", default=20)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(default=timezone.now)
    opens_at = models.TimeField("jam mulai", default=time(8))
    closes_at = models.TimeField("jam selesai", default=time(20))
    works_on_holidays = models.BooleanField("juga hari libur", default=False)
    warmup_started_on = models.DateField("mulai pemanasan", null=True, blank=True)
    warmup_first_day = models.IntegerField("pesan hari pertama", null=True, blank=True)
    counted_on = models.DateField(null=True, blank=True, editable=False)
    counted = models.IntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "akun pengirim"
        verbose_name_plural = "akun pengirim"
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=models.Q(is_default=True),
                name="sending_account_one_default",
            ),
            models.CheckConstraint(
                condition=models.Q(rate_per_second__gt=0), name="sending_account_rate_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"


class PortfolioContact(models.Model):
    """A person to whom a portfolio last wrote at this time; counts towards its 24 hours."""

    portfolio = models.ForeignKey(
        Portfolio, models.CASCADE, related_name="contacts", db_index=False
    )
    recipient_key = models.BigIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = "orang yang dihubungi"
        verbose_name_plural = "orang yang dihubungi"
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio", "recipient_key"], name="portfolio_contact_once"
            )
        ]
        indexes = [models.Index(fields=["portfolio", "last_at"], name="portfolio_contact_recent")]

    def __str__(self) -> str:
        return f"Kontak #{self.pk}"


class Suppression(models.Model):
    """An address that gets nothing, or nothing of one purpose: opted out, or bounced for good.

    Email addresses are kept in lower case. `purpose` is a kind's purpose or EVERYTHING.
    """

    EVERYTHING = "all"

    class Reason(models.TextChoices):
        OPT_OUT = "opt_out", "Berhenti menerima"
        HARD_BOUNCE = "hard_bounce", "Alamat tidak ada"
        COMPLAINT = "complaint", "Ditandai sebagai spam"
        STAFF = "staff", "Dihentikan petugas"

    channel = models.CharField("saluran", max_length=10, choices=Channel.choices)
    address = models.CharField("alamat", max_length=254)
    purpose = models.CharField("jenis pesan", max_length=12, default="bulk")
    reason = models.CharField("alasan", max_length=12, choices=Reason.choices)
    note = models.CharField("keterangan", max_length=300, blank=True)
    created_at = models.DateTimeField("sejak", default=timezone.now)

    class Meta:
        verbose_name = "alamat dihentikan"
        verbose_name_plural = "alamat dihentikan"
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address", "purpose"], name="suppression_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} (#{self.pk})"
