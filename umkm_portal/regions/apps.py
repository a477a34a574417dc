from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class RegionsConfig(AppConfig):
    name = "umkm_portal.regions"
    verbose_name = "Wilayah"

    def ready(self) -> None:
        post_migrate.connect(_load_regions, sender=self)


def _load_regions(sender: AppConfig, **facts: object) -> None:
    """Fill the region tree after `migrate`."""
    if settings.LOAD_REFERENCE_DATA:
        from umkm_portal.regions.services import load_regions  # noqa: PLC0415 - apps ready

        load_regions()
