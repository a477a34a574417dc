from django.urls import path

from umkm_portal.accounts import views

app_name = "accounts"
urlpatterns = [
    path("masuk/tautan/<str:token>/", views.staff_link, name="staff_link"),
]
