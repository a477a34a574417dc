"""The person in the programme."""

from __future__ import annotations

from datetime import date

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from participants.models.living import merged_stays
from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.common.codes import new_code
from umkm_portal.common.encryption import EncryptedField
from umkm_portal.regions.models import Region


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def living(self) -> ParticipantQuerySet:
        """Neither merged into another record nor anonymised."""
        return self.filter(status=Participant.Status.ACTIVE)

    def restricted(self) -> ParticipantQuerySet:
        """Those who asked that their data be kept and used no further (UU 27/2022 art. 11)."""
        return self.filter(restricted_at__isnull=False)

    def unrestricted(self) -> ParticipantQuerySet:
        """Whose data may be used: every list that leaves the portal and every audience is of
        these people only, whatever else is said of them and whoever asks."""
        return self.filter(restricted_at__isnull=True)

    def active(self, *, today: date | None = None) -> ParticipantQuerySet:
        """Active in the programme's sense: `active_until` has not passed."""
        return self.filter(active_until__gte=today or timezone.localdate())

    def willing(self) -> ParticipantQuerySet:
        return self.filter(is_willing=True)

    def invitable(self, *, today: date | None = None) -> ParticipantQuerySet:
        """The active and willing ("aktif dan bersedia"): the only people who may be invited."""
        return self.living().unrestricted().active(today=today).willing()

    def for_user(self, user: User) -> ParticipantQuerySet:
        """The people this user may see: all for the head office and auditors, a city office or
        district its region and its own mentees, an owner the records of her account."""
        if user.is_superuser:
            return self
        own = Q(account=user)
        for membership in user.memberships.current().select_related("region"):
            if membership.role in (Membership.Role.HEAD_OFFICE, Membership.Role.AUDITOR):
                return self
            if membership.role in (Membership.Role.CITY_OFFICE, Membership.Role.DISTRICT):
                own |= Q(
                    pk__in=self.model.objects.filter(
                        mentorships__organisation=membership.organisation,
                        mentorships__ended_on__isnull=True,
                    ).values("pk")
                )
                if membership.region:
                    own |= Q(region__in=Region.objects.within(membership.region))
        return self.filter(own)


@pghistory.track(
    pghistory.InsertEvent(level=pgtrigger.Statement),
    pghistory.UpdateEvent(level=pgtrigger.Statement),
    pghistory.DeleteEvent(level=pgtrigger.Statement),
    exclude=["nik", "nik_index", "search", "last_activity_at"],
    model_name="ParticipantHistory",
    meta={
        "indexes": [
            models.Index(
                fields=["merged_into"],
                name="participant_history_merged",
                condition=Q(merged_into__isnull=False),
            )
        ]
    },
)
class Participant(models.Model):
    """One person in the programme (peserta), however many businesses she owns."""

    class Track(models.TextChoices):
        NEW = "new_entrepreneur", "Pemula"
        SCALING = "scaling_up", "Naik kelas"

    class Identity(models.TextChoices):
        CLAIMED = "claimed", "Pengakuan sendiri"
        VERIFIED = "verified", "Terverifikasi"

    class Status(models.TextChoices):
        ACTIVE = "active", "Terdaftar"
        MERGED = "merged", "Digabung"
        ANONYMISED = "anonymised", "Dianonimkan"

    code = models.CharField("kode peserta", max_length=12, default=new_code, editable=False)
    account = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="participants",
        verbose_name="akun",
    )
    agency = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="dinas pembina",
        db_index=False,
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
        verbose_name="digabung ke",
    )

    full_name = models.CharField("nama lengkap", max_length=120)
    nik = EncryptedField("NIK", purpose="participant.nik", null=True, blank=True)
    nik_index = models.CharField(  # noqa: DJ001 - null keeps unknown NIKs out of the unique index
        max_length=60, null=True, blank=True, editable=False
    )
    nik_last4 = models.CharField("akhir NIK", max_length=4, blank=True, editable=False)
    phone = models.CharField("nomor HP", max_length=16, blank=True)
    email = models.CharField("email", max_length=254, blank=True)
    birth_date = models.DateField("tanggal lahir", null=True, blank=True)
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="wilayah tempat tinggal",
    )
    address = models.CharField("alamat", max_length=200, blank=True)
    track = models.CharField("jalur", max_length=20, choices=Track.choices, default=Track.NEW)
    source = models.CharField("asal data", max_length=60, blank=True)

    identity = models.CharField(
        "identitas", max_length=10, choices=Identity.choices, default=Identity.CLAIMED
    )
    verified_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="diverifikasi oleh",
        db_index=False,
    )
    verified_how = models.CharField("cara verifikasi", max_length=60, blank=True)
    verified_at = models.DateTimeField("diverifikasi", null=True, blank=True)

    last_activity_at = models.DateTimeField("kegiatan terakhir", null=True, blank=True)
    active_until = models.DateField("aktif sampai", null=True, blank=True)
    active_override = models.BooleanField("aktif ditetapkan petugas", default=False)
    override_until = models.DateField("penetapan berlaku sampai", null=True, blank=True)
    active_reason = models.CharField("alasan penetapan", max_length=120, blank=True)
    is_willing = models.BooleanField("bersedia dilatih", default=False)
    willing_on = models.DateField("tanggal kesediaan", null=True, blank=True)
    willing_source = models.CharField("sumber kesediaan", max_length=60, blank=True)
    last_served_on = models.DateField("terakhir dilayani", null=True, blank=True)
    restricted_at = models.DateTimeField(
        "pemakaian data dibatasi", null=True, blank=True, editable=False
    )

    status = models.CharField(
        "status", max_length=10, choices=Status.choices, default=Status.ACTIVE
    )
    search = models.TextField(editable=False, blank=True)
    created_at = models.DateTimeField("dibuat", default=timezone.now, editable=False)
    updated_at = models.DateTimeField("diubah", auto_now=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = "peserta"
        verbose_name_plural = "peserta"
        constraints = [
            models.UniqueConstraint(fields=["code"], name="participant_code_unique"),
            models.UniqueConstraint(
                fields=["nik_index"],
                condition=Q(identity="verified", status="active"),
                name="participant_verified_nik_unique",
                violation_error_message="NIK ini sudah terdaftar atas nama peserta lain.",
            ),
            models.CheckConstraint(
                condition=Q(status="merged") ^ Q(merged_into__isnull=True),
                name="participant_merged_iff_target",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("id")), name="participant_not_merged_into_self"
            ),
            models.CheckConstraint(
                condition=~Q(status="merged") | Q(account__isnull=True),
                name="participant_merged_has_no_account",
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__startswith="+"), name="participant_phone_is_e164"
            ),
        ]
        indexes = [
            models.Index(fields=["nik_index"], name="participant_nik"),
            models.Index(fields=["phone"], name="participant_phone"),
            models.Index(fields=["email"], name="participant_email", condition=~Q(email="")),
            GinIndex(OpClass("search", name="gin_trgm_ops"), name="participant_search"),
            models.Index(
                fields=["region", "id"],
                name="participant_invitable",
                condition=Q(status="active", is_willing=True),
            ),
            models.Index(
                fields=["id"],
                name="participant_restricted",
                condition=Q(restricted_at__isnull=False),
            ),
            # Rare values of any of these: PostgreSQL 18 skips over the columns before it.
            models.Index(
                fields=["status", "identity", "track", "is_willing", "active_until"],
                name="participant_choices",
            ),
        ]
        triggers = [merged_stays()]

    def __str__(self) -> str:
        return f"{self.full_name} ({self.code})"

    @property
    def is_active(self) -> bool:
        return self.active_until is not None and self.active_until >= timezone.localdate()

    @property
    def masked_nik(self) -> str:
        """`••••••••••••0003`, or empty when no NIK is known."""
        return f"{'•' * 12}{self.nik_last4}" if self.nik_last4 else ""
