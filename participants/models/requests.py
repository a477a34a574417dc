"""What people ask for about their own data, with the clock of the law."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from participants.models.living import of_living
from participants.models.participants import Participant
from umkm_portal.accounts.models import User


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    def waiting(self) -> DataRequestQuerySet:
        """Not answered yet."""
        return self.filter(state=DataRequest.State.OPEN)

    def overdue(self, *, now: datetime) -> DataRequestQuerySet:
        return self.waiting().filter(due_at__lt=now)

    def for_user(self, user: User) -> DataRequestQuerySet:
        """Of the people this user may see."""
        return self.filter(participant__in=Participant.objects.for_user(user).values("pk"))


class DataRequest(models.Model):
    """A request of one person about her data: to be answered within 3 x 24 hours (UU 27/2022).

    `proposed` holds the new values of a correction by the name of the column.
    """

    class Kind(models.TextChoices):
        CORRECTION = "correction", "Perbaikan data"
        DELETION = "deletion", "Penghapusan data"
        RESTRICTION = "restriction", "Pembatasan pemakaian"

    class State(models.TextChoices):
        OPEN = "open", "Menunggu jawaban"
        DONE = "done", "Dipenuhi"
        REFUSED = "refused", "Tidak dapat dipenuhi"
        WITHDRAWN = "withdrawn", "Dibatalkan pemohon"
        JOINED = "joined", "Disatukan dengan permintaan lain"
        CLOSED = "closed", "Ditutup: data sudah dihapus"

    participant = models.ForeignKey(
        Participant, models.PROTECT, related_name="data_requests", verbose_name="peserta"
    )
    kind = models.CharField("permintaan", max_length=12, choices=Kind.choices)
    text = models.TextField("isi permintaan", max_length=1000, blank=True)
    proposed = models.JSONField("usulan isi", default=dict, blank=True)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.TextField("jawaban", max_length=1000, blank=True)
    requested_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="dikirim oleh",
        db_index=False,
    )
    decided_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="dijawab oleh",
        db_index=False,
    )
    created_at = models.DateTimeField("diajukan", default=timezone.now)
    due_at = models.DateTimeField("batas jawab")
    decided_at = models.DateTimeField("dijawab", null=True, blank=True)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "permintaan data"
        verbose_name_plural = "permintaan data"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open") ^ Q(decided_at__isnull=False),
                name="data_request_decided_iff_closed",
            ),
            models.UniqueConstraint(
                fields=["participant", "kind"],
                condition=Q(state="open") & ~Q(kind="correction"),
                name="data_request_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="data_request_due", condition=Q(state="open"))
        ]
        triggers = of_living()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} (#{self.pk})"

    def is_overdue(self, *, now: datetime) -> bool:
        return self.state == self.State.OPEN and self.due_at < now
