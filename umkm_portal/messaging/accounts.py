"""Senders: the default of each channel and its speed."""

from __future__ import annotations

from django.conf import settings

from umkm_portal.messaging.models import Channel, SendingAccount

RATES = {Channel.EMAIL: 20.0, Channel.WHATSAPP: 20.0, Channel.SMS: 10.0, Channel.MANUAL: 1.0}


def default_account(channel: str) -> SendingAccount:
    """The account through which a channel sends, made when first needed; staff tune it."""
    rate = settings.DEMO_RATE if settings.DEMO else RATES[Channel(channel)]
    account, _ = SendingAccount.objects.get_or_create(
        channel=channel,
        is_default=True,
        defaults={
            "name": f"{Channel(channel).label} utama",
            "rate_per_second": rate,
            "burst": int(rate),
        },
    )
    return account
