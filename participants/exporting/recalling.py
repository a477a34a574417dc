"""Lists that were written come back in: their files go when somebody in them is not to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from participants.models import DataAccess, ExportFile, Participant

FORGOTTEN_SINCE = (
    "Berkas dihapus karena data seseorang di dalamnya sudah dihapus. Buat ekspor lagi."
)
RESTRICTED_SINCE = (
    "Berkas dihapus karena seseorang di dalamnya membatasi pemakaian datanya. Buat ekspor lagi."
)


@transaction.atomic
def recall_exports(people_ids: Collection[int], *, because: str) -> int:
    """Remove every finished list that one of these people is in; return how many.

    Called after the people changed, in the same transaction: a list that is being finished at
    this moment waits for it and looks at them itself (`left_since`). `because` is the sentence
    for who asked for the list. The files go after the commit.
    """
    writing = ExportFile.objects.select_for_update().filter(state__in=ExportFile.OPEN)
    list(writing.order_by("pk").values_list("pk", flat=True))
    # Who is in a list is written down with the moment at which the list was finished.
    told = DataAccess.objects.filter(participant__in=people_ids, kind=DataAccess.Kind.EXPORT)
    moments = set(told.values_list("happened_at", flat=True))
    kept = ExportFile.objects.filter(state=ExportFile.State.DONE, done_at__in=moments)
    paths = dict(kept.select_for_update().order_by("pk").values_list("pk", "path"))
    for path in filter(None, paths.values()):
        file = Path(settings.MEDIA_ROOT, path)
        transaction.on_commit(partial(file.unlink, missing_ok=True))
    return ExportFile.objects.filter(pk__in=paths).update(
        state=ExportFile.State.EXPIRED, path="", error=because
    )


def left_since(people_ids: Iterable[int], *, since: datetime) -> bool:
    """Whether one of these people was forgotten, or restricted her data, since that moment."""
    changed = Participant.objects.filter(updated_at__gte=since)
    forgotten = changed.filter(status=Participant.Status.ANONYMISED)
    gone = {*(forgotten | changed.restricted()).values_list("pk", flat=True)}
    return bool(gone) and not gone.isdisjoint(people_ids)
