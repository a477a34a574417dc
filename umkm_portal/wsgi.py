"""The application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")

application = get_wsgi_application()

# All views are imported before the first request: two first requests at once, on two threads,
# would import modules that know each other in opposite order and find one of them half made.
get_resolver().url_patterns  # noqa: B018
