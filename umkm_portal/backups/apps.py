from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "umkm_portal.backups"
    verbose_name = "Cadangan"
