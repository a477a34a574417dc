"""Registrations on their way: what somebody has told so far on the pages of `/daftar/`."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from participants.models.living import of_living
from participants.models.participants import Participant
from umkm_portal.common.encryption import EncryptedField

PageAnswers = dict[str, list[str]]


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def open(self, *, now: datetime) -> RegistrationQuerySet:
        """Those that may still be continued."""
        return self.filter(state=Registration.State.OPEN, expires_at__gt=now)

    def proved(self) -> RegistrationQuerySet:
        """Those whose contact received a code and typed it."""
        return self.filter(verified_at__isnull=False)

    def left_alone(self, *, since: datetime) -> RegistrationQuerySet:
        """Those on a phone that nobody touched since a moment, and that got no link back yet."""
        rows = self.filter(contact_kind="phone", linked_at=None)
        return rows.filter(changed_at__lt=since, verified_at__lt=since)


class Registration(models.Model):
    """A registration by its owner, from the first page until it is sent.

    The answers are sealed, and gone as soon as it is sent. `step` is the first page that is not
    finished. Whoever proves the contact by a code may go on with it, on whatever device.
    """

    class State(models.TextChoices):
        OPEN = "open", "Belum dikirim"
        SENT = "sent", "Terkirim"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    participant = models.ForeignKey(
        Participant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="registrations",
        verbose_name="peserta",
    )
    contact_kind = models.CharField(
        "jenis kontak", max_length=5, choices=[("phone", "Nomor HP"), ("email", "Email")]
    )
    contact = models.CharField("kontak", max_length=254, blank=True)
    cohort_code = models.CharField("gelombang", max_length=60, blank=True)
    step = models.CharField("halaman", max_length=12, default="kontak")
    sealed_answers = EncryptedField(
        "jawaban", purpose="registration.answers", null=True, blank=True
    )
    seat_note = models.CharField("keterangan kursi", max_length=200, blank=True)
    """Why she got neither a seat nor a place in the line, as she was told."""

    state = models.CharField("status", max_length=4, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField("dimulai", default=timezone.now, editable=False)
    changed_at = models.DateTimeField("diubah", default=timezone.now)
    verified_at = models.DateTimeField("kontak dibuktikan", null=True, blank=True)
    linked_at = models.DateTimeField("tautan dikirim", null=True, blank=True)
    """When the link back went to the contact, asked for or by itself."""

    sent_at = models.DateTimeField("dikirim", null=True, blank=True)
    expires_at = models.DateTimeField("berlaku sampai")

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = "pendaftaran"
        verbose_name_plural = "pendaftaran"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", participant__isnull=True, sent_at__isnull=True)
                | Q(
                    state="sent",
                    participant__isnull=False,
                    sent_at__isnull=False,
                    verified_at__isnull=False,
                    sealed_answers__isnull=True,
                ),
                name="registration_sent_iff_person",
            )
        ]
        indexes = [
            models.Index(
                fields=["contact"], name="registration_open_contact", condition=Q(state="open")
            ),
            models.Index(
                fields=["expires_at"], name="registration_expiry", condition=Q(state="open")
            ),
        ]
        triggers = of_living()

    def __str__(self) -> str:
        return f"Pendaftaran #{self.pk}"

    @property
    def answers(self) -> dict[str, PageAnswers]:
        """What was told, by page and field, as it was typed."""
        return self._opened().get("pages", {})

    @property
    def finished(self) -> list[str]:
        """The pages without anything left to repair."""
        return self._opened().get("finished", [])

    def seal(self, *, pages: dict[str, PageAnswers], finished: list[str]) -> None:
        """Put these answers into the column; does not save."""
        self.sealed_answers = json.dumps({"pages": pages, "finished": finished})

    def _opened(self) -> dict[str, Any]:
        sealed: Any = self.sealed_answers
        return json.loads(sealed) if sealed else {}
