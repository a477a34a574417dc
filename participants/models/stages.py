"""The path P1 to P7, who accompanies a person, and who was sent on to another city."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from participants.models.append_only import append_only
from participants.models.living import of_living
from participants.models.participants import Participant
from umkm_portal.accounts.models import Organisation, User
from umkm_portal.regions.models import Region


class Stage(models.Model):
    """One of the seven steps; only P1 is mandatory, the others are facilities in any order."""

    code = models.CharField("kode", max_length=2, primary_key=True)
    name = models.CharField("nama", max_length=60)
    summary = models.CharField("penjelasan", max_length=160, blank=True)

    class Meta:
        verbose_name = "langkah"
        verbose_name_plural = "langkah"

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class StageEventQuerySet(models.QuerySet["StageEvent"]):
    def standing(self) -> StageEventQuerySet:
        """The steps that count: neither corrected by a later row nor taken back."""
        return self.filter(corrected_by=None, is_void=False)


class StageEvent(models.Model):
    """A dated milestone of one person; rows are only added, a wrong one is corrected by another.

    The correcting row has the right step and date, or `is_void` when the step was never taken.
    """

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="stage_events")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_index=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    occurred_on = models.DateField("tanggal")
    source_ref = models.CharField("rujukan", max_length=80)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    is_void = models.BooleanField("tidak pernah terjadi", default=False, db_default=False)
    actor = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField("dicatat", default=timezone.now, editable=False)

    objects = StageEventQuerySet.as_manager()

    class Meta:
        verbose_name = "peristiwa langkah"
        verbose_name_plural = "peristiwa langkah"
        constraints = [
            models.UniqueConstraint(fields=["source_ref"], name="stage_event_source_unique"),
            models.UniqueConstraint(
                fields=["participant"],
                condition=Q(stage="P1", corrects__isnull=True),
                name="stage_event_one_registration",
            ),
            models.CheckConstraint(
                condition=Q(is_void=False) | Q(corrects__isnull=False),
                name="stage_event_void_corrects",
            ),
        ]
        indexes = [models.Index(fields=["stage", "participant"], name="stage_event_stage")]
        triggers = [
            *append_only(
                *("participant", "stage", "organisation", "occurred_on", "source_ref", "corrects"),
                "is_void",
            ),
            *of_living(),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id} {self.occurred_on} (#{self.pk})"


class Mentorship(models.Model):
    """An agency, and where known a mentor (pendamping), that serves a person for a time."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="mentorships")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="mentorships", verbose_name="dinas"
    )
    mentor = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="pendamping"
    )
    started_on = models.DateField("sejak", default=timezone.localdate)
    ended_on = models.DateField("sampai", null=True, blank=True)

    class Meta:
        verbose_name = "pendampingan"
        verbose_name_plural = "pendampingan"
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "organisation"],
                condition=Q(ended_on__isnull=True),
                name="mentorship_one_current",
            ),
        ]
        triggers = of_living()

    def __str__(self) -> str:
        return f"Pendampingan #{self.pk}"


class ReferralQuerySet(models.QuerySet["Referral"]):
    def for_user(self, user: User) -> ReferralQuerySet:
        """Those of people whom this user may see."""
        return self.filter(participant__in=Participant.objects.for_user(user).values("pk"))

    def untold(self) -> ReferralQuerySet:
        """Whose city has not heard of them."""
        return self.filter(told_at=None)


class Referral(models.Model):
    """A person from outside Jakarta who was told to turn to the dinas of her own city."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="referrals")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="kota asal")
    service = models.CharField("layanan", max_length=80)
    created_at = models.DateTimeField("dicatat", default=timezone.now, editable=False)
    told_at = models.DateTimeField("diberitahukan", null=True, blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = "rujukan"
        verbose_name_plural = "rujukan"
        constraints = [
            models.UniqueConstraint(fields=["participant", "service"], name="referral_once")
        ]
        triggers = of_living()

    def __str__(self) -> str:
        return f"Rujukan #{self.pk}"
