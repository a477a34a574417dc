from django.urls import path

from umkm_portal.pages import views

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("bantuan/", views.help_page, name="help"),
    path("privasi/", views.privacy, name="privacy"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
