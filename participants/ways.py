"""How a person may be written to, for the SELECTs that prepare messages."""

from __future__ import annotations


def agrees(key: str) -> str:
    """Whether the last recorded word on WhatsApp of the person with this key is yes.

    That row has its date and source as the proof. Of two words at the same moment the withdrawal
    counts; without any word it is null.
    """
    return f"""(
        SELECT word.event = 'given' FROM participants_consent word
        WHERE word.participant_id = {key} AND word.purpose = 'whatsapp'
            AND word.organisation_id IS NULL
        ORDER BY word.happened_at DESC, word.event = 'given', word.id DESC LIMIT 1)"""  # noqa: S608 (keys are our own words)


def ways(person: str, *, key: str) -> str:
    """One row a channel for a row with `email` and `phone` of the person with this key.

    For a LATERAL join. WhatsApp only with her consent. Email stands there even without an address:
    so nobody is without a row.
    """
    return f"""
    SELECT 'email' AS channel, {person}.email AS address
    UNION ALL SELECT 'sms', {person}.phone WHERE {person}.phone <> ''
    UNION ALL SELECT 'whatsapp', {person}.phone WHERE {person}.phone <> '' AND {agrees(key)}
"""


WAYS = ways("p", key="p.id")
"""The same for the person `p`."""
