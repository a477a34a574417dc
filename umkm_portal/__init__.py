"""Portal Pelatihan UMKM: settings and addresses on top, shared foundations below."""

from umkm_portal.celery import app as celery_app

__all__ = ["celery_app"]
