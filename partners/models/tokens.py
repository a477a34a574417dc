"""How a partner's own systems log in, and what they were answered."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from partners.models.partners import Partner
from umkm_portal.accounts.models import User


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def for_user(self, user: User) -> ApiTokenQuerySet:
        return self.filter(partner__in=Partner.objects.for_user(user))

    def valid(self, *, now: datetime) -> ApiTokenQuerySet:
        return self.filter(Q(expires_at__gt=now), revoked_at=None)


class ApiToken(models.Model):
    """A key for a partner's system; only its digest is kept, so it is shown once."""

    class Scope(models.TextChoices):
        LISTS_WRITE = "lists:write", "Mengunggah daftar kurasi"
        LISTS_READ = "lists:read", "Membaca status dan baris bermasalah"
        SALES_WRITE = "sales:write", "Mengirim laporan penjualan"
        SALES_READ = "sales:read", "Membaca laporan penjualan"

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="tokens")
    name = models.CharField("nama", max_length=80)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField("hak", default=list)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField("dibuat", default=timezone.now)
    expires_at = models.DateTimeField("berlaku sampai")
    last_used_at = models.DateTimeField("terakhir dipakai", null=True, blank=True)
    revoked_at = models.DateTimeField("dicabut", null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "kunci API"
        verbose_name_plural = "kunci API"
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_token_digest_once")]

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk})"


class ApiAnswer(models.Model):
    """What a request with an idempotency key was answered: the same key gets the same answer."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="answers")
    key = models.CharField(max_length=120)
    request_digest = models.CharField(max_length=64)
    status = models.IntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "jawaban API"
        verbose_name_plural = "jawaban API"
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="api_answer_key_once")]

    def __str__(self) -> str:
        return f"{self.key} (#{self.pk})"
