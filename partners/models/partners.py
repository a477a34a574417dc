"""Partners, and the agreements under which they may receive data."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.accounts.models import Membership, Organisation, User


class PartnerQuerySet(models.QuerySet["Partner"]):
    def for_user(self, user: User) -> PartnerQuerySet:
        """All for the head office and auditors; members see the partner they act for."""
        if user.is_superuser:
            return self
        current = user.memberships.current()
        roles = set(current.values_list("role", flat=True))
        if {Membership.Role.HEAD_OFFICE, Membership.Role.AUDITOR} & roles:
            return self
        return self.of_member(user)

    def of_member(self, user: User) -> PartnerQuerySet:
        """Those that she acts for today, whatever else she may see."""
        own = user.memberships.current().filter(role__in=PARTNER_ROLES).values("organisation")
        return self.filter(organisation__in=own, organisation__is_active=True)


PARTNER_ROLES = (
    Membership.Role.PARTNER_MANAGER,
    Membership.Role.PARTNER_UPLOADER,
    Membership.Role.PARTNER_READER,
)


class Partner(models.Model):
    """What the portal knows about an organisation that curates, trains or sells (TikTok, Shopee).

    A market operator or the dinas itself curates in the same way, with a row of its own.
    """

    organisation = models.OneToOneField(
        Organisation, models.PROTECT, related_name="+", verbose_name="lembaga"
    )
    contact_name = models.CharField("narahubung", max_length=120, blank=True)
    contact_email = models.EmailField("email narahubung", blank=True)
    country = models.CharField("negara", max_length=2, default="ID")

    objects = PartnerQuerySet.as_manager()

    class Meta:
        verbose_name = "mitra"
        verbose_name_plural = "mitra"

    def __str__(self) -> str:
        return str(self.organisation)


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def for_user(self, user: User) -> AgreementQuerySet:
        return self.filter(partner__in=Partner.objects.for_user(user))

    def in_force(self, *, today: date | None = None) -> AgreementQuerySet:
        """Agreements under which something may be shared on `today` (Jakarta date)."""
        today = today or timezone.localdate()
        return self.filter(valid_from__lte=today, valid_to__gte=today, ended_at=None)


class Agreement(models.Model):
    """A cooperation agreement (PKS, MoU): without one in force nothing is shared.

    `allowed_fields` are keys of `partners.sharing.fields`.
    """

    class Role(models.TextChoices):
        PROCESSOR = "processor", "Prosesor data (atas perintah dinas)"
        CONTROLLER = "controller", "Pengendali data sendiri"

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="agreements")
    number = models.CharField("nomor", max_length=80)
    purpose = models.CharField("tujuan", max_length=200)
    role = models.CharField(
        "peran menurut UU PDP", max_length=10, choices=Role.choices, default=Role.PROCESSOR
    )
    valid_from = models.DateField("berlaku sejak")
    valid_to = models.DateField("berlaku sampai")
    allowed_fields = models.JSONField("data yang boleh dibagikan", default=list, blank=True)
    ended_at = models.DateTimeField("diakhiri", null=True, blank=True)

    objects = AgreementQuerySet.as_manager()

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


class AgreementFile(models.Model):
    """A signed paper of an agreement."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="files")
    name = models.CharField("nama berkas", max_length=200)
    path = models.CharField(max_length=300)
    size = models.BigIntegerField("ukuran (byte)")
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField("ditambahkan", default=timezone.now)

    class Meta:
        verbose_name = "berkas perjanjian"
        verbose_name_plural = "berkas perjanjian"

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"
