"""What is left of messages when a campaign has been over for long: totals, and rows in buckets."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.utils import timezone

from umkm_portal.messaging.models.campaigns import Campaign


class CampaignArchive(models.Model):
    """What of one campaign is in the archive: how many messages by state, and how many people.

    `done_at` is set once all of it is there; until then it is partly there, each person wholly on
    one side. Of a standing campaign everything that was settled before `settled_before` is there.
    """

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="archive")
    counts = models.JSONField("pesan", default=dict)
    audience = models.IntegerField("penerima", default=0)
    excluded = models.IntegerField("dikecualikan", default=0)
    begun_at = models.DateTimeField("mulai", default=timezone.now)
    done_at = models.DateTimeField("selesai", null=True, blank=True)
    settled_before = models.DateTimeField("pesan sebelum", null=True, blank=True)

    class Meta:
        verbose_name = "arsip kampanye"
        verbose_name_plural = "arsip kampanye"

    def __str__(self) -> str:
        return f"Arsip #{self.pk}"


class ArchiveBucket(models.Model):
    """Up to 1,000 rows of one campaign, in the order of their people: one place in each array.

    `keys` spans the people inside, so that one person's rows are found by an index. A person who
    was forgotten has the key 0. `counts` says how many rows end in which state: a state of a
    message, `UNSENT` or `EXCLUDED` (`notes` has the reason).
    """

    NOBODY = 0
    UNSENT = "unsent"
    """In the audience of a campaign that ended before her message was written."""
    EXCLUDED = "excluded"

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="buckets")
    keys = BigIntegerRangeField()
    size = models.IntegerField()
    counts = models.JSONField()
    recipients = ArrayField(models.BigIntegerField())
    subjects = ArrayField(models.BigIntegerField(null=True))
    channels = ArrayField(models.CharField(max_length=10))
    states = ArrayField(models.CharField(max_length=16))
    notes = ArrayField(models.CharField(max_length=30))
    changed_at = ArrayField(models.DateTimeField())
    archived_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "arsip pesan"
        verbose_name_plural = "arsip pesan"
        indexes = [GistIndex(fields=["keys"], name="archive_bucket_keys")]

    def __str__(self) -> str:
        return f"Arsip pesan #{self.pk}"
