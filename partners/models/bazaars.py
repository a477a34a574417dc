"""Bazaars, who sold there, and what they sold."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from participants.models import Participant
from participants.models.living import of_living
from partners.models.calls import CurationCall
from partners.models.partners import Partner
from umkm_portal.accounts.models import User
from umkm_portal.imports.models import ImportFile


class BazaarQuerySet(models.QuerySet["Bazaar"]):
    def for_user(self, user: User) -> BazaarQuerySet:
        if user.is_superuser:
            return self
        return self.filter(partner__in=Partner.objects.for_user(user))


class Bazaar(models.Model):
    """One bazaar, online or at a place, on some days, for those whom a call let through."""

    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="bazaars", verbose_name="penyelenggara"
    )
    call = models.ForeignKey(
        CurationCall,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bazaars",
        verbose_name="kurasi",
    )
    slug = models.CharField("kode", max_length=60)
    name = models.CharField("nama", max_length=160)
    starts_on = models.DateField("mulai")
    ends_on = models.DateField("sampai")
    place = models.CharField("tempat atau tautan", max_length=200, blank=True)
    is_online = models.BooleanField("daring", default=True)
    needs = models.TextField("yang perlu disiapkan", blank=True)

    objects = BazaarQuerySet.as_manager()

    class Meta:
        verbose_name = "bazar"
        verbose_name_plural = "bazar"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="bazaar_slug_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="bazaar_ordered",
                violation_error_message="Tanggal selesai harus setelah tanggal mulai.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"


class BazaarEntry(models.Model):
    """One business at one bazaar."""

    class State(models.TextChoices):
        EXPECTED = "expected", "Terdaftar"
        PRESENT = "present", "Ikut"
        ABSENT = "absent", "Tidak ikut"

    bazaar = models.ForeignKey(Bazaar, models.PROTECT, related_name="entries")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    state = models.CharField("status", max_length=8, choices=State.choices, default=State.EXPECTED)
    recorded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField("dicatat", default=timezone.now)

    class Meta:
        verbose_name = "peserta bazar"
        verbose_name_plural = "peserta bazar"
        triggers = of_living()
        constraints = [
            models.UniqueConstraint(
                fields=["bazaar", "participant"], name="bazaar_entry_person_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} (#{self.pk})"


class SalesReportQuerySet(models.QuerySet["SalesReport"]):
    def for_user(self, user: User) -> SalesReportQuerySet:
        return self.filter(partner__in=Partner.objects.for_user(user))

    def current(self) -> SalesReportQuerySet:
        """Versions that count: stored whole, not taken back, and not replaced."""
        return self.filter(replaced_by=None, stored_at__isnull=False, withdrawn_at=None)


class SalesReport(models.Model):
    """One version of a partner's report of sales; a newer one for the same bazaar replaces it.

    It counts once all its rows are stored (`stored_at`); until then the one before does, and
    again when it is taken back (`withdrawn_at`). Its rows stay as the trace of what it said.
    """

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="sales_reports")
    bazaar = models.ForeignKey(
        Bazaar, models.PROTECT, null=True, blank=True, related_name="sales_reports"
    )
    version = models.IntegerField("versi")
    file = models.OneToOneField(ImportFile, models.PROTECT, null=True, blank=True, related_name="+")
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField("diterima", default=timezone.now)
    stored_at = models.DateTimeField("tersimpan", null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField("ditarik kembali", null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    withdrawn_why = models.CharField("alasan ditarik", max_length=200, blank=True, db_default="")

    objects = SalesReportQuerySet.as_manager()

    class Meta:
        verbose_name = "laporan penjualan"
        verbose_name_plural = "laporan penjualan"
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "bazaar", "version"],
                name="sales_report_version_once",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["partner", "bazaar"],
                condition=Q(replaced_by=None, stored_at__isnull=False, withdrawn_at=None),
                name="sales_report_current_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"Versi {self.version} (#{self.pk})"


class SalesRow(models.Model):
    """What one person sold over one channel in one period: orders, and rupiah."""

    report = models.ForeignKey(SalesReport, models.PROTECT, related_name="rows")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    period_from = models.DateField("dari")
    period_to = models.DateField("sampai")
    channel = models.CharField("kanal", max_length=40)
    orders = models.IntegerField("pesanan", null=True, blank=True)
    amount = models.BigIntegerField("penjualan (rupiah)")

    class Meta:
        verbose_name = "penjualan"
        verbose_name_plural = "penjualan"
        triggers = of_living()
        constraints = [
            models.UniqueConstraint(
                fields=["report", "participant", "period_from", "period_to", "channel"],
                name="sales_row_once",
            ),
            models.CheckConstraint(
                condition=Q(period_to__gte=F("period_from")), name="sales_row_ordered"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="sales_row_amount"),
        ]

    def __str__(self) -> str:
        return f"Penjualan #{self.pk}"
