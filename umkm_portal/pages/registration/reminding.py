"""The link back goes by itself, once, to a phone whose registration lies still."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from participants.contacts import CodeRefused, send_link
from participants.models import CodeSpending, Registration
from participants.registration import drafts
from umkm_portal.pages.registration.showing import resume_url

CHUNK = 200


def remind(*, now: datetime) -> int:
    """Send the link to registrations left alone; return how many. A mail had it with the code.

    Only while less than half of the day's money is gone: codes let people in.
    """
    if not settings.REGISTRATION_LINK_MINUTES or _is_half_spent(now=now):
        return 0
    since = now - timedelta(minutes=settings.REGISTRATION_LINK_MINUTES)
    rows = Registration.objects.open(now=now).left_alone(since=since).order_by("pk")
    return sum(_send(draft, now=now) for draft in rows[:CHUNK])


def _is_half_spent(*, now: datetime) -> bool:
    today = CodeSpending.objects.filter(day=timezone.localdate(now))
    spent = today.values_list("rupiah", flat=True).first() or 0
    return spent * 2 >= settings.CODE_DAILY_BUDGET


def _send(draft: Registration, *, now: datetime) -> bool:
    """Send one; what the limits refuse now is tried again at the next turn."""
    try:
        link = resume_url(draft.public_id)
        send_link(draft, drafts.contact_of(draft), link=link, network="", now=now)
    except CodeRefused:
        return False
    return True
