"""What the local mail catcher received: the readable mailbox of a portal without EMAIL_URL."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class CaughtMailQuerySet(models.QuerySet["CaughtMail"]):
    def for_address(self, address: str) -> CaughtMailQuerySet:
        """Mails to one address, however it was capitalised."""
        return self.filter(recipient=address.strip().lower())

    def of_deliveries(self, public_ids: list[uuid.UUID]) -> CaughtMailQuerySet:
        """Mails that carry out these deliveries."""
        return self.filter(delivery__in=public_ids)


class CaughtMail(models.Model):
    """One mail to one recipient that left the portal and was caught on this machine.

    `delivery` is the public id of the delivery it carries out, read from the Message-ID. The same
    delivery may show up twice here: that is how tests see that somebody was mailed twice.
    """

    message_id = models.CharField("Message-ID", max_length=300)
    delivery = models.UUIDField("pesan", null=True)
    recipient = models.CharField("penerima", max_length=320)
    subject = models.CharField("judul", max_length=500)
    text = models.TextField("isi")
    html = models.TextField("isi HTML", blank=True)
    received_at = models.DateTimeField("diterima", default=timezone.now)

    objects = CaughtMailQuerySet.as_manager()

    class Meta:
        verbose_name = "surat latihan"
        verbose_name_plural = "surat latihan"
        indexes = [
            models.Index(fields=["recipient", "-id"], name="caught_mail_recipient"),
            models.Index(fields=["delivery"], name="caught_mail_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} (#{self.pk})"
