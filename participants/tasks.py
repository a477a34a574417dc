"""Errands of the beat and of the pages: ids in, one service call, a number out."""

from celery import shared_task
from django.utils import timezone

from participants import activity
from participants.contacts.forgetting import forget_codes as forget_old_codes
from participants.duplicates.finding import find_pairs, find_pairs_of_file
from participants.exporting import services as exporting
from participants.models import ExportFile
from participants.registration import drafts
from participants.segments.services import recount_segments
from umkm_portal.messaging import nudges


@shared_task
def recompute_activity(**future: object) -> int:
    """Who counts as active, from the rows of the whole register; return how many changed."""
    return activity.recompute_activity(now=timezone.now())


@shared_task
def remove_expired_registrations(**future: object) -> int:
    """Registrations that nobody went on with are forgotten; return how many."""
    return drafts.remove_expired(now=timezone.now())


@shared_task
def find_duplicates(*, ids: list[int] | None = None, **future: object) -> int:
    """Search around these people, or around all who are new or changed; return new pairs."""
    return find_pairs(ids, now=timezone.now()).new


@shared_task
def forget_codes(**future: object) -> int:
    """One-time codes of the days before are forgotten; return how many."""
    return forget_old_codes(now=timezone.now())


@shared_task
def write_export(*, export_id: int, **future: object) -> int:
    """Write one list of people; return its rows."""
    export = exporting.write_export(export_id)
    return export.rows_done if export else 0


@shared_task
def sweep_exports(**future: object) -> int:
    """Nudge every export that waits with nobody writing it; return how many."""
    waiting = list(ExportFile.objects.waiting(now=timezone.now()).order_by("pk")[:100])
    for export in waiting:
        nudges.now(exporting.TASK, export_id=export.pk)
    return len(waiting)


@shared_task
def purge_exports(**future: object) -> int:
    """Remove the files of exports whose time is over; return how many."""
    return exporting.purge_exports(timezone.now())


@shared_task
def recount(**future: object) -> int:
    """Count the segments again whose figure is old; return how many."""
    return recount_segments(now=timezone.now())


@shared_task
def find_duplicates_of_file(*, file_id: int, **future: object) -> int:
    """Search around the people whom a file brought or changed; return new pairs."""
    return find_pairs_of_file(file_id, now=timezone.now()).new
