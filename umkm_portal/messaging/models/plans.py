"""What staff have chosen so far for a campaign that they put together at the desk."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.messaging.models.campaigns import Campaign


class CampaignPlanQuerySet(models.QuerySet["CampaignPlan"]):
    def for_user(self, user: User) -> CampaignPlanQuerySet:
        """All for the head office and auditors; a city office its own and its officers'."""
        if user.is_superuser:
            return self
        memberships = list(user.memberships.current())
        everywhere = (Membership.Role.HEAD_OFFICE, Membership.Role.AUDITOR)
        if any(m.role in everywhere for m in memberships):
            return self
        offices = [m.organisation_id for m in memberships if m.role == Membership.Role.CITY_OFFICE]
        return self.filter(Q(campaign__created_by=user) | Q(organisation__in=offices))

    def waiting(self) -> CampaignPlanQuerySet:
        """Those whose makers asked for a second officer's approval."""
        return self.filter(asked_at__isnull=False, campaign__state=Campaign.State.DRAFT)


class CampaignPlan(models.Model):
    """The desk's side of one campaign: answers of each step, kept as typed while it is a draft.

    `audience` maps a source's name to what was chosen there, `texts` a channel to its subject and
    body, `figures` is the last count of the audience. `revision` rises with each change: who sends
    or approves names the one she saw. `editors` are the ids of all who changed it.
    """

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="plan")
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="lembaga",
        db_index=False,
    )
    purpose = models.CharField("tujuan", max_length=20)
    audience = models.JSONField("penerima", default=dict, blank=True)
    texts = models.JSONField("teks", default=dict, blank=True)
    link = models.CharField("tautan survei", max_length=300, blank=True)
    figures = models.JSONField("hitungan", default=dict, blank=True)
    revision = models.PositiveIntegerField("perubahan ke", default=1)
    editors = models.JSONField("pengubah", default=list, blank=True)
    note = models.CharField("catatan", max_length=300, blank=True)
    """Why somebody gave it back instead of approving it."""
    changed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField("diubah", default=timezone.now)
    asked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField("persetujuan diminta", null=True, blank=True)
    tested_at = models.DateTimeField("uji terakhir", null=True, blank=True)

    objects = CampaignPlanQuerySet.as_manager()

    class Meta:
        verbose_name = "rancangan kampanye"
        verbose_name_plural = "rancangan kampanye"
        constraints = [
            models.CheckConstraint(
                condition=Q(asked_at__isnull=False) | Q(asked_by__isnull=True),
                name="campaign_plan_asked_when",
            )
        ]

    def __str__(self) -> str:
        return f"Rancangan #{self.pk}"
