from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    name = "umkm_portal.embedded"
    verbose_name = "Sistem lokal"
