from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "umkm_portal.messaging"
    verbose_name = "Pesan"
