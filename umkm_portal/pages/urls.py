from django.urls import path

from umkm_portal.pages import metrics, views
from umkm_portal.pages.tour import views as tour

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("bantuan/", views.help_page, name="help"),
    path("privasi/", views.privacy, name="privacy"),
    path("coba/", tour.tour, name="tour"),
    path("coba/contoh.csv", tour.sample, name="sample"),
    path("coba/kurasi.xlsx", tour.curation_sample, name="curation_sample"),
    path("coba/buku/", tour.books, name="books"),
    path("coba/masuk/", tour.login_practice, name="login_practice"),
    path("coba/matikan/", tour.kill, name="kill"),
    path("coba/kelas/", tour.todays_class, name="todays_class"),
    path("coba/surat/", tour.mailbox, name="mailbox"),
    path("coba/surat/<int:pk>/", tour.mail, name="mail"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
