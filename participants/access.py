"""Writing down who saw or received what about a person; she reads it on her own pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from django.db import connection, transaction

from participants.models import DataAccess
from umkm_portal.accounts.models import Organisation, User

CHUNK = 20_000
"""People of one INSERT; a list of the whole register goes in about twenty of them."""
LONGEST_PURPOSE = 200

_INSERT = """
INSERT INTO participants_dataaccess
    (participant_id, kind, actor_id, organisation_id, purpose, fields, happened_at)
SELECT COALESCE(gone.merged_into_id, listed.id), %s, %s, %s, %s, %s::jsonb, %s
FROM unnest(%s::bigint[]) AS listed (id)
LEFT JOIN (
    SELECT id, merged_into_id FROM participants_participant WHERE merged_into_id IS NOT NULL
) AS gone ON gone.id = listed.id
"""


@transaction.atomic
def record_access(
    people_ids: Iterable[int],
    *,
    kind: DataAccess.Kind,
    actor: User | None,
    purpose: str,
    fields: Sequence[str] = (),
    organisation: Organisation | None = None,
    now: datetime,
) -> int:
    """Write one row for each person of whom `actor` saw or took along `fields`; return how many.

    Who was merged since the list was read has the row where her record went.

    `organisation` is who received the data; leave it out for staff who looked at it. `purpose`
    and `fields` are read by the person: Indonesian, and without names of other people.
    """
    ids, written = iter(people_ids), 0
    with connection.cursor() as cursor:
        while chunk := list(islice(ids, CHUNK)):
            facts = (
                kind.value,
                actor.pk if actor else None,
                organisation.pk if organisation else None,
                purpose[:LONGEST_PURPOSE],
                json.dumps(list(fields)),
                now,
            )
            cursor.execute(_INSERT, (*facts, chunk))
            written += cursor.rowcount
    return written
