from django.urls import path

from umkm_portal.messaging.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("whatsapp/", views.whatsapp, name="whatsapp"),
    path("email/<slug:provider>/", views.email, name="email"),
]
