"""What became of a campaign, in numbers read from rows."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, Sum

from umkm_portal.messaging.ledger import STATES
from umkm_portal.messaging.models import Campaign, SendingAccount
from umkm_portal.messaging.transports import off_reason


def report(campaign: Campaign) -> dict[str, Any]:
    """`id`, `kind`, `state`, `audience`, `excluded`, one count for each delivery state, `problem`.

    `problem` says in one sentence why nothing moves (paused, channel off, account stopped), or is
    None. One count of the audience is in no state while the campaign is being prepared.
    """
    campaign.refresh_from_db()
    counts = _counts_by_batches(campaign)
    for more in (_counts_outside_batches(campaign), _counts_in_archive(campaign)):
        for state in STATES:
            counts[state] += more.get(state, 0)
    return {
        "id": campaign.pk,
        "kind": campaign.kind,
        "state": str(campaign.state),
        "audience": campaign.audience_count,
        "excluded": campaign.excluded_count,
        **counts,
        "problem": _problem(campaign),
    }


def _counts_by_batches(campaign: Campaign) -> dict[str, int]:
    sums = campaign.batches.aggregate(**{f"n_{s}": Sum(s, default=0) for s in STATES})
    return {s: sums[f"n_{s}"] for s in STATES}


def _counts_outside_batches(campaign: Campaign) -> dict[str, int]:
    """Messages brought by hand belong to no batch."""
    rows = campaign.deliveries.filter(batch_number__isnull=True).values_list("state")
    return dict(rows.annotate(n=Count("pk")).order_by("state"))


def _counts_in_archive(campaign: Campaign) -> dict[str, int]:
    found = getattr(campaign, "archive", None)
    return found.counts if found else {}


def _problem(campaign: Campaign) -> str | None:
    if campaign.state == Campaign.State.PAUSED:
        return f"Dijeda: {campaign.pause_reason}" if campaign.pause_reason else "Dijeda."
    if campaign.state in Campaign.FINAL or campaign.state == Campaign.State.DRAFT:
        return None
    reasons = [off_reason(channel) for channel in campaign.channels or ["email"]]
    stopped = [f"{a.name} berhenti: {a.state_reason}".strip(": ") for a in troubled(campaign)]
    return " ".join(reason for reason in [*reasons, *stopped] if reason) or None


def troubled(campaign: Campaign) -> list[SendingAccount]:
    """The accounts that stand still though messages of a campaign wait for them."""
    if campaign.state in Campaign.FINAL:
        return []
    waiting = campaign.batches.filter(Q(pending__gt=0) | Q(failed_temporary__gt=0))
    accounts = SendingAccount.objects.exclude(state=SendingAccount.State.OPEN)
    return list(accounts.filter(pk__in=waiting.values("account")).order_by("pk"))
