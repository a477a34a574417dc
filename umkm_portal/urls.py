"""Every address of the portal; `tests/test_access.py` holds who may open which."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("umkm_portal.pages.urls")),
    path("", include("trainings.urls")),
    path("masuk/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
