"""What a cohort's page still tells of its reminders when their messages are in the archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

NOT_REACHED = "Pesannya tidak sampai."
CALLED_BACK = "Pesannya ditarik sebelum dikirim."

_KEEP_OUTCOME = """
UPDATE trainings_reminder r
SET reason = CASE WHEN d.state = 'cancelled' THEN %(called_back)s ELSE %(not_reached)s END
FROM messaging_delivery d
WHERE d.id = ANY(%(ids)s) AND r.delivery_id = d.id AND r.state = 'queued'
    AND d.state NOT IN ('accepted', 'delivered', 'read')
"""


def keep_outcomes(ids: Sequence[int]) -> None:
    """Write down at reminders whose messages go into the archive which of them reached nobody."""
    facts: dict[str, Any] = {
        "ids": list(ids),
        "called_back": CALLED_BACK,
        "not_reached": NOT_REACHED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_OUTCOME, facts)
