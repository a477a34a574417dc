"""Have the workers look for second records once the present transaction is committed."""

from __future__ import annotations

from collections.abc import Collection

from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging import nudges

_MOST = 200
"""People named in one nudge; of more the workers look for all that are new."""


def search_later(ids: Collection[int]) -> None:
    """Search around these people soon; a lost nudge is made up for at night."""
    named = list(ids) if len(ids) <= _MOST else None
    nudges.after_commit("participants.tasks.find_duplicates", ids=named)


def search_file_later(file: ImportFile) -> str:
    """Search around the people of an applied file; the sentence for its receipt."""
    nudges.after_commit("participants.tasks.find_duplicates_of_file", file_id=file.pk)
    return ""
