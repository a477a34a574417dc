from django.apps import AppConfig


class TrainingsConfig(AppConfig):
    name = "trainings"
    verbose_name = "Pelatihan"

    def ready(self) -> None:
        # The models of this app are not loaded before.
        from trainings import messages  # noqa: PLC0415

        messages.register()
