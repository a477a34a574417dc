"""Every address of the portal; `tests/test_access.py` holds who may open which."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import admin
from django.urls import include, path

from umkm_portal.pages.login import passkeys, social
from umkm_portal.pages.login import views as login
from umkm_portal.pages.partner import second_factor

login_patterns = [
    path("masuk/", login.login, name="account_login"),
    path("masuk/kode/", login.login_code, name="account_confirm_login_code"),
    path("masuk/nomor/", login.prove_phone, name="login_phone"),
    path("masuk/kunci/", passkeys.login, name="mfa_login_webauthn"),
    *[
        found
        for name in social.NAMES
        for found in (
            path(f"masuk/{name}/", social.start(name), name=f"{name}_login"),
            path(f"masuk/{name}/kembali/", social.come_back(name), name=f"{name}_callback"),
        )
    ],
    path("masuk/pastikan/", account.reauthenticate, name="account_reauthenticate"),
    path("masuk/tidak-aktif/", account.account_inactive, name="account_inactive"),
    path("masuk/akun-baru/", account.signup, name="account_signup"),
    path("keluar/", account.logout, name="account_logout"),
    path("masuk/pengaman/", mfa.index, name="mfa_index"),
    path("masuk/pengaman/periksa/", mfa.authenticate, name="mfa_authenticate"),
    path("masuk/pengaman/pastikan/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path(
        "masuk/pengaman/kunci/",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "masuk/pengaman/pasang/", second_factor.first(totp.activate_totp), name="mfa_activate_totp"
    ),
    path("masuk/pengaman/lepas/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "masuk/pengaman/cadangan/",
        recovery_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "masuk/pengaman/cadangan/buat/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "masuk/pengaman/cadangan/unduh/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]

urlpatterns = [
    path("", include("umkm_portal.pages.urls")),
    path("daftar/", include("umkm_portal.pages.registration.urls")),
    path("", include("trainings.urls")),
    path("saya/", include("umkm_portal.pages.mine.urls")),
    path("mitra/", include("umkm_portal.pages.partner.urls")),
    path("api/v1/", include("partners.api.urls")),
    path("", include("umkm_portal.accounts.urls")),
    *login_patterns,
    path("webhooks/", include("umkm_portal.messaging.webhooks.urls")),
    path("admin/", admin.site.urls),
]
