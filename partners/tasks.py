"""Errands of the beat: one service call, a number out."""

from celery import shared_task
from django.utils import timezone

from partners.announcing import finding, publishing
from partners.models import SharedList
from partners.sharing import withdrawals, writing
from umkm_portal.messaging import nudges


@shared_task
def publish_due(**future: object) -> int:
    """Publish the lists whose window for second thoughts is over; return how many."""
    return publishing.publish_due(now=timezone.now())


@shared_task
def link_registered(**future: object) -> int:
    """Results of the invited who have registered since; return how many."""
    return finding.link_registered(now=timezone.now())


@shared_task
def tell_withdrawals(**future: object) -> int:
    """Partners hear who withdrew; return about how many people."""
    return withdrawals.tell_withdrawals(now=timezone.now())


@shared_task
def write_list(*, list_id: int, **future: object) -> int:
    """Write one list for a partner; return its rows."""
    shared = writing.write_list(list_id)
    return shared.row_count if shared else 0


@shared_task
def sweep_lists(**future: object) -> int:
    """Nudge every list for a partner that waits with nobody writing it; return how many."""
    waiting = list(SharedList.objects.waiting(now=timezone.now()).order_by("pk")[:100])
    for shared in waiting:
        nudges.now(writing.TASK, list_id=shared.pk)
    return len(waiting)
