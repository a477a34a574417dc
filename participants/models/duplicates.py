"""Two records that may be one person, and what joining them changed."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from participants.models.participants import Participant
from umkm_portal.accounts.models import User
from umkm_portal.common.encryption import EncryptedField

Rows = TypeVar("Rows", bound=models.QuerySet[Any])


def _of_visible(rows: Rows, user: User, *sides: str) -> Rows:
    """The rows whose people this user may all see; for who sees everybody, all of them."""
    everybody = Participant.objects.all()
    visible = everybody.for_user(user)
    if visible is everybody:
        return rows
    return rows.filter(**{f"{side}__in": visible.values("pk") for side in sides})


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    def open(self) -> DuplicatePairQuerySet:
        """Pairs of living records that nobody has decided on."""
        return self.filter(
            state=DuplicatePair.State.OPEN,
            first__status=Participant.Status.ACTIVE,
            second__status=Participant.Status.ACTIVE,
        )

    def for_user(self, user: User) -> DuplicatePairQuerySet:
        """Pairs of two people whom this user may both see."""
        return _of_visible(self, user, "first", "second")


class DuplicatePair(models.Model):
    """A suspicion that two records are one person; it never blocks a registration."""

    class State(models.TextChoices):
        OPEN = "open", "Perlu diperiksa"
        SAME = "same", "Orang yang sama"
        DIFFERENT = "different", "Orang berbeda"

    first = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    second = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    score = models.FloatField("kemiripan")
    reasons = models.JSONField("alasan", default=list)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = "dugaan ganda"
        verbose_name_plural = "dugaan ganda"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_ordered"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-score", "-id"], name="duplicate_pair_best", condition=Q(state="open")
            )
        ]

    def __str__(self) -> str:
        return f"Dugaan ganda #{self.pk}"


class DuplicateKey(models.Model):
    """A thing that two records of one person have in common (a phone, a birth date with part of a
    name), as a number; derived from the register, so backups leave it out."""

    pk = models.CompositePrimaryKey("key", "participant_id")
    key = models.BigIntegerField()
    participant = models.ForeignKey(
        Participant, models.DO_NOTHING, related_name="+", db_constraint=False
    )
    of_update = models.DateTimeField()
    """`updated_at` of the person when her keys were written."""

    class Meta:
        verbose_name = "kunci pencarian ganda"
        verbose_name_plural = "kunci pencarian ganda"

    def __str__(self) -> str:
        return f"Kunci {self.key} (#{self.participant_id})"


class MergeQuerySet(models.QuerySet["Merge"]):
    def for_user(self, user: User) -> MergeQuerySet:
        """Merges of two people whom this user may both see."""
        return _of_visible(self, user, "source", "target")


class Merge(models.Model):
    """One record joined into another (penggabungan), with what is needed to take it back."""

    source = models.ForeignKey(
        Participant, models.PROTECT, related_name="+", verbose_name="data yang digabung"
    )
    target = models.ForeignKey(
        Participant, models.PROTECT, related_name="+", verbose_name="data yang dipakai"
    )
    choices = models.JSONField("pilihan", default=dict)
    ktp_seen = models.BooleanField("KTP dilihat", default=False)
    nik_before = EncryptedField("NIK sebelumnya", purpose="participant.nik", null=True, blank=True)
    """The NIK of the surviving record before, sealed: images of rows hold none."""
    merged_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="oleh"
    )
    merged_at = models.DateTimeField("waktu", default=timezone.now)
    undone_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="dibatalkan"
    )
    undone_at = models.DateTimeField("dibatalkan pada", null=True, blank=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = "penggabungan"
        verbose_name_plural = "penggabungan"
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=Q(undone_at__isnull=True), name="merge_source_once"
            )
        ]

    def __str__(self) -> str:
        return f"Penggabungan #{self.pk}"


class MergedRow(models.Model):
    """One row that a merge touched, as it was before and after; no NIK in it.

    `before` is empty for a row that the merge made, `after` for one that it dropped.
    """

    class Part(models.TextChoices):
        OWN = "own", "Milik orang itu"
        COUNTER = "counter", "Penghitung"
        OTHER = "other", "Milik orang lain"

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="rows")
    model = models.CharField(max_length=80)
    row_id = models.BigIntegerField()
    part = models.CharField(max_length=8, choices=Part.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        verbose_name = "baris penggabungan"
        verbose_name_plural = "baris penggabungan"
        constraints = [
            models.UniqueConstraint(fields=["merge", "model", "row_id"], name="merged_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.row_id} (#{self.pk})"
