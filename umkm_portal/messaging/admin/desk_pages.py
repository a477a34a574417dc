"""What the steps of the desk show."""

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from umkm_portal.common import bars
from umkm_portal.messaging import directory, kinds
from umkm_portal.messaging.accounts import account_for, accounts_of
from umkm_portal.messaging.desk import estimates, launching, plans, testing, texts
from umkm_portal.messaging.desk.audience import CHANNELS
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.services import usable_templates
from umkm_portal.messaging.transports import account_off_reason

SHOWN_LINES = 30
"""Lines that named nobody, with the reason; all of them stay in the box."""
STEPS = (
    ("tujuan", "Tujuan"),
    ("penerima", "Penerima"),
    ("pesan", "Pesan"),
    ("jadwal", "Jadwal dan biaya"),
    ("periksa", "Periksa dan kirim"),
)


def steps(plan, current):
    """The line of steps: (name, words, number, is current, can be opened, stands before it)."""
    at = [name for name, _ in STEPS].index(current) + 1
    return [
        (name, words, number, number == at, plan is not None, number < at)
        for number, (name, words) in enumerate(STEPS, 1)
    ]


def shown_figures(plan, user):
    """The last count with words, bars and names; None before the first one. One query of names."""
    figures = plan.figures
    if not figures:
        return None
    keys = [key for key, _ in figures["samples"]]
    keys += [key for some in figures["left_out"].values() for key in some]
    people = directory.Area(user).people(keys)
    most = max((count for _, count in figures["cities"]), default=0)
    labels = dict(Channel.choices)
    by_reason = sorted(figures["reasons"].items(), key=lambda pair: -pair[1])
    return {
        "total": figures["total"],
        "reached": figures["reached"],
        "excluded": figures["total"] - figures["reached"],
        "channels": [
            (labels[channel], figures["channels"].get(channel, 0))
            for channel in plan.campaign.channels
        ],
        "reasons": [
            (
                directory.reason(reason),
                count,
                [people[key] for key in figures["left_out"].get(reason, []) if key in people],
            )
            for reason, count in by_reason
        ],
        "cities": [
            (name, count, bars.draw([("green", name, count)], total=most))
            for name, count in figures["cities"]
        ],
        "samples": [
            (people[key], labels.get(channel, channel))
            for key, channel in figures["samples"]
            if key in people
        ],
        "counted_at": parse_datetime(figures["counted_at"]),
    }


def frames(plan):
    """The phones of the channels that are ticked."""
    return [texts.frame_of(plan, channel) for channel in plan.campaign.channels]


def _title(request, plan):
    return {"purpose": plans.purpose_of(plan)}


def _audience(request, plan):
    creator = plans.seen_by(plan, fallback=request.user)
    return {
        "sources": [_source(plan, source, creator) for source in plans.sources_of(plan)],
        "figures": shown_figures(plan, request.user),
    }


def _source(plan, source, user):
    chosen = plan.audience.get(source.name, {})
    values = chosen.get("values", [])
    states = chosen.get("states") or list(source.first_states)
    found = {
        "source": source,
        "is_typed": source.choices is None,
        "count": len(values),
        "unknown": chosen.get("unknown", []),
        "shown_unknown": chosen.get("unknown", [])[:SHOWN_LINES],
    }
    if source.choices is not None:
        found["choices"] = [
            (value, words, value in values) for value, words in source.choices(user)
        ]
        found["states"] = [(value, words, value in states) for value, words in source.states]
        return found
    lines = source.lines(values) if source.lines else values
    found["text"] = "\n".join([*lines, *(line for line, _ in found["unknown"])])
    return found


def _texts(request, plan):
    kind = kinds.get(plan.campaign.kind)
    offered = [channel for channel in CHANNELS if channel in kind.wording]
    return {
        "channels": [_channel(request, plan, kind, channel) for channel in offered],
        "first": plan.campaign.channels[0] if plan.campaign.channels else "",
        "needs_link": plans.purpose_of(plan).needs_link,
        "variables": list(texts.variables_of(plan)),
        "frames": frames(plan),
    }


def _channel(request, plan, kind, channel):
    typed = plan.texts.get(channel, {})
    account = account_for(plan.campaign, channel)
    return {
        "name": channel,
        "label": Channel(channel).label,
        "is_ticked": channel in plan.campaign.channels,
        "off_reason": account_off_reason(account),
        "account": account,
        "accounts": accounts_of(channel),
        "has_subject": channel == Channel.EMAIL,
        "subject": typed.get("subject", ""),
        "body": typed.get("body", ""),
        "kept": texts.kept_texts(kind, channel),
        "approved": usable_templates(kind) if channel == Channel.WHATSAPP else [],
        "test_address": testing.address_of(request.user, channel),
    }


def _times(request, plan):
    rows = estimates.estimate(plan, now=timezone.now())
    cost, days = estimates.total(rows)
    return {
        "estimates": rows,
        "cost": cost,
        "days": days,
        "accounts": [account_for(plan.campaign, channel) for channel in plan.campaign.channels],
        "is_counted": bool(plan.figures),
        "keeps_hours": kinds.get(plan.campaign.kind).is_bulk,
    }


def _check(request, plan):
    now = timezone.now()
    rows = estimates.estimate(plan, now=now)
    cost, days = estimates.total(rows)
    campaign, reached = plan.campaign, plan.figures.get("reached", 0)
    return {
        "purpose": plans.purpose_of(plan),
        "figures": shown_figures(plan, request.user),
        "frames": frames(plan),
        "estimates": rows,
        "cost": cost,
        "days": days,
        "obstacles": launching.obstacles(plan, now=now),
        "reached": reached,
        "needs_approval": launching.needs_approval(reached),
        "why_not": launching.why_not_approver(plan, user=request.user),
        "frozen": plan.campaign.audience.count() if plan.asked_at else None,
        "undo_seconds": int(launching.UNDO.total_seconds()),
        "is_scheduled": bool(campaign.not_before and campaign.not_before > now + launching.UNDO),
    }


CONTEXTS = {
    "tujuan": _title,
    "penerima": _audience,
    "pesan": _texts,
    "jadwal": _times,
    "periksa": _check,
}
