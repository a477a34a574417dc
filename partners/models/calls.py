"""Curation calls, and the people who apply to them."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from participants.models import Business, Participant, Sector
from participants.models.living import of_living
from partners.models.partners import Partner
from umkm_portal.accounts.models import Membership, Organisation, User


class ProductKind(models.Model):
    """What is sold, as far as it decides which licence a curation asks for (milk: BPOM)."""

    class Licence(models.TextChoices):
        NONE = "", "Tidak perlu izin khusus"
        PIRT = "pirt", "P-IRT"
        BPOM = "bpom", "BPOM"

    slug = models.CharField("kode", max_length=40)
    name = models.CharField("nama", max_length=80)
    licence = models.CharField("izin", max_length=4, choices=Licence.choices, blank=True)
    needs_halal = models.BooleanField("perlu sertifikat halal", default=False)

    class Meta:
        verbose_name = "jenis produk"
        verbose_name_plural = "jenis produk"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="product_kind_slug_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CurationCallQuerySet(models.QuerySet["CurationCall"]):
    def for_user(self, user: User) -> CurationCallQuerySet:
        """All for staff who read partners' pages; a partner's members see its own calls."""
        if user.is_superuser:
            return self
        return self.filter(partner__in=Partner.objects.for_user(user))

    def open(self, *, now: datetime) -> CurationCallQuerySet:
        """Calls to which owners can apply now."""
        return self.filter(state=CurationCall.State.OPEN, opens_at__lte=now, closes_at__gt=now)


class CurationCall(models.Model):
    """One curation (kurasi): who looks for which businesses, by what criteria, until when.

    `criteria` is a list of sentences for owners, `rules` a segment's rules that say who qualifies,
    `rubric` a list of `{aspect, weight, hint}`, `steps` the steps that an application takes before
    the decision, a part of `STEPS` in that order: none where the partner decides alone.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Disiapkan"
        OPEN = "open", "Diumumkan"
        CLOSED = "closed", "Ditutup"
        CANCELLED = "cancelled", "Dibatalkan"

    class Step(models.TextChoices):
        VERIFY = "verify", "Pendamping memeriksa"
        VALIDATE = "validate", "Kecamatan mengesahkan"
        FORWARD = "forward", "Dinas meneruskan ke kurator"

    STEPS = (Step.VERIFY, Step.VALIDATE, Step.FORWARD)

    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="calls", verbose_name="kurator"
    )
    slug = models.CharField("kode", max_length=60)
    title = models.CharField("judul", max_length=160)
    about = models.TextField("penjelasan", blank=True)
    criteria = models.JSONField("syarat", default=list, blank=True)
    rules = models.JSONField("aturan peserta", default=dict, blank=True)
    rubric = models.JSONField("rubrik", default=list, blank=True)
    steps = models.JSONField("langkah", default=list, blank=True)
    has_grades = models.BooleanField("dengan nilai A-D", default=False)
    product_kinds = models.ManyToManyField(
        ProductKind, blank=True, related_name="+", verbose_name="jenis produk"
    )
    needs = models.TextField("yang perlu disiapkan bila lolos", blank=True)
    quota = models.IntegerField("kuota", null=True, blank=True)
    opens_at = models.DateTimeField("dibuka")
    closes_at = models.DateTimeField("ditutup")
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField("dibuat", default=timezone.now)

    objects = CurationCallQuerySet.as_manager()

    class Meta:
        verbose_name = "kurasi"
        verbose_name_plural = "kurasi"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="curation_call_slug_once"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="curation_call_ordered",
                violation_error_message="Waktu tutup harus setelah waktu buka.",
            ),
            models.CheckConstraint(
                condition=Q(quota__isnull=True) | Q(quota__gt=0), name="curation_call_quota"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} (#{self.pk})"

    def is_open(self, *, now: datetime) -> bool:
        return self.state == self.State.OPEN and self.opens_at <= now < self.closes_at


class CallQuota(models.Model):
    """Places of a call that are kept for one agency or one sector."""

    call = models.ForeignKey(CurationCall, models.CASCADE, related_name="quotas")
    agency = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="dinas"
    )
    sector = models.ForeignKey(
        Sector, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="sektor"
    )
    places = models.PositiveIntegerField("tempat")

    class Meta:
        verbose_name = "kuota"
        verbose_name_plural = "kuota"
        constraints = [
            models.CheckConstraint(
                condition=Q(agency__isnull=False) ^ Q(sector__isnull=False),
                name="call_quota_of_agency_or_sector",
                violation_error_message="Pilih satu: dinas atau sektor.",
            ),
            models.UniqueConstraint(
                fields=["call", "agency", "sector"],
                name="call_quota_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency or self.sector}: {self.places} (#{self.pk})"


class ApplicationQuerySet(models.QuerySet["Application"]):
    def live(self) -> ApplicationQuerySet:
        return self.exclude(state=Application.State.WITHDRAWN)

    def ready(self) -> ApplicationQuerySet:
        """Those that took every step of their call: what the curator may see."""
        state, step = Application.State, CurationCall.Step
        reached = Q(state=state.SUBMITTED)
        for name, after in (
            (step.VERIFY, state.VERIFIED),
            (step.VALIDATE, state.VALIDATED),
            (step.FORWARD, state.FORWARDED),
        ):
            reached = Q(state=after) | ~Q(call__steps__contains=name.value) & reached
        return self.filter(reached)

    def for_user(self, user: User) -> ApplicationQuerySet:
        """Staff see applications of the people they may see; partners see none here."""
        roles = set(user.memberships.current().values_list("role", flat=True))
        if not user.is_superuser and not roles - set(Membership.Role.values[-3:]):
            return self.none()
        return self.filter(participant__in=Participant.objects.for_user(user).values("pk"))


class Application(models.Model):
    """One person's application to a call, with the products she shows.

    `licences` gives the numbers she states, by `pirt`, `bpom`, `halal`. One live one per call.
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Dikirim"
        VERIFIED = "verified", "Diperiksa pendamping"
        VALIDATED = "validated", "Disahkan kecamatan"
        FORWARDED = "forwarded", "Diteruskan ke kurator"
        RETURNED = "returned", "Perlu diperbaiki"
        WITHDRAWN = "withdrawn", "Ditarik"

    call = models.ForeignKey(CurationCall, models.PROTECT, related_name="applications")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    business = models.ForeignKey(Business, models.PROTECT, null=True, blank=True, related_name="+")
    product_kind = models.ForeignKey(
        ProductKind,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="jenis produk",
    )
    products = models.CharField("produk", max_length=300)
    store_link = models.CharField("tautan toko", max_length=300, blank=True)
    licences = models.JSONField("izin", default=dict, blank=True)
    photo = models.CharField(max_length=300, blank=True)
    state = models.CharField(
        "status", max_length=10, choices=State.choices, default=State.SUBMITTED
    )
    note = models.CharField("catatan", max_length=300, blank=True)
    created_at = models.DateTimeField("dikirim", default=timezone.now)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "lamaran kurasi"
        verbose_name_plural = "lamaran kurasi"
        triggers = of_living()
        constraints = [
            models.UniqueConstraint(
                fields=["call", "participant"],
                condition=~Q(state="withdrawn"),
                name="application_live_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Lamaran #{self.pk}"


class ApplicationEvent(models.Model):
    """One step of an application: who brought it to which state, and why."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="events")
    state = models.CharField("status", max_length=10, choices=Application.State.choices)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    note = models.CharField("catatan", max_length=300, blank=True)
    happened_at = models.DateTimeField("waktu", default=timezone.now)

    class Meta:
        verbose_name = "langkah lamaran"
        verbose_name_plural = "langkah lamaran"

    def __str__(self) -> str:
        return f"{self.get_state_display()} (#{self.pk})"
