"""The Celery application: `celery -A umkm_portal.celery worker|beat`."""

import gc
import os

from celery import Celery
from celery.signals import task_prerun, worker_process_init
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")

GARBAGE_THRESHOLD = 20_000
"""Objects between two collections (Python's own: 700): rows and messages come by the thousand."""

app = Celery("umkm_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def _drop_broken_connections(**details: object) -> None:
    """Connections outlive tasks (CELERY_DB_REUSE_MAX), but not a restart of the database."""
    close_old_connections()


@worker_process_init.connect
def collect_garbage_rarely(**details: object) -> None:
    """What was loaded before the first task stays: no collection need look at it again."""
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
