from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = "Mitra"

    def ready(self) -> None:
        # The models of this app are not loaded before.
        from partners import handlers  # noqa: PLC0415
        from partners.space import messages  # noqa: PLC0415

        handlers.register_own()
        messages.register()
