"""Single messages: confirmations, offers, codes."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection, transaction

from umkm_portal.accounts.models import User
from umkm_portal.messaging import kinds, ledger, queueing, sealing
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, Delivery, MessageTemplate
from umkm_portal.messaging.services.wordings import current_wording, save_wording, set_wording

MAX_STEP = 60

_QUEUE_ONE = f"""
WITH post AS MATERIALIZED ({queueing.POST}), message AS (
    SELECT %(recipient_key)s::bigint AS recipient_key, %(subject_id)s::bigint AS subject_id,
        %(step)s AS step, %(address)s AS address, %(context)s::jsonb AS context
), {queueing.QUEUED}
SELECT batch_number FROM delivery
"""  # noqa: S608


@transaction.atomic
def queue_one(
    kind: CampaignKind | str,
    *,
    recipient_key: int,
    subject_id: int | None,
    dedupe_key: str,
    address: str,
    now: datetime,
    context: dict[str, str] | None = None,
    channel: str = Channel.EMAIL,
) -> Delivery:
    """Put one message on the standing campaign of its kind; workers are nudged after commit.

    The same `dedupe_key` (up to 60 characters) for the same person and channel is one message:
    the row that exists is returned. Without an address the row says so and nothing is sent.
    """
    kind = kinds.get(kind) if isinstance(kind, str) else kind
    if len(dedupe_key) > MAX_STEP:
        raise ValueError(f"dedupe_key is longer than {MAX_STEP} characters: {dedupe_key}")
    campaign = standing_campaign(kind, channel=channel, now=now)
    default_account(channel)
    if context is None:
        context = kind.single_context(subject_id) if kind.single_context and subject_id else {}
    message = {
        "recipient_key": recipient_key,
        "subject_id": subject_id,
        "step": dedupe_key,
        "address": address,
        "context": json.dumps(sealing.seal(context, kind.secrets)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_ONE, message | queueing.facts(kind, channel=channel, now=now))
        is_new = cursor.fetchone() is not None
    if is_new and address:
        queueing.nudge(kind)
    return Delivery.objects.get(
        campaign=campaign, recipient_key=recipient_key, step=dedupe_key, channel=channel
    )


@transaction.atomic
def cancel_open(
    *, recipient_key: int, subject_id: int, kinds: Collection[str], now: datetime, reason: str = ""
) -> int:
    """Cancel what still waits for one person about one subject; return how many.

    Called in the transaction of the answer that makes the messages pointless. A message that is
    being sent at this moment still goes.
    """
    waiting = Delivery.objects.filter(
        recipient_key=recipient_key,
        subject_id=subject_id,
        campaign__kind__in=list(kinds),
        state__in=ledger.WAITING,
    )
    return len(
        ledger.move(
            list(waiting.values_list("pk", flat=True)),
            to=Delivery.State.CANCELLED,
            from_states=ledger.WAITING,
            now=now,
            error=reason or "Tidak diperlukan lagi.",
        )
    )


@transaction.atomic
def cancel_deliveries(ids: Sequence[int], *, now: datetime, reason: str) -> int:
    """Cancel those of the messages that still wait; return how many.

    A message that is being sent at this moment still goes.
    """
    return len(
        ledger.move(
            ids,
            to=Delivery.State.CANCELLED,
            from_states=ledger.WAITING,
            now=now,
            error=reason,
        )
    )


def keep_standing(kind: CampaignKind, *, channel: str = Channel.EMAIL, now: datetime) -> None:
    """See to it that the campaign and the account are there on which `QUEUED_MANY` puts rows."""
    with transaction.atomic():
        standing_campaign(kind, channel=channel, now=now)
        default_account(channel)


@transaction.atomic
def reword_standing(
    kind: CampaignKind, *, channel: str, subject: str, body: str, actor: User, now: datetime
) -> MessageTemplate:
    """Give the messages of a kind another text from the next batch on. Raises UnknownVariable."""
    campaign = standing_campaign(kind, channel=channel, now=now)
    return set_wording(campaign, channel=channel, subject=subject, body=body, actor=actor)


def standing_campaign(kind: CampaignKind, *, channel: str, now: datetime) -> Campaign:
    """The campaign that carries all single messages of a kind, made when first needed."""
    campaign, is_new = Campaign.objects.get_or_create(
        kind=kind.name,
        is_standing=True,
        defaults={
            "title": kind.label,
            "state": Campaign.State.RUNNING,
            "channels": list(kind.wording),
            "created_at": now,
            "started_at": now,
        },
    )
    if is_new:
        for name in kind.wording:
            subject, body = current_wording(kind, name)
            campaign.templates.add(
                save_wording(kind, channel=name, subject=subject, body=body, actor=None)
            )
    if str(channel) not in campaign.channels and channel in kind.wording:
        _add_channel(campaign, kind, channel)
    return campaign


def _add_channel(campaign: Campaign, kind: CampaignKind, channel: str) -> None:
    """A kind that has learned another channel since its campaign was made."""
    subject, body = current_wording(kind, channel)
    campaign.templates.add(
        save_wording(kind, channel=channel, subject=subject, body=body, actor=None)
    )
    campaign.channels = [*campaign.channels, str(channel)]
    campaign.save(update_fields=["channels"])
