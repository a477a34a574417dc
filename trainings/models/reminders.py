"""When people are reminded of their class: the rules of a programme, and who was reminded."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from trainings.models.cohorts import Session, SessionChange
from trainings.models.enrolments import Enrolment, InvitationRound
from trainings.models.trainings import Programme
from umkm_portal.messaging.models import Delivery


class ReminderRule(models.Model):
    """How one programme reminds on one occasion; without a row the usual rule holds.

    `amount` counts days or hours, as the occasion has it (`trainings.reminders.rules`).
    """

    class Name(models.TextChoices):
        EARLY = "early", "Jauh hari sebelum sesi"
        DAY = "day", "Menjelang sesi"
        HOURS = "hours", "Pada hari sesi"
        AFTER = "after", "Sesudah kelas"
        NUDGE = "nudge", "Undangan belum dijawab"

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="reminder_rules", db_index=False
    )
    name = models.CharField("saat", max_length=8, choices=Name.choices)
    is_on = models.BooleanField("aktif", default=True)
    amount = models.PositiveSmallIntegerField("jumlah")

    class Meta:
        verbose_name = "pengingat"
        verbose_name_plural = "pengingat"
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="reminder_rule_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=1) & Q(amount__lte=72),
                name="reminder_rule_amount",
                violation_error_message="Jumlah antara 1 dan 72.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_name_display()


class ReminderTurnQuerySet(models.QuerySet["ReminderTurn"]):
    def open(self) -> ReminderTurnQuerySet:
        """Not everybody has been looked at yet; no change of the class waits to be told."""
        untold = SessionChange.objects.filter(
            told_at=None, session__cohort=OuterRef("session__cohort")
        )
        return self.filter(~Exists(untold), done_at=None)

    def over(self, *, now: datetime) -> ReminderTurnQuerySet:
        """Everybody was looked at, it is too late for the rest, and nobody has counted yet."""
        return self.filter(done_at__isnull=False, settled_at=None, expires_at__lte=now)


class ReminderTurn(models.Model):
    """One rule that fell due for one session at one time, or for one round of invitations.

    A session that moves has another `starts_at` and with it another turn; moved back, the old one.
    """

    session = models.ForeignKey(
        Session, models.CASCADE, null=True, related_name="+", db_index=False
    )
    round = models.ForeignKey(
        InvitationRound, models.CASCADE, null=True, related_name="+", db_index=False
    )
    rule = models.CharField("saat", max_length=8, choices=ReminderRule.Name.choices)
    starts_at = models.DateTimeField("mulainya sesi", null=True)
    due_at = models.DateTimeField("jatuh tempo")
    expires_at = models.DateTimeField("tidak berguna sesudah")
    reached = models.BigIntegerField(default=0)
    """The last enrolment that was looked at, in the order of their keys."""
    done_at = models.DateTimeField("selesai", null=True)
    settled_at = models.DateTimeField("dihitung", null=True)

    objects = ReminderTurnQuerySet.as_manager()

    class Meta:
        verbose_name = "giliran pengingat"
        verbose_name_plural = "giliran pengingat"
        constraints = [
            models.UniqueConstraint(
                fields=["session", "rule", "starts_at"], name="reminder_turn_once_per_session"
            ),
            models.UniqueConstraint(
                fields=["round"],
                name="reminder_turn_once_per_round",
                condition=Q(round__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(session__isnull=True) ^ Q(round__isnull=True),
                name="reminder_turn_of_one",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="reminder_turn_open", condition=Q(done_at__isnull=True)
            ),
            models.Index(
                fields=["expires_at"],
                name="reminder_turn_unsettled",
                condition=Q(settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_rule_display()} (#{self.pk})"


class Reminder(models.Model):
    """One person of a turn: once, whoever looks at the same moment.

    What became of a queued one is told by its delivery.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Dikirim"
        MISSED = "missed", "Terlewat"

    turn = models.ForeignKey(ReminderTurn, models.CASCADE, related_name="reminders", db_index=False)
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="+")
    delivery = models.OneToOneField(Delivery, models.SET_NULL, null=True, related_name="+")
    state = models.CharField("status", max_length=8, choices=State.choices)
    reason = models.CharField("alasan", max_length=160, blank=True)
    decided_at = models.DateTimeField("diputuskan")

    class Meta:
        verbose_name = "pengingat terkirim"
        verbose_name_plural = "pengingat terkirim"
        constraints = [
            models.UniqueConstraint(fields=["turn", "enrolment"], name="reminder_once"),
            models.CheckConstraint(
                condition=Q(state="queued") | ~Q(reason=""), name="reminder_missed_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"Pengingat #{self.pk}"
