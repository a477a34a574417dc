from django.urls import path

from umkm_portal.pages.mine import business, calls, data, doors, home, licences, profile

app_name = "mine"
urlpatterns = [
    path("", home.home, name="home"),
    path("ganti/", home.switch, name="switch"),
    path("kelas/<uuid:public_id>/", home.class_page, name="class"),
    path("kelas/<uuid:public_id>/kesan/", home.feedback, name="feedback"),
    path("kelas/<uuid:public_id>/alasan/", home.absence, name="absence"),
    path("profil/", profile.profile, name="profile"),
    path("cara-masuk/", doors.doors, name="doors"),
    path("cara-masuk/kunci/", doors.add_passkey, name="passkey_add"),
    path("cara-masuk/kunci/<int:pk>/lepas/", doors.remove_passkey, name="passkey_remove"),
    path("cara-masuk/tiktok/lepas/", doors.unlink_tiktok, name="tiktok_unlink"),
    path("persetujuan/", profile.consents, name="consents"),
    path("usaha/", business.businesses, name="businesses"),
    path("usaha/baru/", business.business, name="business_new"),
    path("usaha/<int:pk>/", business.business, name="business"),
    path("usaha/<int:pk>/tempat-jual/", business.channels, name="channels"),
    path("usaha/<int:pk>/omzet/", business.revenue, name="revenue"),
    path("data/", data.data, name="data"),
    path("data/unduh/", data.download, name="download"),
    path("permintaan/", data.requests, name="requests"),
    path("permintaan/<int:pk>/batal/", data.withdraw_request, name="request_withdraw"),
    path("permintaan/pembatasan/cabut/", data.lift, name="restriction_lift"),
    path("perizinan/", licences.licences, name="licences"),
    path("perizinan/ajukan/", licences.ask, name="licence_ask"),
    path("perizinan/<int:pk>/", licences.licence, name="licence"),
    path("kurasi/", calls.calls, name="calls"),
    path("kurasi/<slug:slug>/", calls.call, name="call"),
    path("kurasi/<slug:slug>/lamar/", calls.apply, name="call_apply"),
    path("kurasi/<slug:slug>/tarik/", calls.withdraw, name="call_withdraw"),
    path("kurasi/<slug:slug>/keberatan/", calls.object_to, name="call_appeal"),
    path("kurasi/<slug:slug>/foto/", calls.photo, name="call_photo"),
]
