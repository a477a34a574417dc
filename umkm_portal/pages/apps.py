from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PagesConfig(AppConfig):
    default = True
    name = "umkm_portal.pages"
    verbose_name = "Halaman"


class StaffSiteConfig(admin_apps.AdminConfig):
    """Django's admin with the portal's own site, so that every app registers on it."""

    default = False
    default_site = "umkm_portal.pages.staff.site.StaffSite"
