from django.apps import AppConfig


class RegionsConfig(AppConfig):
    name = "umkm_portal.regions"
    verbose_name = "Wilayah"
