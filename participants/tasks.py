"""Errands of the beat: ids in, one service call, a number out."""

from celery import shared_task
from django.utils import timezone

from participants import activity
from participants.contacts.forgetting import forget_codes as forget_old_codes
from participants.duplicates.finding import find_pairs
from participants.registration import drafts


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
