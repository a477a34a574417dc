from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "umkm_portal.imports"
    verbose_name = "Berkas masuk"
