from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class ReportsConfig(AppConfig):
    name = "umkm_portal.reports"
    verbose_name = "Laporan"

    def ready(self) -> None:
        post_migrate.connect(_load_known_targets, sender=self)


def _load_known_targets(sender: AppConfig, **facts: object) -> None:
    if settings.LOAD_REFERENCE_DATA:
        from umkm_portal.reports.known_targets import (  # noqa: PLC0415 - apps ready
            load_known_targets,
        )

        load_known_targets()
