"""Who saw or received what about a person."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from participants.models.append_only import append_only
from participants.models.participants import Participant
from umkm_portal.accounts.models import Organisation, User


class DataAccess(models.Model):
    """One time that somebody read, took along or received data of one person (UU 27/2022 art. 32).

    `fields` are the names of what was seen, in the words of the screen. The person reads these
    rows on her own pages. Like history the rows are about what was, and the database checks no
    keys of theirs: one list may bring half a million, and each key would lock its row.
    """

    class Kind(models.TextChoices):
        NIK = "nik", "Membuka NIK lengkap"
        VIEW = "view", "Melihat data"
        EXPORT = "export", "Mengunduh daftar"
        SHARE = "share", "Menerima data"
        OWN = "own", "Mengunduh data sendiri"

    participant = models.ForeignKey(
        Participant,
        models.PROTECT,
        related_name="data_accesses",
        verbose_name="peserta",
        db_constraint=False,
    )
    kind = models.CharField("kejadian", max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="oleh",
        db_index=False,
        db_constraint=False,
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="lembaga",
        db_index=False,
        db_constraint=False,
    )
    purpose = models.CharField("tujuan", max_length=200)
    fields = models.JSONField("data", default=list)
    happened_at = models.DateTimeField("waktu", default=timezone.now)

    class Meta:
        verbose_name = "akses data"
        verbose_name_plural = "akses data"
        triggers = append_only(
            "participant", "kind", "organisation", "purpose", "fields", "happened_at"
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} (#{self.pk})"
