"""Errands of the beat: ids in, one service call, a number out."""

from celery import shared_task
from django.utils import timezone

from participants import activity


@shared_task
def recompute_activity(**future: object) -> int:
    """Who counts as active, from the rows of the whole register; return how many changed."""
    return activity.recompute_activity(now=timezone.now())
