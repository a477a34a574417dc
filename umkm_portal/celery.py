"""The Celery application: `celery -A umkm_portal.celery worker|beat`."""

import os

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")

app = Celery("umkm_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def _drop_broken_connections(**details: object) -> None:
    """Connections outlive tasks (CELERY_DB_REUSE_MAX), but not a restart of the database."""
    close_old_connections()
