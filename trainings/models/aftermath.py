"""After a class: what people thought of it, why they did not come, their transport money."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from trainings.models.attendance import Attendance
from trainings.models.cohorts import Cohort
from trainings.models.enrolments import Enrolment
from trainings.models.trainings import BudgetLine, Trainer, Training
from umkm_portal.accounts.models import User

LOWEST, HIGHEST = 1, 5
THERE = (Enrolment.State.ATTENDED, Enrolment.State.COMPLETED)
"""States of people who were in class."""


class FeedbackQuestion(models.Model):
    """One question asked after a class, of one kind of training or of all others.

    Answers keep the text they were given to, so that a question may be put otherwise any day.
    """

    class Slot(models.TextChoices):
        FIRST = "first", "Pertanyaan 1"
        SECOND = "second", "Pertanyaan 2"
        THIRD = "third", "Pertanyaan 3"
        TRAINER = "trainer", "Tentang pelatih"

    kind = models.CharField(
        "bentuk pelatihan", max_length=10, choices=Training.Kind.choices, blank=True
    )
    """Empty: for kinds without a question of their own."""
    slot = models.CharField("tempat", max_length=8, choices=Slot.choices)
    text = models.CharField("pertanyaan", max_length=160)
    words = models.CharField("lima kata, dari 1 sampai 5, dipisah koma", max_length=160)

    class Meta:
        verbose_name = "pertanyaan umpan balik"
        verbose_name_plural = "pertanyaan umpan balik"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "slot"],
                name="feedback_question_once",
                violation_error_message="Pertanyaan untuk tempat ini sudah ada. Ubah yang itu.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_slot_display()} (#{self.pk})"

    @property
    def scale(self) -> list[str]:
        """The words of 1 to 5."""
        return [word.strip() for word in self.words.split(",")]

    def clean(self) -> None:
        if len(self.scale) != HIGHEST or not all(self.scale):
            raise ValidationError({"words": "Tulis tepat lima kata, dipisah koma."})


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def answered(self) -> FeedbackQuerySet:
        return self.filter(answered_at__isnull=False)

    def counting(self) -> FeedbackQuerySet:
        """Answers of people who were in class, as far as is known today."""
        return self.answered().filter(enrolment__state__in=THERE)


class Feedback(models.Model):
    """What one person was asked after a class, and what she answered."""

    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="feedback", db_index=False
    )
    asked_at = models.DateTimeField("ditanya", null=True, blank=True)
    answered_at = models.DateTimeField("dijawab", null=True, blank=True)
    changed_at = models.DateTimeField("diubah", null=True, blank=True)
    comment = models.CharField("komentar", max_length=1000, blank=True)
    may_name = models.BooleanField("boleh menyebut nama", default=False)
    via = models.CharField("lewat", max_length=20, blank=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = "umpan balik"
        verbose_name_plural = "umpan balik"
        constraints = [
            models.UniqueConstraint(fields=["enrolment"], name="feedback_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=False) | Q(comment=""),
                name="feedback_comment_is_an_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"Umpan balik #{self.pk}"


class FeedbackScore(models.Model):
    """One answer of 1 to 5, with the question and the word as they were read."""

    feedback = models.ForeignKey(Feedback, models.CASCADE, related_name="scores")
    trainer = models.ForeignKey(
        Trainer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="pelatih"
    )
    slot = models.CharField(max_length=8, choices=FeedbackQuestion.Slot.choices)
    text = models.CharField("pertanyaan", max_length=160)
    word = models.CharField("jawaban", max_length=40)
    score = models.PositiveSmallIntegerField("nilai")

    class Meta:
        verbose_name = "nilai umpan balik"
        verbose_name_plural = "nilai umpan balik"
        constraints = [
            models.UniqueConstraint(
                fields=["feedback", "slot"],
                condition=Q(trainer__isnull=True),
                name="feedback_score_once",
            ),
            models.UniqueConstraint(
                fields=["feedback", "trainer"],
                condition=Q(trainer__isnull=False),
                name="feedback_score_once_a_trainer",
            ),
            models.CheckConstraint(
                condition=Q(score__gte=LOWEST) & Q(score__lte=HIGHEST),
                name="feedback_score_in_scale",
            ),
            models.CheckConstraint(
                condition=Q(slot="trainer", trainer__isnull=False)
                | (~Q(slot="trainer") & Q(trainer__isnull=True)),
                name="feedback_trainer_named",
            ),
        ]

    def __str__(self) -> str:
        return f"Nilai {self.score} (#{self.pk})"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def answered(self) -> AbsenceQuerySet:
        return self.filter(answered_at__isnull=False)

    def counting(self) -> AbsenceQuerySet:
        """Reasons of people who, as far as is known today, were not there."""
        return self.answered().filter(enrolment__state__in=Absence.AWAY)


class Absence(models.Model):
    """Why a person with a seat never came, as she or an officer on the telephone says."""

    AWAY = (Enrolment.State.NO_SHOW, Enrolment.State.WANTS_OTHER_DATE)

    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="absences", db_index=False
    )
    asked_at = models.DateTimeField("ditanya", null=True, blank=True)
    answered_at = models.DateTimeField("dijawab", null=True, blank=True)
    reason = models.CharField("alasan", max_length=20, blank=True)
    """A key of `trainings.wording.ABSENCE_REASONS`."""
    note = models.CharField("keterangan", max_length=300, blank=True)
    wants_next = models.BooleanField("mau gelombang berikutnya", default=False)
    via = models.CharField("lewat", max_length=20, blank=True)
    recorded_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = "alasan tidak hadir"
        verbose_name_plural = "alasan tidak hadir"
        constraints = [
            models.UniqueConstraint(fields=["enrolment"], name="absence_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, reason="", note="", wants_next=False)
                | (Q(answered_at__isnull=False) & ~Q(reason="")),
                name="absence_answered_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Alasan tidak hadir #{self.pk}"


class TransportBatch(models.Model):
    """One list of transport money of a cohort, closed the moment it is made.

    What it promises is committed on its budget line; once paid out it is spent.
    """

    cohort = models.ForeignKey(
        Cohort, models.PROTECT, related_name="transport_batches", db_index=False
    )
    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField("nomor")
    rate = models.BigIntegerField("uang transpor (rupiah)")
    per = models.CharField("dihitung per", max_length=8, choices=Cohort.TransportPer.choices)
    people = models.PositiveIntegerField("orang")
    rupiah = models.BigIntegerField("jumlah (rupiah)")
    made_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    made_at = models.DateTimeField("dibuat", default=timezone.now)
    paid_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    paid_at = models.DateTimeField("dibayarkan", null=True, blank=True)
    cancelled_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    cancelled_at = models.DateTimeField("dibatalkan", null=True, blank=True)

    class Meta:
        verbose_name = "daftar uang transpor"
        verbose_name_plural = "daftar uang transpor"
        constraints = [
            models.UniqueConstraint(fields=["cohort", "number"], name="transport_number_once"),
            models.CheckConstraint(
                condition=Q(rate__gt=0) & Q(rupiah__gt=0) & Q(people__gt=0),
                name="transport_batch_positive",
            ),
            models.CheckConstraint(
                condition=Q(paid_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="transport_paid_or_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return f"Daftar transpor {self.number} (#{self.pk})"


class TransportRow(models.Model):
    """One person on a list: her name as printed, for how many sessions, how much (rupiah)."""

    batch = models.ForeignKey(
        TransportBatch, models.CASCADE, related_name="rows", db_index=False, verbose_name="daftar"
    )
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="transport_rows")
    name = models.CharField("nama", max_length=160)
    code = models.CharField("kode tiket", max_length=20)
    sessions = models.PositiveIntegerField("sesi hadir")
    rupiah = models.BigIntegerField("uang transpor (rupiah)")

    class Meta:
        verbose_name = "uang transpor"
        verbose_name_plural = "uang transpor"
        constraints = [
            models.UniqueConstraint(fields=["batch", "enrolment"], name="transport_row_once"),
            models.CheckConstraint(condition=Q(rupiah__gt=0), name="transport_row_positive"),
        ]

    def __str__(self) -> str:
        return f"Uang transpor #{self.pk}"


class TransportItem(models.Model):
    """One attendance that is paid for; the constraint lets nobody pay for it twice."""

    row = models.ForeignKey(TransportRow, models.CASCADE, related_name="items")
    attendance = models.ForeignKey(
        Attendance, models.PROTECT, related_name="transport", db_index=False
    )
    rupiah = models.BigIntegerField("uang transpor (rupiah)")
    """Nothing for a second session of a day that is paid by the day."""

    class Meta:
        verbose_name = "kehadiran yang dibayar"
        verbose_name_plural = "kehadiran yang dibayar"
        constraints = [
            models.UniqueConstraint(fields=["attendance"], name="transport_item_once"),
            models.CheckConstraint(condition=Q(rupiah__gte=0), name="transport_item_not_negative"),
        ]

    def __str__(self) -> str:
        return f"Kehadiran yang dibayar #{self.pk}"
