"""Who logs in, which organisations take part, and who may act for whom, where and until when."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from umkm_portal.regions.models import Region


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str | None = None, password: str | None = None, **facts: object
    ) -> User:
        """A saved account; without `password` it can be entered by code or link only."""
        user = self.model(email=email, **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: object) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **facts)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """One person who can log in, by email or phone; several participants may share one."""

    email = models.EmailField("email", null=True, blank=True)  # noqa: DJ001
    phone = models.CharField("nomor HP", max_length=16, null=True, blank=True)  # noqa: DJ001
    full_name = models.CharField("nama", max_length=150, blank=True)
    phone_verified_at = models.DateTimeField("HP dibuktikan", null=True, blank=True)
    is_staff = models.BooleanField("petugas", default=False)
    is_active = models.BooleanField("aktif", default=True)
    joined_at = models.DateTimeField("bergabung", default=timezone.now)

    objects = UserManager()

    role_permissions: set[str] | None = None
    """What the roles bring, kept for one request by `RoleBackend`; not a column."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "pengguna"
        verbose_name_plural = "pengguna"
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message="Email ini sudah dipakai akun lain.",
            ),
            models.UniqueConstraint(
                fields=["phone"],
                name="user_phone_unique",
                violation_error_message="Nomor HP ini sudah dipakai akun lain.",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or self.phone or f"Pengguna #{self.pk}"

    def get_full_name(self) -> str:
        return self.full_name

    def save(self, *args: object, **kwargs: object) -> None:
        # Two accounts without an address must not collide on the empty string.
        self.email = self.email.strip().lower() if self.email else None
        self.phone = self.phone or None
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Organisation(models.Model):
    """An agency (dinas, suku dinas), a partner (TikTok, Shopee) or a market operator."""

    class Kind(models.TextChoices):
        AGENCY = "agency", "Perangkat daerah"
        PARTNER = "partner", "Mitra"
        MARKET = "market", "Pengelola pasar"

    kind = models.CharField("jenis", max_length=10, choices=Kind.choices)
    slug = models.SlugField("kode", max_length=40, db_index=False)
    name = models.CharField("nama", max_length=160)
    short_name = models.CharField("nama pendek", max_length=60)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="units", verbose_name="induk"
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="wilayah"
    )
    source = models.CharField("sumber", max_length=200, blank=True)
    is_active = models.BooleanField("aktif", default=True)

    class Meta:
        verbose_name = "lembaga"
        verbose_name_plural = "lembaga"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="organisation_slug_unique"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, *, today: date | None = None) -> MembershipQuerySet:
        """Memberships in force on `today` (Jakarta date)."""
        today = today or timezone.localdate()
        return self.filter(valid_from__lte=today, ended_at=None).filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=today)
        )


class Membership(models.Model):
    """One role of one user for one organisation, in one area, for a time."""

    class Role(models.TextChoices):
        HEAD_OFFICE = "head_office", "Dinas"
        CITY_OFFICE = "city_office", "Suku dinas"
        DISTRICT = "district", "Kecamatan / pendamping"
        TRAINER = "trainer", "Pelatih"
        AUDITOR = "auditor", "Pemeriksa (hanya baca)"
        PARTNER_MANAGER = "partner_manager", "Mitra: pengelola"
        PARTNER_UPLOADER = "partner_uploader", "Mitra: pengunggah"
        PARTNER_READER = "partner_reader", "Mitra: pembaca"

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name="akun")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="memberships", verbose_name="lembaga"
    )
    role = models.CharField("peran", max_length=20, choices=Role.choices)
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="wilayah",
        help_text="Kosong: seluruh wilayah.",
    )
    valid_from = models.DateField("berlaku sejak", default=timezone.localdate)
    valid_to = models.DateField("berlaku sampai", null=True, blank=True)
    ended_at = models.DateTimeField("diakhiri", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "peran"
        verbose_name_plural = "peran"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                name="membership_ends_after_start",
                violation_error_message="Tanggal selesai harus setelah tanggal mulai.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} ({self.organisation})"
