from django.urls import path

from umkm_portal.pages.partner import account, home, members

app_name = "partner"
urlpatterns = [
    path("", home.home, name="home"),
    path("ganti/", account.switch, name="switch"),
    path("keamanan/", account.security, name="security"),
    path("gabung/<str:token>/", members.join, name="join"),
    path("anggota/", members.members, name="members"),
    path("anggota/<int:pk>/peran/", members.change_role, name="member_role"),
    path("anggota/<int:pk>/akhiri/", members.end, name="member_end"),
    path("anggota/undangan/<int:pk>/batal/", members.revoke, name="invitation_revoke"),
]
