from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "umkm_portal.pages"
    verbose_name = "Halaman"
