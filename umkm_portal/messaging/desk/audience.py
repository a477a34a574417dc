"""Who gets a campaign of the desk and who does not, worked out in the database.

One SELECT gives for every chosen person her channel or the reason why she has none. It is counted
for the preview, and written as audience and exclusions by one statement when the campaign is sent:
an audience may be the whole register of 370,000 people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from umkm_portal.accounts.models import User
from umkm_portal.messaging import kinds
from umkm_portal.messaging.desk import sources
from umkm_portal.messaging.desk.sources import Selection, SourceBroken
from umkm_portal.messaging.models import CampaignPlan, Channel, Exclusion, Suppression
from umkm_portal.messaging.reach import ADDRESSES, first_way

SAMPLES = 10
SAMPLES_OF_REASON = 5
OPTED_OUT, BOUNCED, NO_CONSENT = "opted_out", "bounced", "no_consent"
REASONS = {
    OPTED_OUT: "Berhenti menerima pesan seperti ini",
    BOUNCED: "Alamatnya tidak dapat dikirimi lagi",
    NO_CONSENT: "Belum setuju menerima WhatsApp",
}

CHANNELS = tuple(str(channel) for channel in ADDRESSES)

_CHOICE = """
SELECT c.recipient_key, c.city, c.channel, CASE WHEN c.channel IS NULL THEN coalesce(c.barred,
    CASE WHEN {opted_out} THEN 'opted_out' WHEN {bounced} THEN 'bounced'
        WHEN {lacks_consent} THEN 'no_consent' ELSE 'no_channel' END) END AS reason
FROM (
    SELECT p.*, {stops} CASE WHEN p.barred IS NOT NULL THEN NULL {ways} END AS channel
    FROM ({register}) p
    JOIN (SELECT DISTINCT recipient_key FROM ({sources}) s (recipient_key)) wanted
        USING (recipient_key)
    {joins}
) c
"""
_STOPPED = """
LEFT JOIN (
    SELECT address, bool_or(reason <> 'hard_bounce') AS opted_out FROM messaging_suppression
    WHERE channel = '{channel}' AND purpose IN (%s, '{everything}') GROUP BY address
) {channel}_stop ON {channel}_stop.address = {address}
"""
_FREEZE = """
WITH choice AS MATERIALIZED ({choice}), told AS (
    INSERT INTO messaging_audiencemember
        (campaign_id, position, recipient_key, subject_id, channel)
    SELECT %s, row_number() OVER (ORDER BY recipient_key), recipient_key, recipient_key, channel
    FROM choice WHERE reason IS NULL RETURNING 1
), left_out AS (
    INSERT INTO messaging_exclusion (campaign_id, recipient_key, reason)
    SELECT %s, recipient_key, reason FROM choice WHERE reason IS NOT NULL RETURNING 1
)
SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM left_out)
"""
_COUNTS = """
SELECT channel, reason, city, count(*) FROM desk_choice GROUP BY channel, reason, city
"""
_SOME_OF_EACH = """
SELECT reason, channel, recipient_key FROM (
    SELECT reason, channel, recipient_key, row_number() OVER (
        PARTITION BY reason ORDER BY hashint8(recipient_key), recipient_key) AS number
    FROM desk_choice) x
WHERE number <= CASE WHEN reason IS NULL THEN %s ELSE %s END ORDER BY reason, number
"""


def is_chosen(plan: CampaignPlan) -> bool:
    """Whether anything was ticked or pasted at any source."""
    return any(chosen.get("values") for chosen in plan.audience.values())


@transaction.atomic
def count(plan: CampaignPlan, *, user: User, now: datetime) -> dict[str, Any]:
    """The figures of the audience as it is now, as they are kept in `plan.figures`.

    `total`, `reached`, `channels` and `reasons` (name to people), `cities` ([name, people], of
    those reached), `samples` ([key, channel]), `left_out` (reason to keys), `counted_at`.
    `user` is whose eyes choose: nobody outside her area is in it. Raises SourceBroken.
    """
    choice = _choice(plan, user=user)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS desk_choice")
        cursor.execute(
            f"CREATE TEMPORARY TABLE desk_choice ON COMMIT DROP AS {choice.sql}", choice.params
        )
        cursor.execute(_COUNTS)
        figures = _figures(cursor.fetchall())
        cursor.execute(_SOME_OF_EACH, [SAMPLES, SAMPLES_OF_REASON])
        some = cursor.fetchall()
        cursor.execute("DROP TABLE desk_choice")
    left_out: dict[str, list[int]] = {}
    for reason, _, key in some:
        if reason:
            left_out.setdefault(reason, []).append(key)
    samples = [[key, channel] for reason, channel, key in some if reason is None]
    return {
        **figures,
        "samples": samples,
        "left_out": left_out,
        "counted_at": now.isoformat(),
    }


@transaction.atomic
def freeze(plan: CampaignPlan, *, user: User) -> tuple[int, int]:
    """Write audience and exclusions by one statement; return how many of each.

    What an earlier freeze wrote goes first. Raises SourceBroken.
    """
    thaw(plan)
    choice = _choice(plan, user=user)
    with connection.cursor() as cursor:
        cursor.execute(
            _FREEZE.format(choice=choice.sql),
            (*choice.params, plan.campaign_id, plan.campaign_id),
        )
        return cursor.fetchone()


def thaw(plan: CampaignPlan) -> None:
    """Take an audience back that nobody was written to yet."""
    plan.campaign.audience.all()._raw_delete(plan.campaign.audience.db)
    Exclusion.objects.filter(campaign=plan.campaign_id)._raw_delete(plan.campaign.exclusions.db)


def _figures(rows: Sequence[tuple[str | None, str | None, str, int]]) -> dict[str, Any]:
    channels: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    cities: Counter[str] = Counter()
    for channel, reason, city, people in rows:
        if reason is not None:
            reasons[reason] += people
        elif channel is not None:
            channels[channel] += people
            cities[city] += people
    reached = channels.total()
    return {
        "total": reached + reasons.total(),
        "reached": reached,
        "channels": dict(channels),
        "reasons": dict(reasons),
        "cities": sorted(([*pair] for pair in cities.items()), key=lambda p: (-p[1], p[0])),
    }


def _choice(plan: CampaignPlan, *, user: User) -> Selection:
    """The one SELECT: recipient_key, city, channel, reason. Raises SourceBroken."""
    chosen = _sources(plan, user=user)
    register = sources.people_seen_by(user)
    channels = [channel for channel in plan.campaign.channels if channel in CHANNELS]
    purpose = kinds.get(plan.campaign.kind).purpose
    sql = _CHOICE.format(
        register=register.sql,
        sources=chosen.sql,
        stops="".join(
            f"{c}_stop.address IS NOT NULL AS {c}_stopped, "
            f"coalesce({c}_stop.opted_out, FALSE) AS {c}_opted_out, "
            for c in channels
        ),
        ways=first_way(map(Channel, channels), agrees="p.agrees_to_whatsapp")
        or "WHEN FALSE THEN ''",
        joins="".join(
            _STOPPED.format(
                channel=c, everything=Suppression.EVERYTHING, address=ADDRESSES[Channel(c)]
            )
            for c in channels
        ),
        opted_out=_any(f"c.{c}_opted_out" for c in channels),
        bounced=_any(f"c.{c}_stopped" for c in channels),
        lacks_consent="c.phone <> '' AND NOT c.agrees_to_whatsapp"
        if Channel.WHATSAPP in channels
        else "FALSE",
    )
    return Selection(sql, (*register.params, *chosen.params, *[purpose] * len(channels)))


def _any(conditions: Any) -> str:
    return " OR ".join(conditions) or "FALSE"


def _sources(plan: CampaignPlan, *, user: User) -> Selection:
    found = [
        sources.find(name).people(chosen, user)
        for name, chosen in plan.audience.items()
        if chosen.get("values")
    ]
    if not found:
        raise SourceBroken("Pilih penerima lebih dulu.")
    sql = " UNION ALL ".join(f"({selection.sql})" for selection in found)
    return Selection(sql, tuple(value for selection in found for value in selection.params))
