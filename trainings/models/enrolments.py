"""A person's place in a cohort: invited, waiting, seated, gone."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from participants.models import Participant
from participants.models.living import of_living
from trainings.models.cohorts import Cohort, CohortQuota
from trainings.models.trainings import Training
from umkm_portal.accounts.models import User
from umkm_portal.common.codes import new_code
from umkm_portal.messaging.models import Campaign


class InvitationRound(models.Model):
    """One batch of invitations of a cohort (putaran): some people per free seat, one deadline."""

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="rounds")
    campaign = models.OneToOneField(
        Campaign, models.PROTECT, null=True, blank=True, related_name="+"
    )
    number = models.PositiveIntegerField("putaran")
    segment = models.CharField("kelompok", max_length=60, blank=True)
    is_everyone = models.BooleanField("semua sekaligus", default=False)
    size = models.PositiveIntegerField("diundang", default=0)
    deadline_at = models.DateTimeField("batas jawab")
    closed_at = models.DateTimeField("ditutup", null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Not before this the portal looks again for people, when nobody was left to invite."""
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField("dibuat", default=timezone.now)

    class Meta:
        verbose_name = "putaran undangan"
        verbose_name_plural = "putaran undangan"
        constraints = [
            models.UniqueConstraint(fields=["cohort", "number"], name="round_number_once")
        ]

    def __str__(self) -> str:
        return f"Putaran {self.number} (#{self.pk})"

    @property
    def the_campaign(self) -> Campaign:
        """The campaign of a round whose messages exist; a round being opened has none yet."""
        if self.campaign is None:
            raise Campaign.DoesNotExist(f"{self} has no campaign")
        return self.campaign


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def live(self) -> EnrolmentQuerySet:
        """Enrolments that are still open or hold a seat."""
        return self.filter(state__in=Enrolment.LIVE)

    def seated(self) -> EnrolmentQuerySet:
        """Enrolments counted in `Cohort.taken`."""
        return self.filter(state__in=Enrolment.SEATED)

    def waiting(self) -> EnrolmentQuerySet:
        """The waiting list, first in line first."""
        return self.filter(state=Enrolment.State.WAITLISTED).order_by(
            "-priority", "arrival_no", "pk"
        )

    def ahead_of(self, enrolment: Enrolment) -> EnrolmentQuerySet:
        """Who stands before this one in the waiting line of its cohort."""
        earlier = Q(priority__gt=enrolment.priority) | Q(
            priority=enrolment.priority, arrival_no__lt=enrolment.arrival_no
        )
        return self.waiting().filter(earlier, cohort=enrolment.cohort_id)

    def not_seated_elsewhere(self) -> EnrolmentQuerySet:
        """Of people who have no seat in another wave of the same training."""
        seats = Enrolment.objects.seated().filter(
            participant=OuterRef("participant"), training=OuterRef("training")
        )
        return self.exclude(Exists(seats.exclude(cohort=OuterRef("cohort"))))


class Enrolment(models.Model):
    """One person in one cohort, in one state; every change appends an `EnrolmentEvent`."""

    class State(models.TextChoices):
        INVITED = "invited", "Diundang"
        WAITLISTED = "waitlisted", "Daftar tunggu"
        OFFERED = "offered", "Ditawari kursi"
        CONFIRMED = "confirmed", "Pasti ikut"
        DECLINED = "declined", "Tidak bisa"
        EXPIRED = "expired", "Lewat batas jawab"
        WANTS_OTHER_DATE = "wants_other_date", "Minta jadwal lain"
        NOT_MINE = "not_mine", "Salah alamat"
        CANCELLED = "cancelled", "Batal"
        ATTENDED = "attended", "Hadir"
        NO_SHOW = "no_show", "Tidak hadir"
        COMPLETED = "completed", "Lulus"

    SEATED = (State.CONFIRMED, State.ATTENDED, State.NO_SHOW, State.COMPLETED)
    LIVE = (State.INVITED, State.WAITLISTED, State.OFFERED, *SEATED)

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    short_code = models.CharField("kode undangan", max_length=12, default=new_code, editable=False)
    participant = models.ForeignKey(
        Participant, models.PROTECT, related_name="+", verbose_name="peserta"
    )
    cohort = models.ForeignKey(
        Cohort, models.PROTECT, related_name="enrolments", verbose_name="gelombang", db_index=False
    )
    training = models.ForeignKey(Training, models.PROTECT, related_name="+", db_index=False)
    round = models.ForeignKey(
        InvitationRound, models.PROTECT, null=True, blank=True, related_name="enrolments"
    )
    quotas = models.ManyToManyField(CohortQuota, related_name="+", blank=True)
    carried_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="carried_to", editable=False
    )
    """The place in an earlier wave that was carried over into this one."""
    state = models.CharField("status", max_length=16, choices=State.choices, default=State.INVITED)
    arrival_no = models.BigIntegerField("urutan datang", null=True, blank=True)
    priority = models.IntegerField("prioritas", default=0)
    priority_reason = models.CharField("alasan prioritas", max_length=160, blank=True)
    reason = models.CharField("alasan", max_length=300, blank=True)
    answer_via = models.CharField("dijawab lewat", max_length=20, blank=True)
    answered_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="dicatat oleh",
        db_index=False,
    )
    answer_by = models.DateTimeField("batas jawab", null=True, blank=True)
    answered_at = models.DateTimeField("dijawab", null=True, blank=True)
    created_at = models.DateTimeField("dibuat", default=timezone.now)
    changed_at = models.DateTimeField("berubah", default=timezone.now)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = "keikutsertaan"
        verbose_name_plural = "keikutsertaan"
        constraints = [
            models.UniqueConstraint(fields=["cohort", "participant"], name="enrolment_once"),
            models.UniqueConstraint(
                fields=["participant", "training"],
                condition=Q(state__in=["confirmed", "attended", "no_show", "completed"]),
                name="enrolment_one_seat_per_training",
            ),
            models.UniqueConstraint(fields=["public_id"], name="enrolment_public_id"),
            models.UniqueConstraint(fields=["short_code"], name="enrolment_short_code"),
            models.UniqueConstraint(fields=["cohort", "arrival_no"], name="enrolment_arrival_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["waitlisted", "offered"]) | Q(arrival_no__isnull=False),
                name="enrolment_waiting_has_arrival",
            ),
            models.CheckConstraint(
                condition=Q(priority=0) | ~Q(priority_reason=""),
                name="enrolment_priority_has_reason",
                violation_error_message="Tulis alasan perubahan prioritas.",
            ),
        ]
        indexes = [
            models.Index(fields=["cohort", "state", "arrival_no"], name="enrolment_line"),
            models.Index(
                fields=["answer_by"], name="enrolment_deadline", condition=Q(state="invited")
            ),
        ]
        triggers = of_living()

    def __str__(self) -> str:
        return f"Keikutsertaan #{self.pk}"


class EnrolmentEvent(models.Model):
    """One transition of an enrolment: from where to where, when, by whom, through what."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16, choices=Enrolment.State.choices)
    via = models.CharField("lewat", max_length=20)
    actor = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    note = models.CharField("keterangan", max_length=300, blank=True)
    happened_at = models.DateTimeField("waktu", default=timezone.now)

    class Meta:
        verbose_name = "riwayat keikutsertaan"
        verbose_name_plural = "riwayat keikutsertaan"

    def __str__(self) -> str:
        return f"{self.from_state} > {self.to_state} (#{self.pk})"


class Offer(models.Model):
    """A seat held for the next person on the waiting list until a deadline."""

    class State(models.TextChoices):
        PENDING = "pending", "Menunggu jawaban"
        ACCEPTED = "accepted", "Diterima"
        DECLINED = "declined", "Ditolak"
        EXPIRED = "expired", "Lewat batas"
        REVOKED = "revoked", "Ditarik"

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="offers")
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="offers", db_index=False)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.PENDING)
    deadline_at = models.DateTimeField("batas jawab")
    created_at = models.DateTimeField("dibuat", default=timezone.now)
    closed_at = models.DateTimeField("ditutup", null=True, blank=True)

    class Meta:
        verbose_name = "tawaran kursi"
        verbose_name_plural = "tawaran kursi"
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(state="pending"), name="offer_one_pending"
            )
        ]
        indexes = [
            models.Index(
                fields=["cohort", "deadline_at"],
                name="offer_pending",
                condition=Q(state="pending"),
            )
        ]

    def __str__(self) -> str:
        return f"Tawaran #{self.pk}"
