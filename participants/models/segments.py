"""Saved audiences: rules that a group of people is worked out from, again each time."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.accounts.models import Membership, Organisation, User


class SegmentQuerySet(models.QuerySet["Segment"]):
    def for_user(self, user: User) -> SegmentQuerySet:
        """All for the head office and auditors; others see their own and their office's."""
        if user.is_superuser:
            return self
        memberships = list(user.memberships.current())
        everywhere = (Membership.Role.HEAD_OFFICE, Membership.Role.AUDITOR)
        if any(m.role in everywhere for m in memberships):
            return self
        offices = [
            m.organisation_id
            for m in memberships
            if m.role in (Membership.Role.CITY_OFFICE, Membership.Role.DISTRICT)
        ]
        return self.filter(Q(owner=user) | Q(organisation__in=offices))


class Segment(models.Model):
    """A group of people (segmen) told by its rules, not by its members.

    `rules` gives the typed value or values of each filter of `participants.segments`;
    `people_count` is what they came to for the owner at `counted_at`.
    """

    slug = models.SlugField("kode", max_length=60, db_index=False, editable=False)
    name = models.CharField("nama", max_length=80)
    owner = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="pembuat",
        db_index=False,
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="lembaga",
        db_index=False,
    )
    rules = models.JSONField("aturan", default=dict, blank=True)
    people_count = models.IntegerField("orang", default=0, editable=False)
    counted_at = models.DateTimeField("dihitung", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("dibuat", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("diubah", auto_now=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = "segmen"
        verbose_name_plural = "segmen"
        constraints = [models.UniqueConstraint(fields=["slug"], name="segment_slug_unique")]

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"
