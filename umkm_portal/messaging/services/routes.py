"""By which channels, accounts and approved text a campaign goes, and what stands in its way.

An obstacle (no credentials, account switched off, no approved text) lasts until somebody mends it:
such a channel is left out. A doubt (circuit open, last check failed) may pass by itself: the
channel is not suggested, but what was chosen goes and waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from umkm_portal.messaging.accounts import CHOSEN, account_for, accounts_of, chosen_accounts
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, SendingAccount, WhatsAppTemplate
from umkm_portal.messaging.sending.templatemerge import named_body
from umkm_portal.messaging.services.approved import missing_template, template_of, usable_templates
from umkm_portal.messaging.services.wordings import current_wording
from umkm_portal.messaging.transports import account_off_reason

ROUTE = "route"
"""In the options of a campaign: what was chosen for it, to be chosen again by the next one."""
CHEAPEST_FIRST = (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS)


class RouteClosed(Exception):
    """No channel of the route can carry these messages; the text says why."""


@dataclass(frozen=True)
class Route:
    """Channels in the order in which they are tried, accounts by channel where not the default."""

    channels: tuple[str, ...] = (Channel.EMAIL.value,)
    accounts: Mapping[str, int] = field(default_factory=dict)
    template_id: int | None = None
    """The approved WhatsApp text; None for the newest one of the kind."""

    def as_options(self) -> dict[str, Any]:
        """What a campaign keeps of it."""
        kept = {
            "channels": list(self.channels),
            "accounts": dict(self.accounts),
            "template": self.template_id,
        }
        return {CHOSEN: dict(self.accounts), ROUTE: kept}


@dataclass(frozen=True)
class ChannelState:
    """One channel as a form offers it."""

    channel: str
    label: str
    account: SendingAccount
    accounts: list[SendingAccount]
    templates: list[WhatsAppTemplate]
    obstacle: str
    doubt: str


def route_of(campaign: Campaign) -> Route:
    """What was chosen for a campaign, also channels that were left out because they were shut."""
    kept = campaign.options.get(ROUTE)
    if kept is None:
        return Route(
            tuple(campaign.channels), chosen_accounts(campaign), campaign.whatsapp_template_id
        )
    return Route(tuple(kept["channels"]), kept["accounts"], kept["template"])


def ready_route(kind: CampaignKind) -> Route:
    """Every channel that is ready, the cheapest first; email where none is: its messages wait."""
    usual = Route()
    ready = (
        str(channel)
        for channel in CHEAPEST_FIRST
        if channel in kind.wording
        and not obstacle(kind, channel, usual)
        and not doubt(account_on(channel, usual))
    )
    return Route(tuple(ready) or usual.channels)


def channel_states(kind: CampaignKind, route: Route | None = None) -> list[ChannelState]:
    """Each channel of a kind's texts, with what stands in its way."""
    found = []
    for channel in CHEAPEST_FIRST:
        if channel not in kind.wording:
            continue
        account = account_on(channel, route or Route())
        found.append(
            ChannelState(
                channel=channel.value,
                label=channel.label,
                account=account,
                accounts=accounts_of(channel),
                templates=usable_templates(kind) if channel == Channel.WHATSAPP else [],
                obstacle=obstacle(kind, channel, route or Route()),
                doubt=doubt(account),
            )
        )
    return found


def account_on(channel: str, route: Route) -> SendingAccount:
    """Through which account a route goes on a channel."""
    return account_for(_as_draft(route), channel)


def obstacle(kind: CampaignKind, channel: str, route: Route) -> str:
    """Why no message of a kind can leave on a channel of a route, or ""."""
    account = account_on(channel, route)
    if reason := account_off_reason(account):
        return reason
    if account.state == SendingAccount.State.OFF:
        return f"Akun pengirim “{account.name}” dimatikan."
    if channel != Channel.WHATSAPP:
        return ""
    return missing_template(_as_draft(route, kind=kind.name, channels=[str(channel)]))


def text_on(kind: CampaignKind, channel: str, route: Route) -> str:
    """The words of a kind's messages on a phone, with their placeholders."""
    if channel == Channel.WHATSAPP and not obstacle(kind, channel, route):
        draft = _as_draft(route, kind=kind.name)
        if approved := template_of(draft, account=account_on(channel, route)):
            return named_body(approved)
    return current_wording(kind, channel)[1]


def doubt(account: SendingAccount) -> str:
    """Why an account may not send at this moment, or ""."""
    if account.state == SendingAccount.State.BROKEN:
        return f"Sedang berhenti sementara: {account.state_reason or 'penyedia bermasalah'}"
    if account.is_healthy is False:
        return f"Pemeriksaan terakhir gagal: {account.check_note or 'tanpa keterangan'}"
    return ""


def check_route(kind: CampaignKind, route: Route) -> None:
    """Raise RouteClosed for the first chosen channel with an obstacle.

    Email alone is taken as it is: it waits until the server is there.
    """
    if not route.channels:
        raise RouteClosed("Pilih paling sedikit satu saluran.")
    if route.channels == Route().channels:
        return
    for channel in route.channels:
        if reason := obstacle(kind, channel, route):
            raise RouteClosed(f"{reason} Lepas centang {Channel(channel).label}.")


def passable(kind: CampaignKind, route: Route) -> Route:
    """The route without channels that are shut. Raises RouteClosed when none is left."""
    reasons = {c: obstacle(kind, c, route) for c in route.channels if c in kind.wording}
    channels = tuple(c for c, reason in reasons.items() if not reason)
    if not channels and Channel.EMAIL.value in reasons:
        channels = Route().channels
    if not channels:
        raise RouteClosed(next(iter(reasons.values()), "Pilih paling sedikit satu saluran."))
    accounts = {c: pk for c, pk in route.accounts.items() if c in channels}
    keeps_text = Channel.WHATSAPP.value in channels
    return Route(channels, accounts, route.template_id if keeps_text else None)


def _as_draft(route: Route, **facts: Any) -> Campaign:
    """A campaign of this route that is not kept, for questions that are asked of campaigns."""
    template = None
    if route.template_id is not None:
        template = WhatsAppTemplate.objects.filter(pk=route.template_id).first()
    return Campaign(options={CHOSEN: dict(route.accounts)}, whatsapp_template=template, **facts)
