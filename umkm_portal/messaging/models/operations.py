"""What the operations page and the alerts are read from: small tables that stay small."""

from __future__ import annotations

from django.db import models

from umkm_portal.messaging.models.accounts import SendingAccount
from umkm_portal.messaging.models.deliveries import Delivery


class SendingTally(models.Model):
    """How many messages of one account ended so within a minute, and why; names nobody."""

    minute = models.DateTimeField()
    account = models.ForeignKey(SendingAccount, models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=16, choices=Delivery.State.choices)
    cause = models.CharField(max_length=60, blank=True)
    count = models.IntegerField(default=0)

    class Meta:
        verbose_name = "hitungan pengiriman"
        verbose_name_plural = "hitungan pengiriman"
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "account", "state", "cause"], name="sending_tally_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.state} (#{self.pk})"


class QueuePulse(models.Model):
    """When a queue was last asked for a sign of life, and when a worker of it last gave one."""

    queue = models.CharField("antrean", max_length=20)
    asked_at = models.DateTimeField("ditanya", null=True)
    answered_at = models.DateTimeField("menjawab", null=True)

    class Meta:
        verbose_name = "denyut antrean"
        verbose_name_plural = "denyut antrean"
        constraints = [models.UniqueConstraint(fields=["queue"], name="queue_pulse_once")]

    def __str__(self) -> str:
        return self.queue


class Alert(models.Model):
    """A trouble of which the operators were told; over when `ended_at` is set."""

    key = models.CharField(max_length=60)
    sentence = models.CharField("kejadian", max_length=300)
    since = models.DateTimeField("sejak")
    told_at = models.DateTimeField("diberitahukan", null=True)
    ended_at = models.DateTimeField("selesai", null=True)
    end_told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "peringatan"
        verbose_name_plural = "peringatan"
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(ended_at__isnull=True), name="alert_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} (#{self.pk})"
