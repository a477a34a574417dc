"""What providers told us, as it came in: stored first, worked later."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.common.encryption import EncryptedField


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def due(self, *, now: datetime) -> WebhookEventQuerySet:
        """Waiting to be worked, for the first time or again."""
        return self.filter(due_at__lte=now)


class WebhookEvent(models.Model):
    """One POST of a provider. `key` is a digest of its bytes: the same POST again is this row.

    The body names people and phones: it is encrypted, and emptied once everything in it is dealt
    with. `due_at` is empty from then on.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Menunggu"
        DONE = "done", "Selesai"
        UNMATCHED = "unmatched", "Pesannya tidak dikenal"
        FAILED = "failed", "Tidak terbaca"

    source = models.CharField("sumber", max_length=20)
    key = models.CharField(max_length=64)
    body = EncryptedField("isi", purpose="messaging.webhook", null=True)
    content_type = models.CharField(max_length=60, blank=True)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.SmallIntegerField("percobaan", default=0)
    note = models.CharField("keterangan", max_length=300, blank=True)
    due_at = models.DateTimeField("jatuh tempo", null=True, blank=True, default=timezone.now)
    received_at = models.DateTimeField("diterima", default=timezone.now)
    done_at = models.DateTimeField("selesai", null=True, blank=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name = "laporan penyedia"
        verbose_name_plural = "laporan penyedia"
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="webhook_once")]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="webhook_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["received_at"], name="webhook_received"),
        ]

    def __str__(self) -> str:
        return f"{self.source} (#{self.pk})"

    @property
    def text(self) -> str:
        """The body; an empty object once it is emptied."""
        return str(self.body) if self.body is not None else "{}"
