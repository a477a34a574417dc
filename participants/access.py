"""Writing down who saw or received what about a person; she reads it on her own pages."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

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


def record_taken(
    people_ids: Collection[int], *, actor: User, purpose: str, fields: Sequence[str], now: datetime
) -> int:
    """Write that `actor` takes these people along, once a day for the same purpose; return how many
    rows that makes. The other facts are those of `record_access`."""
    if not people_ids:
        return 0
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    known = DataAccess.objects.filter(
        participant__in=people_ids, actor=actor, purpose=purpose, happened_at__gte=today
    )
    return record_access(
        sorted({*people_ids} - {*known.values_list("participant", flat=True)}),
        kind=DataAccess.Kind.EXPORT,
        actor=actor,
        purpose=purpose,
        fields=fields,
        now=now,
    )
