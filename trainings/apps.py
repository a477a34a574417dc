from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class TrainingsConfig(AppConfig):
    name = "trainings"
    verbose_name = "Pelatihan"

    def ready(self) -> None:
        # The models of this app are not loaded before.
        from participants.activity import register_source as register_activity  # noqa: PLC0415
        from participants.counter import joining  # noqa: PLC0415
        from trainings import (  # noqa: PLC0415
            activity,
            after_messages,
            audiences,
            change_messages,
            handlers,
            messages,
            timeline,
        )
        from trainings.attendance import retention  # noqa: PLC0415
        from trainings.certificates import retention as of_certificates  # noqa: PLC0415
        from trainings.lists import CLASS  # noqa: PLC0415
        from trainings.reminders import archiving  # noqa: PLC0415
        from trainings.reminders import messages as reminders  # noqa: PLC0415
        from trainings.services import replies as of_trainings  # noqa: PLC0415
        from trainings.services.counter import JOINING  # noqa: PLC0415
        from trainings.services.selection import REASONS  # noqa: PLC0415
        from umkm_portal.imports import profiles  # noqa: PLC0415
        from umkm_portal.messaging import directory, kinds, replies  # noqa: PLC0415
        from umkm_portal.messaging.archive import leaving  # noqa: PLC0415

        messages.register()
        for kind in (*change_messages.KINDS, *after_messages.KINDS, *reminders.KINDS.values()):
            kinds.register(kind)
        profiles.register(CLASS)
        joining.register(JOINING)
        handlers.register_own()
        retention.register_jobs()
        of_certificates.register_jobs()
        audiences.register()
        timeline.register()
        register_activity(activity.SOURCE)
        directory.register_reasons(REASONS)
        replies.register(messages.INVITATION.name, of_trainings.HANDLER)
        leaving.register(archiving.keep_outcomes)
        post_migrate.connect(_load_reference_data, sender=self)


def _load_reference_data(sender: AppConfig, **facts: object) -> None:
    """The questions after a class, once `migrate` has made their table."""
    if settings.LOAD_REFERENCE_DATA:
        from trainings.aftermath.questions import load_questions  # noqa: PLC0415 - apps ready

        load_questions()
