"""What people wrote back."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

from umkm_portal.accounts.models import Membership, User
from umkm_portal.common.encryption import EncryptedField
from umkm_portal.messaging.models.accounts import Channel
from umkm_portal.messaging.models.deliveries import Delivery
from umkm_portal.regions.models import Region

SERVICE_WINDOW = timedelta(hours=24)
"""So long after somebody wrote WhatsApp lets us answer in words of our own."""


class ReplyQuerySet(models.QuerySet["Reply"]):
    def waiting(self) -> ReplyQuerySet:
        """In the inbox: staff have to look at them."""
        return self.filter(state=Reply.State.OPEN)

    def for_user(self, user: User) -> ReplyQuerySet:
        """All for the head office and auditors, a city office or district its region's."""
        if user.is_superuser:
            return self
        mine = models.Q(pk__in=[])
        for membership in user.memberships.current().select_related("region"):
            if membership.role in (Membership.Role.HEAD_OFFICE, Membership.Role.AUDITOR):
                return self
            serves = (Membership.Role.CITY_OFFICE, Membership.Role.DISTRICT)
            if membership.role in serves and membership.region:
                mine |= models.Q(region__in=Region.objects.within(membership.region))
        return self.filter(mine)


class Reply(models.Model):
    """One message that somebody sent us, and what became of it.

    `recipient_key` is the person when it is clear who wrote: families share phones. `region` is
    where the people of this address live when that is one place; staff of that area see it.
    """

    class Word(models.TextChoices):
        YES = "yes", "Ya"
        NO = "no", "Tidak"
        STOP = "stop", "Berhenti"
        UNCLEAR = "unclear", "Lainnya"

    class State(models.TextChoices):
        OPEN = "open", "Perlu dibaca"
        RECORDED = "recorded", "Tercatat otomatis"
        ANSWERED = "answered", "Sudah dijawab"
        CLOSED = "closed", "Ditutup"

    channel = models.CharField("saluran", max_length=10, choices=Channel.choices)
    key = models.CharField(max_length=200)
    address = models.CharField("nomor", max_length=254, blank=True)
    text = EncryptedField("isi", purpose="messaging.reply", null=True)
    form = models.CharField("bentuk", max_length=20, default="text")
    word = models.CharField("dibaca sebagai", max_length=8, choices=Word.choices)
    recipient_key = models.BigIntegerField(null=True, blank=True)
    delivery = models.ForeignKey(
        Delivery, models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    region = models.ForeignKey(
        Region, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="wilayah"
    )
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.OPEN)
    note = models.CharField("keterangan", max_length=300, blank=True)
    answer = EncryptedField("jawaban kita", purpose="messaging.answer", null=True, blank=True)
    """What staff answered from the official number."""
    answer_delivery = models.ForeignKey(
        Delivery,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="answers",
        verbose_name="pesan jawaban",
    )
    handled_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="petugas"
    )
    handled_at = models.DateTimeField("ditangani", null=True, blank=True)
    received_at = models.DateTimeField("diterima", default=timezone.now)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        verbose_name = "balasan"
        verbose_name_plural = "balasan"
        constraints = [models.UniqueConstraint(fields=["channel", "key"], name="reply_once")]
        indexes = [
            models.Index(fields=["state", "id"], name="reply_state"),
            models.Index(fields=["recipient_key"], name="reply_recipient"),
            models.Index(fields=["address"], name="reply_address"),
        ]

    def __str__(self) -> str:
        return f"Balasan #{self.pk}"
