from django.urls import path

from umkm_portal.pages.registration import joining, outside, returning, starting, views

app_name = "registration"
urlpatterns = [
    path("", starting.start, name="start"),
    path("kode/", starting.code, name="code"),
    path("lanjut/", returning.unfinished, name="unfinished"),
    path("lanjut/<str:token>/", starting.resume, name="resume"),
    path("periksa/", views.check, name="check"),
    path("selesai/", views.done, name="done"),
    path("ikut/", joining.join, name="join"),
    path("luar-jakarta/", outside.outside, name="outside"),
    path("<slug:page>/", views.topic, name="topic"),
]
