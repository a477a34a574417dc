"""Who is asked to act for a partner."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from partners.models.partners import Partner
from umkm_portal.accounts.models import Membership, User


class MemberInvitationQuerySet(models.QuerySet["MemberInvitation"]):
    def open(self, *, now: datetime) -> MemberInvitationQuerySet:
        """Those whose link still opens."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)


class MemberInvitation(models.Model):
    """One person asked by email to act for a partner; her link works once."""

    LIFETIME = timedelta(days=7)
    ROLES = (
        (Membership.Role.PARTNER_MANAGER.value, "Pengelola"),
        (Membership.Role.PARTNER_UPLOADER.value, "Pengunggah"),
        (Membership.Role.PARTNER_READER.value, "Pembaca"),
    )

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="invitations", verbose_name="mitra"
    )
    email = models.EmailField("email")
    role = models.CharField("peran", max_length=20, choices=ROLES)
    invited_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name="diundang oleh"
    )
    sent_at = models.DateTimeField("dikirim", default=timezone.now)
    expires_at = models.DateTimeField("berlaku sampai")
    accepted_at = models.DateTimeField("diterima", null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="akun"
    )
    revoked_at = models.DateTimeField("dibatalkan", null=True, blank=True)

    objects = MemberInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "undangan anggota mitra"
        verbose_name_plural = "undangan anggota mitra"
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="member_invitation_public_once"),
            models.UniqueConstraint(
                "partner",
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="member_invitation_open_once",
                violation_error_message="Alamat ini sudah diundang.",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="member_invitation_accepted_or_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"Undangan #{self.pk}"
