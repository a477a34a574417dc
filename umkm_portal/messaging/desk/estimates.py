"""What a campaign costs and how many days it takes, told before anybody presses a button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from umkm_portal.messaging import kinds
from umkm_portal.messaging.accounts import account_for
from umkm_portal.messaging.desk.texts import frame_of
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import CampaignPlan, Channel, SendingAccount
from umkm_portal.messaging.prices import category_of, current_price
from umkm_portal.messaging.sending.pace import days_needed
from umkm_portal.messaging.transports import account_off_reason


@dataclass(frozen=True)
class Estimate:
    """One channel of a campaign; `each` and `cost` in rupiah, `days` counts today as 1."""

    channel: str
    label: str
    people: int
    parts: int
    each: Decimal
    cost: Decimal
    source: str
    is_verified: bool
    days: int
    off_reason: str
    account: str = ""
    """The name of the account, where the officer chose one."""


def estimate(plan: CampaignPlan, *, now: datetime) -> list[Estimate]:
    """One row for each channel of the plan, from its last count."""
    counted = plan.figures.get("channels", {})
    counts = {channel: counted.get(channel, 0) for channel in plan.campaign.channels}
    return estimate_messages(
        kinds.get(plan.campaign.kind),
        counts,
        accounts={channel: account_for(plan.campaign, channel) for channel in counts},
        parts={channel: frame_of(plan, channel).parts for channel in counts},
        now=max(now, plan.campaign.not_before or now),
    )


def estimate_messages(
    kind: CampaignKind,
    counts: Mapping[str, int],
    *,
    accounts: Mapping[str, SendingAccount],
    parts: Mapping[str, int],
    now: datetime,
) -> list[Estimate]:
    """One row for each channel of `counts`; `parts` are those of one SMS."""
    days = days_needed(counts, now=now, accounts=accounts)
    return [
        _estimate(
            kind,
            accounts[channel],
            people=people,
            parts=max(1, parts.get(channel, 1)),
            days=days.get(channel, 0),
        )
        for channel, people in counts.items()
    ]


def total(estimates: list[Estimate]) -> tuple[Decimal, int]:
    """Rupiah of all channels, and the days of the slowest."""
    return (
        sum((row.cost for row in estimates), Decimal(0)),
        max((row.days for row in estimates), default=0),
    )


def _estimate(
    kind: CampaignKind, account: SendingAccount, *, people: int, parts: int, days: int
) -> Estimate:
    channel = account.channel
    price = current_price(channel, category_of(is_bulk=kind.is_bulk))
    return Estimate(
        channel=channel,
        label=Channel(channel).label,
        people=people,
        parts=parts,
        each=price.rupiah * parts,
        cost=price.rupiah * parts * people,
        source=price.source,
        is_verified=price.is_verified,
        days=days,
        off_reason=account_off_reason(account),
        account="" if account.is_default else account.name,
    )
