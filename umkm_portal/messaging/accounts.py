"""Senders: the default of each channel and its speed, and the one that a campaign uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.conf import settings
from django.db import transaction

from umkm_portal.messaging.models import Campaign, Channel, SendingAccount

RATES = {Channel.EMAIL: 20.0, Channel.WHATSAPP: 20.0, Channel.SMS: 10.0, Channel.MANUAL: 1.0}
CHOSEN = "accounts"
"""In the options of a campaign: by channel the id of the account that was chosen for it."""


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


@transaction.atomic
def save_account(account: SendingAccount) -> SendingAccount | None:
    """Save an account; a new default of its channel replaces the old one, which is returned.

    A channel always has one: its first account is the default, and stays it until another is.
    """
    same = SendingAccount.objects.filter(channel=account.channel, is_default=True)
    replaced = same.exclude(pk=account.pk).select_for_update().first()
    if replaced is None:
        account.is_default = True
    elif account.is_default:
        replaced.is_default = False
        replaced.save(update_fields=["is_default"])
    account.save()
    return replaced if account.is_default else None


def account_for(campaign: Campaign, channel: str) -> SendingAccount:
    """The account through which a campaign sends on a channel.

    What its officer chose, else the one whose approved WhatsApp text it uses, else the default.
    """
    if chosen := chosen_accounts(campaign).get(str(channel)):
        found = SendingAccount.objects.filter(pk=chosen, channel=channel).first()
        if found is not None:
            return found
    if channel == Channel.WHATSAPP and campaign.whatsapp_template is not None:
        return campaign.whatsapp_template.account
    return default_account(channel)


def chosen_accounts(campaign: Campaign) -> dict[str, int]:
    """By channel the accounts that were chosen for a campaign."""
    return dict(campaign.options.get(CHOSEN, {}))


def accounts_of(channel: str) -> list[SendingAccount]:
    """All accounts of a channel that are not switched off, the default one first."""
    rows = SendingAccount.objects.filter(channel=channel).exclude(state=SendingAccount.State.OFF)
    return list(rows.order_by("-is_default", "name", "pk"))


def read_accounts(typed: Mapping[str, str], channels: Collection[str]) -> dict[str, int]:
    """Accounts by channel as a form names them; what is no account of its channel is left out.

    The default account of a channel is no choice: whichever is the default then sends.
    """
    found = {}
    for channel in channels:
        known = {str(row.pk): row for row in accounts_of(channel)}
        account = known.get(typed.get(channel, ""))
        if account is not None and not account.is_default:
            found[str(channel)] = account.pk
    return found
