"""What owners are told about a curation, and what they answer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from participants.models import Participant
from participants.models.living import of_living
from partners.models.calls import CurationCall
from partners.models.lists import CurationDecision, CurationList, Outcome
from umkm_portal.accounts.models import User


class CurationResultQuerySet(models.QuerySet["CurationResult"]):
    def standing(self) -> CurationResultQuerySet:
        """Results that count: a later version of the list did not take them back."""
        return self.filter(withdrawn_at=None)

    def passed(self) -> CurationResultQuerySet:
        """The businesses that were let through."""
        return self.standing().filter(outcome=Outcome.PASSED)

    def for_user(self, user: User) -> CurationResultQuerySet:
        """Results of the calls this user may see."""
        return self.filter(call__in=CurationCall.objects.for_user(user))


class CurationResult(models.Model):
    """The announced result of one person in one call: one row, told once per `told` version.

    `told` counts how often the result changed after it was announced; a message goes out for each
    value of it at most once. `list` is the version of the list that told it last; a version
    without her takes the result back (`withdrawn_at`).
    """

    call = models.ForeignKey(CurationCall, models.PROTECT, related_name="results")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    decision = models.ForeignKey(CurationDecision, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField("hasil", max_length=8, choices=Outcome.choices)
    grade = models.CharField("nilai", max_length=1, blank=True)
    reason = models.CharField("alasan", max_length=300, blank=True)
    note = models.CharField("catatan", max_length=300, blank=True)
    told = models.IntegerField(default=1)
    list = models.ForeignKey(CurationList, models.PROTECT, null=True, related_name="results")
    announced_at = models.DateTimeField("diumumkan", default=timezone.now)
    withdrawn_at = models.DateTimeField("ditarik kembali", null=True, blank=True)

    objects = CurationResultQuerySet.as_manager()

    class Meta:
        verbose_name = "hasil kurasi"
        verbose_name_plural = "hasil kurasi"
        triggers = of_living()
        constraints = [
            models.UniqueConstraint(
                fields=["call", "participant"], name="curation_result_person_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} (#{self.pk})"


class AppealQuerySet(models.QuerySet["Appeal"]):
    def for_user(self, user: User) -> AppealQuerySet:
        """Appeals about the calls this user may see."""
        return self.filter(result__call__in=CurationCall.objects.for_user(user))

    def waiting(self) -> AppealQuerySet:
        return self.filter(state=Appeal.State.OPEN)


class Appeal(models.Model):
    """An owner's objection (keberatan) to her result, and the answer."""

    class State(models.TextChoices):
        OPEN = "open", "Menunggu jawaban"
        UPHELD = "upheld", "Hasil tetap"
        GRANTED = "granted", "Hasil akan diperbaiki"

    result = models.ForeignKey(CurationResult, models.PROTECT, related_name="appeals")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    text = models.CharField("keberatan", max_length=600)
    state = models.CharField("status", max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.CharField("jawaban", max_length=600, blank=True)
    answered_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField("dijawab", null=True, blank=True)
    created_at = models.DateTimeField("dikirim", default=timezone.now)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = "keberatan"
        verbose_name_plural = "keberatan"
        triggers = of_living()
        constraints = [
            models.UniqueConstraint(
                fields=["result"], condition=Q(state="open"), name="appeal_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state="open") ^ Q(answered_at__isnull=False),
                name="appeal_answered_iff_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"Keberatan #{self.pk}"
