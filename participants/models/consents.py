"""What a person agreed to, and took back."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from participants.models.append_only import append_only
from participants.models.living import of_living
from participants.models.participants import Participant
from umkm_portal.accounts.models import Organisation, User


class Consent(models.Model):
    """One given or withdrawn consent; rows are only ever added (UU 27/2022 articles 22, 24, 40).

    Programme mail rests on the public task with a recorded notice and needs no row here.
    """

    class Purpose(models.TextChoices):
        NOTICE = "notice", "Pemberitahuan pemrosesan"
        WHATSAPP = "whatsapp", "Pesan WhatsApp"
        SHARING = "sharing", "Berbagi data dengan mitra"
        CONTACT = "contact", "Nomor HP dan email untuk mitra"
        PHOTO = "photo", "Foto dan publikasi"

    class Event(models.TextChoices):
        GIVEN = "given", "Diberikan"
        WITHDRAWN = "withdrawn", "Ditarik"

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="consents")
    purpose = models.CharField("tujuan", max_length=10, choices=Purpose.choices)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    event = models.CharField("kejadian", max_length=10, choices=Event.choices)
    notice_version = models.CharField("versi pemberitahuan", max_length=20)
    channel = models.CharField("lewat", max_length=40)
    source = models.CharField("sumber", max_length=120, blank=True)
    actor = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    happened_at = models.DateTimeField("waktu", default=timezone.now)

    class Meta:
        verbose_name = "persetujuan"
        verbose_name_plural = "persetujuan"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(purpose__in=["sharing", "contact"])
                | models.Q(organisation__isnull=False),
                name="consent_sharing_names_partner",
            )
        ]
        indexes = [
            models.Index(
                fields=["actor", "happened_at"],
                name="consent_notice_by_staff",
                condition=models.Q(purpose="notice", actor__isnull=False),
            ),
            # Segments ask who agreed, of everybody at once: answered without touching the rows.
            models.Index(
                fields=["purpose", "event", "participant", "happened_at"], name="consent_purpose"
            ),
        ]
        triggers = [
            *append_only(
                "participant",
                "purpose",
                "organisation",
                "event",
                "notice_version",
                "channel",
                "source",
                "happened_at",
            ),
            *of_living(),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_event_display()} (#{self.pk})"
