"""People as audiences of campaigns: how they are reached, ways to choose them, and the messages."""

from participants.audiences import messages, pasted, people, saved
from umkm_portal.messaging import directory
from umkm_portal.messaging.desk import audience, sources


def register() -> None:
    """Tell the campaign desk; called in `AppConfig.ready`."""
    messages.register()
    sources.register_people(people.seen_by)
    sources.register(saved.SOURCE)
    sources.register(pasted.SOURCE)
    directory.register_reasons({people.RESTRICTED: people.RESTRICTED_LABEL, **audience.REASONS})
