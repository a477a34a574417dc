"""Through which account messages leave, how fast, and to whom nothing may be sent."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.utils import timezone

from umkm_portal.common.encryption import EncryptedField


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
    secret = EncryptedField("kunci akses", purpose="messaging.account", null=True, blank=True)
    """WhatsApp and SMS: the access token; email: the whole address of the SMTP server."""
    sender = models.CharField("pengirim", max_length=120, blank=True)
    """WhatsApp: the id of the number; SMS: the name shown; email: the From line."""
    service_url = models.CharField("alamat layanan", max_length=200, blank=True)
    business_id = models.CharField("nomor akun bisnis", max_length=40, blank=True)
    """WhatsApp: the business account, whose templates are listed."""
    checked_at = models.DateTimeField("diperiksa", null=True, blank=True)
    is_healthy = models.BooleanField("sehat", null=True, blank=True)
    check_note = models.CharField("hasil pemeriksaan", max_length=300, blank=True)
    quality = models.CharField("mutu", max_length=20, blank=True)
    broken_until = models.DateTimeField("dicoba lagi", null=True, blank=True)
    failures_in_row = models.IntegerField(default=0)
    well_since = models.DateTimeField(null=True, blank=True, editable=False)
    """When the circuit closed last; what failed before that is old news."""
    is_proved_by_report = models.BooleanField(default=False, db_default=False, editable=False)
    """The provider takes messages and fails them later: only a report closes the circuit."""
    probe_id = models.BigIntegerField(null=True, blank=True, editable=False)
    """The message whose report is waited for."""
    people_allowed = models.IntegerField(
        "batas WhatsApp per 24 jam", null=True, blank=True, editable=False
    )
    """Different people per 24 hours as WhatsApp told last; None where it said nothing."""

    rate_per_second = models.FloatField("pesan per detik", default=20)
    burst = models.IntegerField("pesan sekaligus", default=20)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(default=timezone.now)
    slow_factor = models.FloatField(default=1, db_default=1, editable=False)
    """The share of the rate that the provider bore last; doubles each minute up to the whole."""
    slowed_at = models.DateTimeField("diperlambat", null=True, blank=True, editable=False)
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

    @property
    def access_key(self) -> str:
        """The secret in clear, or ""; never shown on a page."""
        return str(self.secret or "")


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


class ChannelOrder(models.Model):
    """In which order one person wants to be reached; without a row the campaign's order holds."""

    recipient_key = models.BigIntegerField(unique=True)
    channels = models.JSONField("urutan saluran", default=list)
    changed_at = models.DateTimeField("diubah", default=timezone.now)

    class Meta:
        verbose_name = "urutan saluran"
        verbose_name_plural = "urutan saluran"

    def __str__(self) -> str:
        return f"Urutan saluran #{self.pk}"


class Suppression(models.Model):
    """An address that gets nothing, or nothing of one purpose: opted out, or bounced for good.

    Email addresses are kept in lower case. `purpose` is a kind's purpose, the name of one
    kind, or EVERYTHING.
    """

    EVERYTHING = "all"

    class Reason(models.TextChoices):
        OPT_OUT = "opt_out", "Berhenti menerima"
        HARD_BOUNCE = "hard_bounce", "Alamat tidak ada"
        COMPLAINT = "complaint", "Ditandai sebagai spam"
        STAFF = "staff", "Dihentikan petugas"

    channel = models.CharField("saluran", max_length=10, choices=Channel.choices)
    address = models.CharField("alamat", max_length=254)
    purpose = models.CharField("jenis pesan", max_length=40, default="bulk")
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
