"""One person in the archive: what is told of her messages, and how she is forgotten there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from umkm_portal.messaging.models import ArchiveBucket, Channel, Delivery

_OF = """
SELECT b.campaign_id, c.title, k.key, b.subjects[p.place], b.channels[p.place],
    b.states[p.place], b.notes[p.place], b.changed_at[p.place]
FROM unnest(%(keys)s::bigint[]) AS k (key)
JOIN messaging_archivebucket b ON b.keys @> k.key
CROSS JOIN LATERAL unnest(array_positions(b.recipients, k.key)) AS p (place)
JOIN messaging_campaign c ON c.id = b.campaign_id
WHERE b.states[p.place] <> ALL(%(hidden)s)
ORDER BY b.changed_at[p.place] DESC, b.id DESC, p.place DESC
LIMIT %(most)s
"""

_FORGET = """
UPDATE messaging_archivebucket b
SET recipients = kept.recipients, subjects = kept.subjects,
    keys = coalesce(int8range(kept.first, kept.last, '[]'), 'empty')
FROM (
    SELECT bucket.id, array_agg(CASE WHEN row.key <> %(key)s THEN row.key ELSE %(nobody)s END
            ORDER BY row.place) AS recipients,
        array_agg(CASE WHEN row.key <> %(key)s THEN row.subject END ORDER BY row.place)
            AS subjects,
        min(row.key) FILTER (WHERE row.key NOT IN (%(key)s, %(nobody)s)) AS first,
        max(row.key) FILTER (WHERE row.key NOT IN (%(key)s, %(nobody)s)) AS last
    FROM messaging_archivebucket bucket
    CROSS JOIN LATERAL unnest(bucket.recipients, bucket.subjects)
        WITH ORDINALITY AS row (key, subject, place)
    WHERE bucket.keys @> %(key)s::bigint AND %(key)s = ANY(bucket.recipients)
    GROUP BY bucket.id
) kept
WHERE b.id = kept.id
"""

_MOST = 2**31 - 1
_NO_MESSAGES = (ArchiveBucket.UNSENT, ArchiveBucket.EXCLUDED)
STATES = {
    **dict(Delivery.State.choices),
    ArchiveBucket.UNSENT: "Tidak sempat disiapkan",
    ArchiveBucket.EXCLUDED: "Tidak masuk daftar kirim",
}


class Archived(NamedTuple):
    """One row of the archive; `note` is the reason of an exclusion."""

    campaign_id: int
    title: str
    recipient_key: int
    subject_id: int | None
    channel: str
    state: str
    note: str
    changed_at: datetime

    @property
    def is_message(self) -> bool:
        return self.state in Delivery.State.values

    @property
    def channel_in_words(self) -> str:
        return str(Channel(self.channel).label) if self.channel else ""

    @property
    def state_in_words(self) -> str:
        return STATES[self.state]


def history_of(keys: Collection[int]) -> list[Archived]:
    """All that the archive keeps about the holders of these keys, newest first; one query."""
    return _read(keys, hidden=(), most=_MOST)


def messages_of(keys: Collection[int], *, most: int) -> list[Archived]:
    """The newest messages that the archive keeps for the holders of these keys; one query."""
    return _read(keys, hidden=_NO_MESSAGES, most=most)


def _read(keys: Collection[int], *, hidden: Collection[str], most: int) -> list[Archived]:
    with connection.cursor() as cursor:
        cursor.execute(_OF, {"keys": list(keys), "hidden": list(hidden), "most": most})
        return [Archived(*row) for row in cursor.fetchall()]


def forget(recipient_key: int) -> int:
    """Take a person out of all buckets; the counts stay. Return how many buckets had her."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"key": recipient_key, "nobody": ArchiveBucket.NOBODY})
        return cursor.rowcount
