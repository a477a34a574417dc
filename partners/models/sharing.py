"""What left the portal for a partner, and about whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from participants.models import Participant
from participants.models.living import of_living
from partners.models.calls import CurationCall
from partners.models.partners import Agreement, Partner
from umkm_portal.accounts.models import User


class SharedListQuerySet(models.QuerySet["SharedList"]):
    def for_user(self, user: User) -> SharedListQuerySet:
        return self.filter(partner__in=Partner.objects.for_user(user))

    def ready(self) -> SharedListQuerySet:
        """Lists that were written whole; what left the portal is in these alone."""
        return self.filter(state=SharedList.State.DONE)

    def waiting(self, *, now: datetime) -> SharedListQuerySet:
        """Lists to be written that no process is writing."""
        return self.filter(state__in=SharedList.OPEN).filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        )


class SharedList(models.Model):
    """One version of a list of people made for a partner under an agreement, and its file.

    About the applicants of a call, or an audience (`rules` of a segment, frozen at the request);
    versions are counted for each of them. `sha256` is the file's; each row carries a hash of its
    own. The file is deleted at `expires_at`; `withdrawn_count` tells how many people of the
    version before are gone from this one. `attempt` is the fencing token of the process that
    writes.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Menunggu giliran"
        RUNNING = "running", "Sedang disiapkan"
        DONE = "done", "Siap"
        FAILED = "failed", "Gagal"

    OPEN = (State.QUEUED, State.RUNNING)
    KEPT = timedelta(days=7)
    LEASE = timedelta(seconds=90)
    MOST_ATTEMPTS = 3

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="shared_lists")
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="+")
    call = models.ForeignKey(
        CurationCall, models.PROTECT, null=True, blank=True, related_name="shared_lists"
    )
    segment_slug = models.CharField(max_length=60, blank=True, db_default="")
    segment_name = models.CharField("segmen", max_length=80, blank=True, db_default="")
    rules = models.JSONField("aturan", default=dict, blank=True)
    version = models.IntegerField("versi")
    purpose = models.CharField("keperluan", max_length=200)
    fields = models.JSONField("data", default=list)
    state = models.CharField("status", max_length=8, choices=State.choices, default=State.DONE)
    total = models.IntegerField("orang", default=0)
    rows_done = models.IntegerField("baris ditulis", default=0)
    error = models.CharField("kesalahan", max_length=300, blank=True, db_default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.IntegerField(default=0)
    row_count = models.IntegerField("baris", default=0)
    withdrawn_count = models.IntegerField("keluar dari daftar", default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField("dibuat", default=timezone.now)
    expires_at = models.DateTimeField("berlaku sampai")
    downloaded_at = models.DateTimeField("diunduh", null=True, blank=True)

    objects = SharedListQuerySet.as_manager()

    class Meta:
        verbose_name = "daftar yang dibagikan"
        verbose_name_plural = "daftar yang dibagikan"
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "call", "segment_slug", "version"],
                name="shared_list_version_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(call__isnull=True) | Q(segment_slug=""),
                name="shared_list_of_call_or_segment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="shared_list_open",
                condition=Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"Versi {self.version} (#{self.pk})"

    def is_kept(self, *, now: datetime) -> bool:
        """Whether the file can still be downloaded."""
        return bool(self.path) and now < self.expires_at

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def title(self) -> str:
        """What its partner reads; names of segments are the dinas's own."""
        return self.call.title if self.call else f"Peserta Jakpreneur: {self.purpose}"

    @property
    def file_name(self) -> str:
        what = f"pelamar-{self.call.slug}" if self.call else f"peserta-{self.pk}"
        return f"{what}-versi-{self.version}.xlsx"


class ListDownload(models.Model):
    """Somebody took the file of a shared list along."""

    shared_list = models.ForeignKey(SharedList, models.PROTECT, related_name="downloads")
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    downloaded_at = models.DateTimeField("diunduh", default=timezone.now)

    class Meta:
        verbose_name = "unduhan daftar"
        verbose_name_plural = "unduhan daftar"

    def __str__(self) -> str:
        return f"Unduhan #{self.pk}"


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def for_user(self, user: User) -> DisclosureQuerySet:
        return self.filter(shared_list__in=SharedList.objects.for_user(user))


class Disclosure(models.Model):
    """One person in one shared list: which row left the portal about her, under which consent.

    `contact_consent_id` is the consent under which her phone or email stood in the row; none when
    neither did. `told_at` is about the whole row, `contact_told_at` about phone and email.
    """

    shared_list = models.ForeignKey(SharedList, models.PROTECT, related_name="disclosures")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    row_hash = models.CharField(max_length=64)
    consent_id = models.BigIntegerField(null=True)
    contact_consent_id = models.BigIntegerField(null=True)
    disclosed_at = models.DateTimeField("dibagikan", default=timezone.now)
    withdrawn_at = models.DateTimeField("ditarik", null=True, blank=True)
    told_at = models.DateTimeField("mitra diberi tahu", null=True, blank=True)
    contact_withdrawn_at = models.DateTimeField("kontak ditarik", null=True, blank=True)
    contact_told_at = models.DateTimeField("mitra diberi tahu (kontak)", null=True, blank=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = "data yang dibagikan"
        verbose_name_plural = "data yang dibagikan"
        triggers = of_living()
        constraints = [
            models.UniqueConstraint(
                fields=["shared_list", "participant"], name="disclosure_person_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Dibagikan #{self.pk}"
