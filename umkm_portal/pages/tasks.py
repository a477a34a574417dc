"""Errands of the beat for the pages."""

from celery import shared_task
from django.utils import timezone

from umkm_portal.pages.registration.reminding import remind


@shared_task
def send_registration_links(**future: object) -> int:
    """The link back to registrations that lie still; return how many went out."""
    return remind(now=timezone.now())
