"""Business licences that people ask the dinas to arrange (perizinan, step P4)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from participants.models.append_only import append_only
from participants.models.living import of_living
from participants.models.participants import Participant
from umkm_portal.accounts.models import User


class LicenceRequestQuerySet(models.QuerySet["LicenceRequest"]):
    def live(self) -> LicenceRequestQuerySet:
        """Neither delivered nor refused."""
        return self.filter(state__in=LicenceRequest.LIVE)

    def for_user(self, user: User) -> LicenceRequestQuerySet:
        """Of the people this user may see."""
        return self.filter(participant__in=Participant.objects.for_user(user).values("pk"))


class LicenceRequest(models.Model):
    """One licence that one person asked for, from the request to the paper in her hands."""

    class Kind(models.TextChoices):
        NIB = "nib", "NIB (Nomor Induk Berusaha)"
        HALAL = "halal", "Sertifikat halal"
        PIRT = "pirt", "P-IRT (pangan industri rumah tangga)"
        OTHER = "other", "Izin lain"

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Diajukan"
        CHECKING = "checking", "Diperiksa"
        NEEDS_FIX = "needs_fix", "Perlu diperbaiki"
        PROCESSING = "processing", "Diproses"
        DONE = "done", "Selesai"
        DELIVERED = "delivered", "Diantar"
        REFUSED = "refused", "Ditolak"
        JOINED = "joined", "Disatukan"

    LIVE = (State.SUBMITTED, State.CHECKING, State.NEEDS_FIX, State.PROCESSING)

    participant = models.ForeignKey(
        Participant, models.PROTECT, related_name="licence_requests", verbose_name="peserta"
    )
    kind = models.CharField("izin", max_length=6, choices=Kind.choices)
    note = models.CharField("keterangan", max_length=300, blank=True)
    wants_delivery = models.BooleanField("diantar ke rumah", default=False)
    address = models.CharField("alamat antar", max_length=200, blank=True)
    state = models.CharField(
        "status", max_length=10, choices=State.choices, default=State.SUBMITTED
    )
    reason = models.CharField("alasan", max_length=300, blank=True)
    number = models.CharField("nomor izin", max_length=60, blank=True)
    issued_on = models.DateField("tanggal terbit", null=True, blank=True)
    expires_on = models.DateField("berlaku sampai", null=True, blank=True)
    created_at = models.DateTimeField("diajukan", default=timezone.now)
    changed_at = models.DateTimeField("berubah", default=timezone.now)

    objects = LicenceRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "permohonan izin"
        verbose_name_plural = "permohonan izin"
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "kind"],
                condition=Q(state__in=["submitted", "checking", "needs_fix", "processing"])
                & ~Q(kind="other"),
                name="licence_request_one_live",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["needs_fix", "refused"]) | ~Q(reason=""),
                name="licence_request_refusal_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "delivered"])
                | ~Q(number="") & Q(issued_on__isnull=False),
                name="licence_request_done_has_number",
            ),
            models.CheckConstraint(
                condition=Q(wants_delivery=False) | ~Q(address=""),
                name="licence_request_delivery_has_address",
            ),
        ]
        indexes = [models.Index(fields=["state", "changed_at"], name="licence_request_state")]
        triggers = of_living()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} (#{self.pk})"


class LicenceEvent(models.Model):
    """One step of a licence request: from where to where, when and by whom."""

    request = models.ForeignKey(LicenceRequest, models.PROTECT, related_name="events")
    from_state = models.CharField("dari", max_length=10, blank=True)
    to_state = models.CharField("menjadi", max_length=10, choices=LicenceRequest.State.choices)
    note = models.CharField("keterangan", max_length=300, blank=True)
    actor = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="oleh",
        db_index=False,
    )
    happened_at = models.DateTimeField("waktu", default=timezone.now)

    class Meta:
        verbose_name = "riwayat izin"
        verbose_name_plural = "riwayat izin"
        triggers = append_only("request", "from_state", "to_state", "note", "happened_at")

    def __str__(self) -> str:
        return f"{self.get_to_state_display()} (#{self.pk})"
