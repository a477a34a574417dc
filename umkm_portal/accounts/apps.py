from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "umkm_portal.accounts"
    verbose_name = "Akun"
