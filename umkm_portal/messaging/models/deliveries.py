"""The ledger: every message to every person, and the batches in which workers send them."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.accounts.models import User
from umkm_portal.messaging.models.accounts import Channel, SendingAccount
from umkm_portal.messaging.models.campaigns import Campaign


class DeliveryBatchQuerySet(models.QuerySet["DeliveryBatch"]):
    def unsettled(self) -> DeliveryBatchQuerySet:
        """With messages that still wait for an outcome."""
        return self.filter(Q(pending__gt=0) | Q(sending__gt=0) | Q(failed_temporary__gt=0))

    def due(self, *, now: datetime) -> DeliveryBatchQuerySet:
        """Waiting for a worker."""
        return self.filter(due_at__lte=now)

    def held(self) -> DeliveryBatchQuerySet:
        """In the hands of a worker, alive or not."""
        return self.filter(lease_until__isnull=False)


class DeliveryBatch(models.Model):
    """Up to 500 deliveries that one worker claims together.

    `attempt` is the fencing token: every write of a worker says `attempt = mine`. A batch is
    waiting when `due_at` is set and nobody holds the lease.
    """

    class Priority(models.IntegerChoices):
        URGENT = 0, "Segera"
        CHANGE = 5, "Perubahan"
        REMINDER = 7, "Pengingat"
        BULK = 9, "Massal"

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="batches", db_index=False)
    number = models.IntegerField()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    account = models.ForeignKey(SendingAccount, models.PROTECT, related_name="+", db_index=False)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.BULK)
    due_at = models.DateTimeField("jatuh tempo", null=True, blank=True, default=timezone.now)
    attempt = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField("proses", max_length=80, blank=True)
    handed_to = models.BigIntegerField(default=0, db_default=0, editable=False)
    """Highest delivery id that the holder may have handed over; always on the disk by then."""

    size = models.IntegerField(default=0)
    pending = models.IntegerField(default=0)
    sending = models.IntegerField(default=0)
    accepted = models.IntegerField(default=0)
    delivered = models.IntegerField(default=0)
    read = models.IntegerField(default=0)
    failed_temporary = models.IntegerField(default=0)
    failed_permanent = models.IntegerField(default=0)
    suppressed = models.IntegerField(default=0)
    uncertain = models.IntegerField(default=0)
    cancelled = models.IntegerField(default=0)
    unreached_seen = models.IntegerField(default=0, db_default=0, editable=False)
    """Messages without success for which the next channel was looked for."""

    objects = DeliveryBatchQuerySet.as_manager()

    class Meta:
        verbose_name = "rombongan pesan"
        verbose_name_plural = "rombongan pesan"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="batch_number_once"),
        ]
        indexes = [
            models.Index(
                fields=["priority", "due_at"],
                name="batch_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["lease_until"],
                name="batch_lease",
                condition=Q(lease_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Rombongan {self.number} (#{self.pk})"


class Delivery(models.Model):
    """One message to one person: always in exactly one state.

    `step` tells messages of one campaign to one person apart (`""` for the announcement itself,
    the dedupe key on standing campaigns). The state is not indexed (hot updates, fillfactor 50).
    """

    class State(models.TextChoices):
        PENDING = "pending", "Menunggu"
        SENDING = "sending", "Sedang dikirim"
        ACCEPTED = "accepted", "Diterima server"
        DELIVERED = "delivered", "Sampai"
        READ = "read", "Dibaca"
        FAILED_TEMPORARY = "failed_temporary", "Gagal sementara"
        FAILED_PERMANENT = "failed_permanent", "Gagal"
        SUPPRESSED = "suppressed", "Tidak dikirim"
        UNCERTAIN = "uncertain", "Belum pasti"
        CANCELLED = "cancelled", "Dibatalkan"

    NON_FINAL = (State.PENDING, State.SENDING, State.FAILED_TEMPORARY)
    MOST_ATTEMPTS = 5

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="deliveries", db_index=False
    )
    batch_number = models.IntegerField(null=True)
    recipient_key = models.BigIntegerField()
    subject_id = models.BigIntegerField(null=True)
    step = models.CharField(max_length=60, blank=True)
    channel = models.CharField("saluran", max_length=10, choices=Channel.choices)
    address = models.CharField("alamat", max_length=254, blank=True)
    context = models.JSONField(default=dict)
    state = models.CharField("status", max_length=16, choices=State.choices, default=State.PENDING)
    attempt = models.IntegerField("percobaan", default=0)
    provider_ref = models.CharField(max_length=200, blank=True)
    error = models.CharField("kesalahan", max_length=300, blank=True)
    actor = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField("dibuat", default=timezone.now)
    changed_at = models.DateTimeField("berubah", default=timezone.now)

    class Meta:
        verbose_name = "pesan"
        verbose_name_plural = "pesan"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "recipient_key", "step", "channel"], name="delivery_once"
            ),
            models.UniqueConstraint(fields=["public_id"], name="delivery_public_id"),
        ]
        indexes = [
            models.Index(fields=["campaign", "batch_number", "id"], name="delivery_batch"),
            models.Index(
                fields=["campaign", "recipient_key"],
                name="delivery_by_hand",
                condition=Q(batch_number__isnull=True),
            ),
            models.Index(fields=["recipient_key", "id"], name="delivery_recipient"),
        ]

    def __str__(self) -> str:
        return f"Pesan #{self.pk}"


class Fallover(models.Model):
    """A message without success, and the one on the person's next channel that took its place.

    The key on `delivery` is the guard: whatever two workers or a late report do, one message has
    one successor at most. Without `successor` no channel was left.
    """

    delivery = models.OneToOneField(Delivery, models.CASCADE, related_name="fallover")
    successor = models.OneToOneField(
        Delivery, models.CASCADE, null=True, blank=True, related_name="took_over"
    )
    created_at = models.DateTimeField("waktu", default=timezone.now)

    class Meta:
        verbose_name = "peralihan saluran"
        verbose_name_plural = "peralihan saluran"

    def __str__(self) -> str:
        return f"Peralihan #{self.pk}"


class DeliveryEvent(models.Model):
    """Something reported about a delivery; the key makes repeated reports harmless."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="events")
    key = models.CharField(max_length=200)
    state = models.CharField("status", max_length=16, choices=Delivery.State.choices)
    source = models.CharField("sumber", max_length=20)
    detail = models.CharField("keterangan", max_length=300, blank=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    happened_at = models.DateTimeField("waktu", default=timezone.now)

    class Meta:
        verbose_name = "kejadian pesan"
        verbose_name_plural = "kejadian pesan"
        constraints = [models.UniqueConstraint(fields=["key"], name="delivery_event_key")]

    def __str__(self) -> str:
        return f"{self.state} (#{self.pk})"
