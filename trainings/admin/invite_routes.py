"""By which channels a round is told: what the officer chooses on the page, and what it costs."""

from django.utils import timezone

from trainings import messages
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.accounts import read_accounts
from umkm_portal.messaging.desk import estimates
from umkm_portal.messaging.desk.parts import count_parts, is_plain
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.sending.placeholders import fill
from umkm_portal.messaging.services import Route

CHOSEN = "pilih_saluran"
"""Sent by a form that offers the channels: then no tick means that none is wanted."""
PHONES = (Channel.WHATSAPP.value, Channel.SMS.value)


def read_route(data):
    """The route of a sent form; None where the form did not offer one."""
    if CHOSEN not in data:
        return None
    kind = messages.INVITATION
    offered = [str(channel) for channel in kind.wording]
    ticked = [channel for channel in offered if channel in data.getlist("saluran")]
    ticked.sort(key=lambda channel: channel != data.get("pertama"))
    named = {channel: data.get(f"akun_{channel}", "") for channel in offered}
    template = data.get("templat", "")
    usable = {str(row.pk): row.pk for row in messaging.usable_templates(kind)}
    return Route(tuple(ticked), read_accounts(named, ticked), usable.get(template))


def context_of(plan, *, values, sms_body, now=None):
    """What the page shows of the channels of a planned round."""
    kind, wanted = messages.INVITATION, plan.wanted
    counts = {channel: plan.by_channel.get(channel, 0) for channel in plan.route.channels}
    frames = [_frame(kind, c, wanted, values, sms_body) for c in plan.route.channels if c in PHONES]
    rows = estimates.estimate_messages(
        kind,
        counts,
        accounts={channel: messaging.account_on(channel, wanted) for channel in counts},
        parts={frame["channel"]: frame["parts"] for frame in frames},
        now=now or timezone.now(),
    )
    cost, days = estimates.total(rows)
    return {
        "channels": [
            {"state": state, "is_ticked": state.channel in wanted.channels}
            for state in messaging.channel_states(kind, wanted)
        ],
        "first_channel": wanted.channels[0] if wanted.channels else "",
        "template_id": wanted.template_id,
        "route": wanted,
        "reached": [(Channel(channel).label, count) for channel, count in counts.items()],
        "estimates": rows,
        "cost": cost,
        "days": days,
        "frames": frames,
    }


def sms_text():
    """The words of an invitation by SMS as last saved."""
    return messaging.current_wording(messages.INVITATION, Channel.SMS)[1]


def _frame(kind, channel, route, values, sms_body):
    is_sms = channel == Channel.SMS
    body = sms_body if is_sms else messaging.text_on(kind, channel, route)
    text = fill(body, values).strip()
    return {
        "channel": channel,
        "label": Channel(channel).label,
        "text": text,
        "parts": count_parts(text) if is_sms else 0,
        "is_plain": is_plain(text),
        "problems": [],
    }
