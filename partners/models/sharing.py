"""What left the portal for a partner, and about whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from participants.models import Participant
from partners.models.calls import CurationCall
from partners.models.partners import Agreement, Partner
from umkm_portal.accounts.models import User


class SharedListQuerySet(models.QuerySet["SharedList"]):
    def for_user(self, user: User) -> SharedListQuerySet:
        return self.filter(partner__in=Partner.objects.for_user(user))


class SharedList(models.Model):
    """One version of a list of people made for a partner under an agreement, and its file.

    `sha256` is the file's; each row carries a hash of its own. The file is deleted at
    `expires_at`; `withdrawn` counts people of the version before who are gone from this one.
    """

    KEPT = timedelta(days=7)

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="shared_lists")
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="+")
    call = models.ForeignKey(
        CurationCall, models.PROTECT, null=True, blank=True, related_name="shared_lists"
    )
    version = models.IntegerField("versi")
    purpose = models.CharField("keperluan", max_length=200)
    fields = models.JSONField("data", default=list)
    row_count = models.IntegerField("baris", default=0)
    withdrawn_count = models.IntegerField("keluar dari daftar", default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField("dibuat", default=timezone.now)
    expires_at = models.DateTimeField("berlaku sampai")
    downloaded_at = models.DateTimeField("diunduh", null=True, blank=True)

    objects = SharedListQuerySet.as_manager()

    class Meta:
        verbose_name = "daftar yang dibagikan"
        verbose_name_plural = "daftar yang dibagikan"
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "call", "version"],
                name="shared_list_version_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"Versi {self.version} (#{self.pk})"

    def is_kept(self, *, now: datetime) -> bool:
        """Whether the file can still be downloaded."""
        return bool(self.path) and now < self.expires_at


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def for_user(self, user: User) -> DisclosureQuerySet:
        return self.filter(shared_list__in=SharedList.objects.for_user(user))


class Disclosure(models.Model):
    """One person in one shared list: which row left the portal about her, under which consent."""

    shared_list = models.ForeignKey(SharedList, models.PROTECT, related_name="disclosures")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    row_hash = models.CharField(max_length=64)
    consent_id = models.BigIntegerField(null=True)
    disclosed_at = models.DateTimeField("dibagikan", default=timezone.now)
    withdrawn_at = models.DateTimeField("ditarik", null=True, blank=True)
    told_at = models.DateTimeField("mitra diberi tahu", null=True, blank=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = "data yang dibagikan"
        verbose_name_plural = "data yang dibagikan"
        constraints = [
            models.UniqueConstraint(
                fields=["shared_list", "participant"], name="disclosure_person_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Dibagikan #{self.pk}"
