"""Transport money: each attendance is paid for once, on lists that never change.

A list is reckoned from attendance while the cohort is locked, so that two officers make one. What
it promises is committed on the cohort's budget line for transport, and spent once it is paid out:
between the two there are days in which the money is neither free nor gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils import timezone

from trainings.models import (
    Attendance,
    BudgetLine,
    Cohort,
    Enrolment,
    TransportBatch,
    TransportItem,
    TransportRow,
)
from trainings.models.aftermath import THERE
from trainings.services import seats
from umkm_portal.accounts.models import User
from umkm_portal.common import codes
from umkm_portal.common.money import format_rupiah


class TransportRefused(Exception):
    """The list is not made or not booked; `str()` is the sentence for the officer."""


@dataclass(frozen=True)
class Due:
    """What one person has coming: her attendances not paid for, each with its rupiah."""

    enrolment: Enrolment
    items: tuple[tuple[Attendance, int], ...]

    @property
    def sessions(self) -> int:
        return len(self.items)

    @property
    def rupiah(self) -> int:
        return sum(amount for _, amount in self.items)


@dataclass(frozen=True)
class Plan:
    """The next list of a cohort, and what it does to the budget line (rupiah)."""

    number: int
    rows: list[Due]
    planned: int
    used: int

    @property
    def rupiah(self) -> int:
        return sum(row.rupiah for row in self.rows)

    @property
    def over(self) -> int:
        """How much more than planned is promised and paid once the list is made."""
        return max(self.used + self.rupiah - self.planned, 0)


def plan_batch(cohort: Cohort) -> Plan:
    """The next list as attendance stands now; without rows when nobody has money coming."""
    lines = list(_lines(cohort))
    last = cohort.transport_batches.aggregate(last=Max("number"))["last"] or 0
    return Plan(
        number=last + 1,
        rows=_due(cohort),
        planned=sum(line.planned for line in lines),
        used=sum(line.committed + line.spent for line in lines),
    )


@transaction.atomic
def make_batch(
    cohort: Cohort, *, number: int, accepts_over: bool, by: User | None, now: datetime
) -> TransportBatch:
    """Close the list that the officer saw as `number`; its sum is committed on the budget line.

    Raises TransportRefused when that list was made meanwhile, nobody has money coming, or the
    plan is passed and the officer did not say that this is meant.
    """
    cohort = seats.lock(cohort.pk)
    plan = plan_batch(cohort)
    if number != plan.number:
        raise TransportRefused(f"Daftar nomor {number} baru saja dibuat. Lihat di bawah.")
    if not plan.rows or cohort.transport_rate is None:
        raise TransportRefused("Belum ada kehadiran yang perlu dibayar.")
    if plan.over and not accepts_over:
        raise TransportRefused(
            f"Daftar ini melebihi rencana {format_rupiah(plan.over)}. Centang bila memang begitu."
        )
    line = _lines(cohort).first() or BudgetLine.objects.create(
        cohort=cohort, purpose=BudgetLine.Purpose.TRANSPORT
    )
    batch = TransportBatch.objects.create(
        cohort=cohort,
        line=line,
        number=plan.number,
        rate=cohort.transport_rate,
        per=cohort.transport_per,
        people=len(plan.rows),
        rupiah=plan.rupiah,
        made_by=by,
        made_at=now,
    )
    _freeze(batch, plan.rows)
    BudgetLine.objects.filter(pk=line.pk).update(committed=F("committed") + plan.rupiah)
    return batch


@transaction.atomic
def mark_paid(batch: TransportBatch, *, by: User | None, now: datetime) -> TransportBatch:
    """The money was handed out: no longer promised, but spent. Raises TransportRefused."""
    batch = _open(batch)
    batch.paid_by, batch.paid_at = by, now
    batch.save(update_fields=["paid_by", "paid_at"])
    _uncommit(batch, spent=batch.rupiah)
    return batch


@transaction.atomic
def cancel_batch(batch: TransportBatch, *, by: User | None, now: datetime) -> TransportBatch:
    """A list that nobody was paid by was wrong: its attendances come into the next one.

    Raises TransportRefused once it was paid out.
    """
    batch = _open(batch)
    batch.cancelled_by, batch.cancelled_at = by, now
    batch.save(update_fields=["cancelled_by", "cancelled_at"])
    TransportItem.objects.filter(row__batch=batch).delete()
    _uncommit(batch, spent=0)
    return batch


def taken_back(cohort: Cohort) -> int:
    """Attendances on a list of the cohort that were undone after it was made."""
    rows = TransportItem.objects.filter(row__batch__cohort=cohort, attendance__came_at=None)
    return rows.count()


def _lines(cohort: Cohort) -> QuerySet[BudgetLine]:
    return BudgetLine.objects.filter(cohort=cohort, purpose=BudgetLine.Purpose.TRANSPORT).order_by(
        "pk"
    )


def _due(cohort: Cohort) -> list[Due]:
    """Who has money coming, by name: attendances at sessions that were held and not paid for."""
    if cohort.transport_rate is None:
        return []
    unpaid = (
        Attendance.objects.present()
        .filter(
            ~Exists(TransportItem.objects.filter(attendance=OuterRef("pk"))),
            session__cohort=cohort,
            session__cancelled_at=None,
            enrolment__state__in=THERE,
        )
        .select_related("session", "enrolment__participant")
        .order_by("enrolment__participant__full_name", "enrolment", "session__starts_at", "pk")
    )
    days = _paid_days(cohort)
    found: dict[Enrolment, list[tuple[Attendance, int]]] = defaultdict(list)
    for one in unpaid:
        amount = cohort.transport_rate
        if cohort.transport_per == Cohort.TransportPer.DAY:
            day = (one.enrolment_id, timezone.localdate(one.session.starts_at))
            amount = 0 if day in days else amount
            days.add(day)
        found[one.enrolment].append((one, amount))
    rows = [Due(enrolment, tuple(items)) for enrolment, items in found.items()]
    return [row for row in rows if row.rupiah]


def _paid_days(cohort: Cohort) -> set[tuple[int, object]]:
    """Seat and day of everything that is on a list already."""
    rows = TransportItem.objects.filter(attendance__session__cohort=cohort, rupiah__gt=0)
    facts = rows.values_list("attendance__enrolment", "attendance__session__starts_at")
    return {(seat, timezone.localdate(at)) for seat, at in facts}


def _freeze(batch: TransportBatch, dues: Iterable[Due]) -> None:
    dues = list(dues)
    rows = TransportRow.objects.bulk_create(
        [
            TransportRow(
                batch=batch,
                enrolment=due.enrolment,
                name=due.enrolment.participant.full_name[:160],
                code=codes.display(due.enrolment.short_code),
                sessions=due.sessions,
                rupiah=due.rupiah,
            )
            for due in dues
        ],
        batch_size=500,
    )
    TransportItem.objects.bulk_create(
        [
            TransportItem(row=row, attendance=attendance, rupiah=amount)
            for row, due in zip(rows, dues, strict=True)
            for attendance, amount in due.items
        ],
        batch_size=500,
    )


def _open(batch: TransportBatch) -> TransportBatch:
    """The list, its cohort locked, as long as it is neither paid out nor cancelled."""
    seats.lock(batch.cohort_id)
    batch = TransportBatch.objects.get(pk=batch.pk)
    if batch.paid_at:
        raise TransportRefused(f"Daftar {batch.number} sudah dibayarkan.")
    if batch.cancelled_at:
        raise TransportRefused(f"Daftar {batch.number} sudah dibatalkan.")
    return batch


def _uncommit(batch: TransportBatch, *, spent: int) -> None:
    """Take the sum off what is promised; staff may have lowered that by hand since."""
    line = BudgetLine.objects.select_for_update(no_key=True).get(pk=batch.line_id)
    line.committed = max(line.committed - batch.rupiah, 0)
    line.spent += spent
    line.save(update_fields=["committed", "spent"])
