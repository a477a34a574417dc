"""What providers approve and what they charge."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.messaging.models.accounts import Channel, SendingAccount


class PriceCategory(models.TextChoices):
    MARKETING = "marketing", "Undangan dan pengumuman"
    UTILITY = "utility", "Kabar layanan"
    AUTHENTICATION = "authentication", "Kode masuk"


class WhatsAppTemplateQuerySet(models.QuerySet["WhatsAppTemplate"]):
    def approved(self) -> WhatsAppTemplateQuerySet:
        """Those with which WhatsApp lets us send now."""
        return self.filter(state=WhatsAppTemplate.State.APPROVED)


class WhatsAppTemplate(models.Model):
    """One text that WhatsApp approved for a number's business account, in one language.

    `parameters` names our value for {{1}}, {{2}} and so on, in order; staff set it, WhatsApp
    knows only how many there are. `kind` is the kind of message sent with it where a campaign
    says nothing else.
    """

    class State(models.TextChoices):
        APPROVED = "approved", "Disetujui"
        PENDING = "pending", "Sedang ditinjau"
        REJECTED = "rejected", "Ditolak"
        PAUSED = "paused", "Dijeda WhatsApp"
        DISABLED = "disabled", "Dimatikan WhatsApp"
        GONE = "gone", "Tidak ada lagi"

        @property
        def in_sentence(self) -> str:
            """The label after a name: only its first letter is small, "dijeda WhatsApp"."""
            label = str(self.label)
            return label[:1].lower() + label[1:]

    account = models.ForeignKey(
        SendingAccount, models.CASCADE, related_name="whatsapp_templates", verbose_name="akun"
    )
    name = models.CharField("nama templat", max_length=512)
    language = models.CharField("bahasa", max_length=15, default="id")
    category = models.CharField(
        "golongan", max_length=14, choices=PriceCategory.choices, default=PriceCategory.UTILITY
    )
    body = models.TextField("isi", blank=True)
    parameter_count = models.IntegerField("jumlah isian", default=0)
    parameters = models.JSONField("isian berurutan", default=list, blank=True)
    kind = models.CharField("jenis pesan", max_length=40, blank=True)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.PENDING)
    state_reason = models.CharField("alasan", max_length=300, blank=True)
    quality = models.CharField("mutu", max_length=20, blank=True)
    synced_at = models.DateTimeField("dicocokkan", null=True, blank=True)
    created_at = models.DateTimeField("dibuat", default=timezone.now)

    objects = WhatsAppTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = "templat WhatsApp"
        verbose_name_plural = "templat WhatsApp"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name", "language"], name="whatsapp_template_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language}, #{self.pk})"


class ProviderNews(models.Model):
    """Something WhatsApp told about a number, its business account or a text of ours.

    The key makes news that come again harmless; it names nobody.
    """

    class Tone(models.TextChoices):
        GOOD = "green", "Baik"
        PLAIN = "grey", "Kabar"
        WARNING = "yellow", "Peringatan"
        BAD = "red", "Gangguan"

    account = models.ForeignKey(
        SendingAccount, models.CASCADE, related_name="news", verbose_name="akun"
    )
    template = models.ForeignKey(
        WhatsAppTemplate,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="news",
        verbose_name="templat",
    )
    key = models.CharField(max_length=64)
    sentence = models.CharField("kabar", max_length=300)
    tone = models.CharField("nada", max_length=6, choices=Tone.choices, default=Tone.PLAIN)
    happened_at = models.DateTimeField("waktu")

    class Meta:
        verbose_name = "kabar penyedia"
        verbose_name_plural = "kabar penyedia"
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="provider_news_once")
        ]
        indexes = [models.Index(fields=["happened_at"], name="provider_news_time")]

    def __str__(self) -> str:
        return f"{self.sentence[:40]} (#{self.pk})"


class MessagePrice(models.Model):
    """What one message costs from a day on, in rupiah, and where the figure comes from."""

    channel = models.CharField("saluran", max_length=10, choices=Channel.choices)
    category = models.CharField("golongan", max_length=14, choices=PriceCategory.choices)
    rupiah = models.DecimalField("rupiah per pesan", max_digits=10, decimal_places=2)
    valid_from = models.DateField("berlaku sejak", default=date.today)
    source = models.CharField("sumber", max_length=200)
    is_verified = models.BooleanField("sudah dicocokkan dengan tagihan", default=False)

    class Meta:
        verbose_name = "harga pesan"
        verbose_name_plural = "harga pesan"
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "category", "valid_from"], name="message_price_once_a_day"
            ),
            models.CheckConstraint(condition=Q(rupiah__gte=0), name="message_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.category} sejak {self.valid_from} (#{self.pk})"
