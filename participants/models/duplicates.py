"""Two records that may be one person."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from participants.models.participants import Participant
from umkm_portal.accounts.models import User


class DuplicatePair(models.Model):
    """A suspicion that two records are one person; it never blocks a registration."""

    class State(models.TextChoices):
        OPEN = "open", "Perlu diperiksa"
        SAME = "same", "Orang yang sama"
        DIFFERENT = "different", "Orang berbeda"

    first = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    second = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    score = models.FloatField("kemiripan")
    reasons = models.JSONField("alasan", default=list)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "dugaan ganda"
        verbose_name_plural = "dugaan ganda"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"Dugaan ganda #{self.pk}"
