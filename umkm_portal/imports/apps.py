from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "umkm_portal.imports"
    verbose_name = "Berkas masuk"

    def ready(self) -> None:
        # Models can be imported only once the apps are loaded.
        from umkm_portal.imports import retention, telling  # noqa: PLC0415

        retention.register_jobs()
        telling.register()
