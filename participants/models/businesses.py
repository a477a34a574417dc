"""The business: what it makes, where it sells, how large it is."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from participants.models.living import of_living
from participants.models.participants import Participant
from participants.store_links import LinkKey
from umkm_portal.accounts.models import Organisation, User
from umkm_portal.regions.models import Region

MILLIARD = 1_000_000_000


class Sector(models.Model):
    """A line of business; an editable list, since no official code list was found."""

    slug = models.SlugField("kode", max_length=40, db_index=False)
    name = models.CharField("nama", max_length=80)
    aliases = models.CharField("nama lain", max_length=300, blank=True)
    is_active = models.BooleanField("dipakai", default=True)

    class Meta:
        verbose_name = "sektor usaha"
        verbose_name_plural = "sektor usaha"
        constraints = [models.UniqueConstraint(fields=["slug"], name="sector_slug_unique")]

    def __str__(self) -> str:
        return self.name


def _scale_of(field: str, micro: int, small: int, medium: int) -> list[When]:
    return [
        When(**{f"{field}__lte": micro * MILLIARD}, then=Value("micro")),
        When(**{f"{field}__lte": small * MILLIARD}, then=Value("small")),
        When(**{f"{field}__lte": medium * MILLIARD}, then=Value("medium")),
        When(**{f"{field}__isnull": False}, then=Value("large")),
    ]


@pghistory.track(
    pghistory.InsertEvent(level=pgtrigger.Statement),
    pghistory.UpdateEvent(level=pgtrigger.Statement),
    pghistory.DeleteEvent(level=pgtrigger.Statement),
    model_name="BusinessHistory",
    meta={"indexes": [models.Index(fields=["participant"], name="business_history_person")]},
)
class Business(models.Model):
    """A business of one person (usaha).

    `scale` follows PP 7/2021 article 35: by yearly sales when known, else by capital without
    land and building (micro up to 2 / 1, small up to 15 / 5, medium up to 50 / 10 milliard rupiah).
    """

    class Scale(models.TextChoices):
        MICRO = "micro", "Mikro"
        SMALL = "small", "Kecil"
        MEDIUM = "medium", "Menengah"
        LARGE = "large", "Besar"
        UNKNOWN = "", "Belum diketahui"

    participant = models.ForeignKey(
        Participant, models.PROTECT, related_name="businesses", verbose_name="pemilik"
    )
    sector = models.ForeignKey(
        Sector,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="sektor",
        db_index=False,
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="wilayah usaha",
        db_index=False,
    )
    name = models.CharField("nama usaha", max_length=120)
    products = models.CharField("produk", max_length=300, blank=True)
    nib = models.CharField("NIB", max_length=13, blank=True)
    kbli = models.CharField("KBLI", max_length=5, blank=True)
    kbli_version = models.CharField("versi KBLI", max_length=4, blank=True)
    market = models.CharField("pasar", max_length=80, blank=True)
    stall = models.CharField("kios", max_length=40, blank=True)
    sells_live = models.BooleanField("berjualan lewat siaran langsung", null=True, blank=True)
    capital = models.BigIntegerField("modal (rupiah)", null=True, blank=True)
    yearly_sales = models.BigIntegerField("omzet setahun (rupiah)", null=True, blank=True)
    scale = models.GeneratedField(
        expression=Case(
            *_scale_of("yearly_sales", 2, 15, 50),
            *_scale_of("capital", 1, 5, 10),
            default=Value(""),
        ),
        output_field=models.CharField("skala", max_length=8, choices=Scale.choices),
        db_persist=True,
    )
    created_at = models.DateTimeField("dibuat", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("diubah", auto_now=True)

    class Meta:
        verbose_name = "usaha"
        verbose_name_plural = "usaha"
        constraints = [
            models.CheckConstraint(
                condition=(Q(capital__isnull=True) | Q(capital__gte=0))
                & (Q(yearly_sales__isnull=True) | Q(yearly_sales__gte=0)),
                name="business_money_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(nib="") | Q(nib__regex=r"^\d{13}$"), name="business_nib_13_digits"
            ),
            models.CheckConstraint(
                condition=Q(kbli="") | Q(kbli__regex=r"^\d{5}$") & ~Q(kbli_version=""),
                name="business_kbli_with_version",
            ),
        ]
        indexes = [
            models.Index(fields=["sector", "participant"], name="business_sector"),
            models.Index(fields=["scale", "participant"], name="business_scale"),
        ]
        triggers = of_living()

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"


class SalesChannel(models.Model):
    """Where a business sells: a platform and, where there is one, the link of its store."""

    class Platform(models.TextChoices):
        TIKTOK = "tiktok", "TikTok"
        SHOPEE = "shopee", "Shopee"
        TOKOPEDIA = "tokopedia", "Tokopedia"
        LAZADA = "lazada", "Lazada"
        INSTAGRAM = "instagram", "Instagram"
        WHATSAPP = "whatsapp", "WhatsApp"
        STORE = "store", "Toko atau kios"
        OTHER = "other", "Lainnya"

    business = models.ForeignKey(Business, models.CASCADE, related_name="channels")
    platform = models.CharField("tempat jual", max_length=12, choices=Platform.choices)
    store_link = models.CharField("tautan toko", max_length=300, blank=True)

    class Meta:
        verbose_name = "tempat jual"
        verbose_name_plural = "tempat jual"
        constraints = [
            models.UniqueConstraint(
                fields=["business", "platform", "store_link"], name="sales_channel_once"
            )
        ]
        indexes = [
            models.Index(fields=["platform", "business"], name="sales_channel_platform"),
            models.Index(
                LinkKey("store_link"),
                name="sales_channel_link",
                condition=~Q(store_link=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_platform_display()} (#{self.pk})"


class Revenue(models.Model):
    """What a business sold in one period (omzet, whole rupiah), and who said so."""

    class Source(models.TextChoices):
        OWNER = "owner", "Pemilik"
        MENTOR = "mentor", "Pendamping"
        PARTNER = "partner", "Mitra"

    business = models.ForeignKey(Business, models.CASCADE, related_name="revenues")
    period_start = models.DateField("awal masa")
    period_end = models.DateField("akhir masa")
    amount = models.BigIntegerField("omzet (rupiah)")
    source = models.CharField("sumber", max_length=8, choices=Source.choices)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    is_verified = models.BooleanField("diverifikasi", default=False)
    created_at = models.DateTimeField("dicatat", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "omzet"
        verbose_name_plural = "omzet"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="revenue_not_negative"),
            models.CheckConstraint(
                condition=Q(period_end__gte=models.F("period_start")), name="revenue_period_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"Omzet {self.period_start} (#{self.pk})"
