from django.urls import path

from umkm_portal.pages.partner import (
    account,
from umkm_portal.pages.partner import (
)
    calls,
    downloads,
    home,
    lists,
    members,
    tokens,
    sales,
)

app_name = "partner"
urlpatterns = [
    path("", home.home, name="home"),
    path("ganti/", account.switch, name="switch"),
    path("keamanan/", account.security, name="security"),
    path("gabung/<str:token>/", members.join, name="join"),
    path("daftar/", lists.lists, name="lists"),
    path("daftar/unggah/", lists.upload, name="upload"),
    path("daftar/contoh/", lists.example, name="example"),
    path("daftar/<int:pk>/", lists.show, name="list"),
    path("daftar/<int:pk>/kolom/", lists.match, name="match"),
    path("daftar/<int:pk>/perbaiki/", lists.correct, name="correct"),
    path("daftar/<int:pk>/bermasalah/", lists.problem_rows, name="problem_rows"),
    path("daftar/<int:pk>/lolos/", lists.all_pass, name="all_pass"),
    path("daftar/<int:pk>/terima/", lists.accept, name="accept"),
    path("daftar/<int:pk>/tarik/", lists.withdraw, name="withdraw"),
    path("daftar/<int:pk>/batal/", lists.cancel, name="cancel"),
    path("kurasi/", calls.calls, name="calls"),
    path("kurasi/<slug:slug>/", calls.call, name="call"),
    path("kurasi/<slug:slug>/unduh/", calls.call_rows, name="call_rows"),
    path("kurasi/<slug:slug>/pelamar/", downloads.make, name="share"),
    path("unduhan/", downloads.downloads, name="downloads"),
    path("unduhan/<int:pk>/", downloads.download, name="download"),
    path("bazar/", bazaars.bazaars, name="bazaars"),
    path("bazar/<slug:slug>/", bazaars.bazaar, name="bazaar"),
    path("bazar/<slug:slug>/hadir/", bazaars.mark, name="bazaar_mark"),
    path("penjualan/", sales.sales, name="sales"),
    path("penjualan/contoh/", sales.example, name="sales_example"),
    path("penjualan/unggah/", sales.upload, name="sales_upload"),
    path("anggota/", members.members, name="members"),
    path("anggota/<int:pk>/peran/", members.change_role, name="member_role"),
    path("anggota/<int:pk>/akhiri/", members.end, name="member_end"),
    path("anggota/undangan/<int:pk>/batal/", members.revoke, name="invitation_revoke"),
    path("kunci/", tokens.tokens, name="tokens"),
    path("kunci/<int:pk>/cabut/", tokens.revoke, name="token_revoke"),
]
