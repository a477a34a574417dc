"""What is to be sent, to whom, and who was left out and why."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from umkm_portal.accounts.models import User
from umkm_portal.messaging.models.accounts import Channel


class MessageTemplate(models.Model):
    """One version of the wording of one kind of message on one channel; never edited once used."""

    kind = models.CharField("jenis pesan", max_length=40)
    channel = models.CharField("saluran", max_length=10, choices=Channel.choices)
    version = models.IntegerField("versi", default=1)
    name = models.CharField("nama", max_length=80, blank=True)
    """Given by staff who want to use the text again; later versions of it carry the same name."""
    subject = models.CharField("judul", max_length=200, blank=True)
    body = models.TextField("isi")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField("dibuat", default=timezone.now)

    class Meta:
        verbose_name = "teks pesan"
        verbose_name_plural = "teks pesan"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "channel", "version"], name="message_template_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.get_channel_display()} v{self.version}"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def finishable(self) -> CampaignQuerySet:
        """Fully expanded, or being cancelled: closed as soon as nothing is left to send."""
        return self.filter(
            Q(state=Campaign.State.RUNNING, is_standing=False)
            | Q(state=Campaign.State.PAUSED, options__has_key="ends_as")
        )

    def ending(self) -> CampaignQuerySet:
        """To be closed, but a worker may still hold messages of theirs."""
        return self.filter(state=Campaign.State.PAUSED, options__has_key="ends_as")

    def startable(self, *, now: datetime) -> CampaignQuerySet:
        """Approved for a moment that has come."""
        return self.filter(state=Campaign.State.APPROVED, starts_at__lte=now)

    def tests(self) -> CampaignQuerySet:
        """Messages that officers sent to themselves to look at them."""
        return self.filter(options__has_key=Campaign.TEST_OF)

    def overdue(self, *, now: datetime) -> CampaignQuerySet:
        """Past `not_after`, but not closed."""
        open_states = (
            Campaign.State.APPROVED,
            Campaign.State.EXPANDING,
            Campaign.State.RUNNING,
            Campaign.State.PAUSED,
        )
        overdue = self.filter(not_after__lte=now, state__in=open_states, is_standing=False)
        return overdue.exclude(options__has_key="ends_as")


_EXPANDED_BY_SLICES = """
    IF EXISTS (SELECT FROM messaging_expansionslice s WHERE s.campaign_id = NEW.id) THEN
        RAISE EXCEPTION 'the audience of campaign % is written by slices', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""
"""A worker of the release that knew no slices, still alive during a deploy, writes nothing here."""


class Campaign(models.Model):
    """A set of messages of one kind, e.g. the invitations of one round of one cohort.

    `subject_id` is the row the kind is about (a cohort), unknown to this layer. A standing
    campaign never ends: single messages (confirmations, offers) are queued on it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Rancangan"
        APPROVED = "approved", "Disetujui"
        EXPANDING = "expanding", "Menyiapkan"
        RUNNING = "running", "Berjalan"
        PAUSED = "paused", "Dijeda"
        DONE = "done", "Selesai"
        CANCELLED = "cancelled", "Dibatalkan"

    kind = models.CharField("jenis", max_length=40)
    subject_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField("judul", max_length=200)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.DRAFT)
    is_standing = models.BooleanField("tetap", default=False)
    templates = models.ManyToManyField(MessageTemplate, related_name="+", blank=True)
    channels = models.JSONField("saluran", default=list)
    """In the order in which they are tried for each person."""
    whatsapp_template = models.ForeignKey(
        "messaging.WhatsAppTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="templat WhatsApp",
    )
    options = models.JSONField(default=dict, blank=True)
    ignores_hours = models.BooleanField("di luar jam kerja", default=False)
    not_before = models.DateTimeField("tidak sebelum", null=True, blank=True)
    not_after = models.DateTimeField("tidak sesudah", null=True, blank=True)
    audience_count = models.IntegerField("penerima", default=0)
    excluded_count = models.IntegerField("dikecualikan", default=0)
    expanded_to = models.BigIntegerField(default=0)
    """Positions up to here have messages, apart from what `ExpansionSlice` says."""
    pause_reason = models.CharField("alasan jeda", max_length=300, blank=True)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="dibuat oleh"
    )
    approved_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="disetujui oleh",
    )
    created_at = models.DateTimeField("dibuat", default=timezone.now)
    approved_at = models.DateTimeField("disetujui", null=True, blank=True)
    starts_at = models.DateTimeField("dimulai otomatis", null=True, blank=True)
    """When the portal starts it by itself, once approved; until then it can be taken back."""
    started_at = models.DateTimeField("mulai", null=True, blank=True)
    finished_at = models.DateTimeField("selesai", null=True, blank=True)

    FINAL = (State.DONE, State.CANCELLED)
    TEST_OF = "test_of"
    """In the options of a test: the campaign whose text it shows."""

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = "kampanye"
        verbose_name_plural = "kampanye"
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(is_standing=True), name="campaign_one_standing"
            ),
            models.CheckConstraint(
                condition=Q(not_before__isnull=True)
                | Q(not_after__isnull=True)
                | Q(not_after__gt=models.F("not_before")),
                name="campaign_window_ordered",
            ),
        ]
        indexes = [models.Index(fields=["kind", "subject_id"], name="campaign_subject")]
        triggers = [
            pgtrigger.Trigger(
                name="expanded_by_slices",
                operation=pgtrigger.UpdateOf("expanded_to"),
                when=pgtrigger.Before,
                condition=pgtrigger.AnyChange("expanded_to"),
                func=_EXPANDED_BY_SLICES,
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} (#{self.pk})"


class AudienceMember(models.Model):
    """One person of a campaign's audience, frozen when it was approved.

    `recipient_key` is the person (a participant's id), `subject_id` what the message is about
    (an enrolment's id). `position` orders expansion and is unbroken from 1.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="audience", db_index=False)
    position = models.BigIntegerField()
    recipient_key = models.BigIntegerField()
    subject_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=10, blank=True, default="", db_default="")
    """The one channel by which she is told, where that was worked out with the audience."""

    class Meta:
        verbose_name = "penerima"
        verbose_name_plural = "penerima"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "recipient_key"], name="audience_once"),
            models.UniqueConstraint(fields=["campaign", "position"], name="audience_position"),
        ]

    def __str__(self) -> str:
        return f"Penerima #{self.pk}"


class Exclusion(models.Model):
    """A person inside the segment who gets nothing from a campaign, and why."""

    NO_CHANNEL = "no_channel"
    """No address that a channel reaches: on the printable list, to be told by hand."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="exclusions", db_index=False
    )
    recipient_key = models.BigIntegerField()
    reason = models.CharField("alasan", max_length=30)

    class Meta:
        verbose_name = "pengecualian"
        verbose_name_plural = "pengecualian"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "recipient_key"], name="exclusion_once")
        ]

    def __str__(self) -> str:
        return f"{self.reason} (#{self.pk})"
