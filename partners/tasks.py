"""Errands of the beat: one service call, a number out."""

from celery import shared_task
from django.utils import timezone

from partners.announcing import finding, publishing
from partners.sharing import withdrawals


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
