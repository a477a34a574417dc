from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "umkm_portal.reports"
    verbose_name = "Laporan"
