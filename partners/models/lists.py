"""Lists of decided businesses, as a curator hands them in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from participants.models import Participant
from participants.models.living import of_living
from partners.models.calls import CurationCall
from umkm_portal.accounts.models import User
from umkm_portal.common.encryption import EncryptedField
from umkm_portal.imports.models import ImportFile, InSheet


class Outcome(models.TextChoices):
    """What a curator decides about one business."""

    PASSED = "passed", "Lolos"
    FAILED = "failed", "Tidak lolos"
    RESERVE = "reserve", "Cadangan"
    IMPROVE = "improve", "Perlu perbaikan"


class CurationListQuerySet(models.QuerySet["CurationList"]):
    def for_user(self, user: User) -> CurationListQuerySet:
        return self.filter(call__in=CurationCall.objects.for_user(user))


class CurationList(models.Model):
    """One version of what a curator decided in a call, accepted and perhaps announced.

    Of a call at most one version is current; a newer accepted one replaces it once all its rows
    are stored. `difference` counts what changed against the version before: added, changed, gone,
    same.
    """

    class State(models.TextChoices):
        STORING = "storing", "Sedang disimpan"
        ACCEPTED = "accepted", "Diterima"
        ANNOUNCING = "announcing", "Akan diumumkan"
        ANNOUNCED = "announced", "Diumumkan"
        REPLACED = "replaced", "Diganti versi baru"
        WITHDRAWN = "withdrawn", "Ditarik kembali"

    CURRENT = (State.ACCEPTED, State.ANNOUNCING, State.ANNOUNCED)

    call = models.ForeignKey(CurationCall, models.PROTECT, related_name="lists")
    version = models.IntegerField("versi")
    file = models.OneToOneField(ImportFile, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.ACCEPTED)
    difference = models.JSONField("perubahan", default=dict, blank=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField("diterima", default=timezone.now)
    announced_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    announce_at = models.DateTimeField("pesan dikirim mulai", null=True, blank=True)
    announced_at = models.DateTimeField("diumumkan", null=True, blank=True)

    objects = CurationListQuerySet.as_manager()

    class Meta:
        verbose_name = "daftar kurasi"
        verbose_name_plural = "daftar kurasi"
        constraints = [
            models.UniqueConstraint(fields=["call", "version"], name="curation_list_version_once"),
            models.UniqueConstraint(
                fields=["call"],
                condition=Q(state__in=["accepted", "announcing", "announced"]),
                name="curation_list_current_once",
            ),
            models.UniqueConstraint(
                fields=["call"],
                condition=Q(state="storing"),
                name="curation_list_storing_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["announcing", "announced"]) | Q(announce_at__isnull=False),
                name="curation_list_announced_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Versi {self.version} (#{self.pk})"


class CurationDecisionQuerySet(models.QuerySet["CurationDecision"]):
    def for_user(self, user: User) -> CurationDecisionQuerySet:
        return self.filter(list__in=CurationList.objects.for_user(user))

    def unmatched(self) -> CurationDecisionQuerySet:
        """Rows of current lists that nobody of the register is linked to."""
        return self.filter(participant=None, list__state__in=CurationList.CURRENT)


class CurationDecision(InSheet, models.Model):
    """One row of a list: about a participant, or about somebody whom nobody has found yet.

    `contact` holds what the file says about an unmatched business, as JSON, sealed. `matched_by`
    tells which column found the person. `identity` is a blind index of what the row tells her by,
    so that the same business is known again in the next version. A NIK is never kept here.
    """

    class MatchedBy(models.TextChoices):
        CODE = "code", "Kode peserta"
        NIK = "nik", "NIK"
        PHONE = "phone", "Nomor HP dan nama"
        LINK = "link", "Tautan toko"
        STAFF = "staff", "Petugas"
        NOBODY = "", "Belum ditemukan"

    class Waiting(models.TextChoices):
        SETTLED = "", "Selesai"
        REVIEW = "review", "Menunggu petugas"
        INVITED = "invited", "Diundang mendaftar"
        SET_ASIDE = "set_aside", "Dikesampingkan"

    list = models.ForeignKey(CurationList, models.PROTECT, related_name="decisions")
    participant = models.ForeignKey(
        Participant, models.PROTECT, null=True, blank=True, related_name="+"
    )
    row_no = models.IntegerField("baris")
    matched_by = models.CharField(max_length=8, choices=MatchedBy.choices, blank=True)
    waiting = models.CharField("tindak lanjut", max_length=10, choices=Waiting.choices, blank=True)
    outcome = models.CharField("hasil", max_length=8, choices=Outcome.choices)
    grade = models.CharField("nilai", max_length=1, blank=True)
    reason = models.CharField("alasan", max_length=300, blank=True)
    note = models.CharField("catatan", max_length=300, blank=True)
    business_name = models.CharField("nama usaha", max_length=120, blank=True)
    store_link = models.CharField("tautan toko", max_length=300, blank=True)
    contact = EncryptedField("isi baris", purpose="curation.contact", null=True, blank=True)
    identity = models.CharField(max_length=60, blank=True, db_default="")
    settled_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = CurationDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "keputusan kurasi"
        verbose_name_plural = "keputusan kurasi"
        triggers = of_living()
        constraints = [
            models.UniqueConstraint(fields=["list", "row_no"], name="curation_decision_row_once"),
            models.UniqueConstraint(
                fields=["list", "participant"],
                condition=Q(participant__isnull=False),
                name="curation_decision_person_once",
            ),
            models.CheckConstraint(
                condition=Q(grade__in=["", "A", "B", "C", "D"]), name="curation_decision_grade"
            ),
        ]
        indexes = [
            models.Index(
                fields=["identity"],
                name="curation_decision_identity",
                condition=~Q(identity=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} (#{self.pk})"
