from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class ParticipantsConfig(AppConfig):
    name = "participants"
    verbose_name = "Peserta"

    def ready(self) -> None:
        # Models and profiles can be imported only once the apps are loaded.
        from participants import (  # noqa: PLC0415
            audiences,
            handlers,
            histories,
            retention,
            telling,
        )
        from participants.activity import note_login  # noqa: PLC0415
        from participants.consents import stop_number  # noqa: PLC0415
        from participants.contacts import messages  # noqa: PLC0415
        from participants.directory import (  # noqa: PLC0415
            address_of,
            addresses_seen_by,
            keys_seen_by,
            note_taken,
            owners_of,
            people_named,
            untold_link,
        )
        from participants.duplicates import rows as duplicates  # noqa: PLC0415
        from participants.importing.profile import ALL  # noqa: PLC0415
        from participants.registration import messages as registration  # noqa: PLC0415
        from umkm_portal.imports import profiles  # noqa: PLC0415
        from umkm_portal.messaging import directory, replies  # noqa: PLC0415

        for profile in ALL:
            profiles.register(profile)
        directory.register_people(people_named)
        directory.register_areas(keys_seen_by, addresses_seen_by)
        directory.register_owners(owners_of)
        directory.register_address(address_of)
        directory.register_taken(note_taken)
        directory.register_untold(untold_link)
        replies.register_stop(stop_number)
        handlers.register_own()
        histories.register_own()
        retention.register_jobs()
        duplicates.register_own()
        user_logged_in.connect(note_login)
        messages.register()
        registration.register()
        telling.register()
        audiences.register()
        post_migrate.connect(_load_reference_data, sender=self)


def _load_reference_data(sender: AppConfig, **facts: object) -> None:
    """Fill the lists after `migrate`."""
    if settings.LOAD_REFERENCE_DATA:
        from participants.reference import load_reference_data  # noqa: PLC0415 - apps ready

        load_reference_data()
