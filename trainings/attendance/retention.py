"""What doors and meetings wrote down about people goes by age; that they were there stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from trainings.models import AttendanceFileRow, AttendanceMark
from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock

KEPT = timedelta(days=90)
CHUNK = 1000


def register_jobs() -> None:
    retention.register(
        RetentionJob("meeting_names", "Nama dan email di berkas rapat daring", _find_rows, _blank)
    )
    retention.register(
        RetentionJob("door_reads", "Bacaan pindai tiket di pintu", _find_reads, _unread)
    )


def _rows(now: datetime) -> QuerySet[AttendanceFileRow]:
    """Names and addresses as a meeting told them, once nobody matches them any more."""
    old = AttendanceFileRow.objects.filter(file__uploaded_at__lte=now - KEPT)
    return old.exclude(Q(name="") & Q(email=""))


def _find_rows(now: datetime) -> Stock:
    return retention.stock_of(_rows(now), "file__uploaded_at")


def _blank(now: datetime) -> int:
    def some(size: int) -> int:
        ids = list(_rows(now).order_by("pk").values_list("pk", flat=True)[:size])
        return AttendanceFileRow.objects.filter(pk__in=ids).update(name="", email="")

    return retention.in_chunks(some, size=CHUNK)


def _reads(now: datetime) -> QuerySet[AttendanceMark]:
    """What was read; an undo keeps the key that it names, else it could be done twice."""
    read = AttendanceMark.objects.exclude(kind=AttendanceMark.Kind.UNDO).exclude(read="")
    return read.filter(received_at__lte=now - KEPT)


def _find_reads(now: datetime) -> Stock:
    return retention.stock_of(_reads(now), "received_at")


def _unread(now: datetime) -> int:
    def some(size: int) -> int:
        ids = list(_reads(now).order_by("pk").values_list("pk", flat=True)[:size])
        return AttendanceMark.objects.filter(pk__in=ids).update(read="")

    return retention.in_chunks(some, size=CHUNK)
