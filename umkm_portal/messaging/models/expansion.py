"""How far the messages of a campaign are written, slice by slice."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from umkm_portal.messaging.models.campaigns import Campaign


class ExpansionSliceQuerySet(models.QuerySet["ExpansionSlice"]):
    def open(self) -> ExpansionSliceQuerySet:
        """Not written yet."""
        return self.filter(done_at__isnull=True)


class ExpansionSlice(models.Model):
    """Some of a campaign's audience, by position, whose messages one worker writes together.

    Its messages, their batches and `done_at` are committed together. The rows exist from the
    moment in which the audience is cut until all are done; while they do, `expanded_to` of the
    campaign stands still.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="slices", db_index=False)
    number = models.IntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    done_at = models.DateTimeField("ditulis", null=True, blank=True)

    objects = ExpansionSliceQuerySet.as_manager()

    class Meta:
        verbose_name = "potongan penyiapan"
        verbose_name_plural = "potongan penyiapan"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="expansion_slice_once"),
            models.UniqueConstraint(fields=["campaign", "first"], name="expansion_slice_begins"),
            models.CheckConstraint(
                condition=Q(last__gte=F("first")), name="expansion_slice_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"Potongan {self.number} (#{self.pk})"

    @property
    def people(self) -> int:
        return self.last - self.first + 1
