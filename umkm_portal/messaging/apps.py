from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "umkm_portal.messaging"
    verbose_name = "Pesan"

    def ready(self) -> None:
        # Models can be imported only once the apps are loaded.
        from umkm_portal.messaging import retention  # noqa: PLC0415
        from umkm_portal.messaging.desk import retention as drafts  # noqa: PLC0415
        from umkm_portal.messaging.services import answers  # noqa: PLC0415

        retention.register_jobs()
        drafts.register_jobs()
        answers.register()
