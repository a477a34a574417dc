"""The sidebar of the staff pages: only what is built and only what this person may open."""

from __future__ import annotations

from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


class Entry(NamedTuple):
    """A link to the list of one model (`app.model`)."""

    model: str
    title: str
    icon: str


class Page(NamedTuple):
    """A link to a page of its own, for those with a permission."""

    name: str
    title: str
    icon: str
    permission: str


GROUPS: list[tuple[str, list[Entry | Page]]] = [
    (
        "Pelatihan",
        [
            Entry("trainings.programme", "Program", "account_tree"),
            Entry("trainings.cohort", "Gelombang", "groups"),
            Page(
                "admin:trainings_cohort_calendar",
                "Kalender",
                "calendar_month",
                "trainings.view_cohort",
            ),
            Page("admin:trainings_aftermath", "Umpan balik", "reviews", "trainings.view_enrolment"),
            Entry("messaging.campaign", "Kampanye", "send"),
            Entry("messaging.reply", "Kotak balasan", "inbox"),
            Entry("trainings.training", "Pelatihan", "school"),
            Entry("trainings.venue", "Tempat", "location_on"),
            Entry("trainings.trainer", "Pelatih", "record_voice_over"),
            Entry("trainings.topic", "Tema", "label"),
            Entry("trainings.feedbackquestion", "Pertanyaan umpan balik", "quiz"),
            Entry("trainings.certificatetemplate", "Templat sertifikat", "workspace_premium"),
        ],
    ),
    (
        "Peserta",
        [
            Entry("participants.participant", "Peserta", "person_search"),
            Page(
                "admin:participants_participant_counter",
                "Pendaftaran dibantu",
                "person_add",
                "participants.add_participant",
            ),
            Page(
                "admin:participants_untold_index",
                "Disampaikan langsung",
                "record_voice_over",
                "participants.view_participant",
            ),
            Entry("participants.referral", "Rujukan", "forward_to_inbox"),
            Entry("participants.cityoffice", "Dinas kota", "contact_phone"),
            Entry("participants.segment", "Segmen", "filter_alt"),
            Entry("participants.datarequest", "Permintaan data", "privacy_tip"),
            Entry("participants.licencerequest", "Perizinan", "approval"),
            Entry("imports.importfile", "Berkas masuk", "upload_file"),
            Entry("participants.exportfile", "Ekspor", "download"),
            Entry("participants.duplicatepair", "Dugaan ganda", "people"),
            Entry("participants.sector", "Sektor usaha", "category"),
        ],
    ),
    (
        "Mitra",
        [
            Entry("partners.partner", "Mitra", "handshake"),
            Entry("partners.memberinvitation", "Undangan anggota", "group_add"),
            Entry("partners.curationcall", "Kurasi", "storefront"),
            Entry("partners.application", "Lamaran kurasi", "assignment"),
            Entry("partners.curationlist", "Daftar kurasi", "fact_check"),
            Entry("partners.curationdecision", "Baris belum cocok", "person_alert"),
            Entry("partners.appeal", "Keberatan", "gavel"),
            Entry("partners.productkind", "Jenis produk", "category"),
            Entry("partners.agreement", "Perjanjian", "contract"),
            Entry("partners.sharedlist", "Data dibagikan", "share"),
            Entry("partners.bazaar", "Bazar", "storefront"),
            Entry("partners.salesreport", "Laporan penjualan", "receipt_long"),
            Page(
                "admin:partner_funnel",
                "Undang sampai jual",
                "conversion_path",
                "partners.view_salesreport",
            ),
        ],
    ),
    (
        "Laporan",
        [
            Page("admin:council", "Laporan", "monitoring", "reports.view_target"),
            Entry("reports.target", "Target", "flag"),
        ],
    ),
    (
        "Sistem",
        [
            Page(
                "admin:operations", "Antrean & kesehatan", "vital_signs", "messaging.view_campaign"
            ),
            Entry("messaging.sendingaccount", "Akun pengirim", "outgoing_mail"),
            Entry("messaging.portfolio", "Portofolio pengirim", "folder_shared"),
            Entry("messaging.whatsapptemplate", "Templat WhatsApp", "chat"),
            Entry("messaging.messageprice", "Harga pesan", "payments"),
            Entry("messaging.messagetemplate", "Teks pesan", "article"),
            Entry("messaging.suppression", "Alamat dihentikan", "block"),
            Entry("accounts.user", "Pengguna", "manage_accounts"),
            Entry("accounts.organisation", "Lembaga", "apartment"),
            Entry("regions.region", "Wilayah", "map"),
            Entry("regions.holidayoverride", "Hari libur khusus", "event_busy"),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, object]]:
    """The groups of links for this user; a group without links is left out."""
    today = _link("Perlu Anda hari ini", "today", reverse("admin:index"))
    today["active"] = request.path == today["link"]
    groups: list[dict[str, object]] = [{"title": None, "items": [today]}]
    lists = []
    if settings.DEMO and (practice := _practice_links()):
        groups.append({"title": "Latihan", "separator": True, "items": practice})
    for title, entries in GROUPS:
        items = [_link(e.title, e.icon, _list_of(e)) for e in entries if _may_open(request, e)]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
            lists += items
    _mark_current(request.path, lists)
    return groups


def _mark_current(path: str, items: list[dict[str, object]]) -> None:
    """The longest link that the path begins with: a page below a list is not the list."""
    links = [str(item["link"]) for item in items]
    current = max((link for link in links if path.startswith(link)), key=len, default="")
    for item, link in zip(items, links, strict=True):
        item["active"] = link == current


def environment(request: HttpRequest) -> list[str] | None:
    """The label that practice data carries on every page."""
    return ["Data latihan", "warning"] if settings.DEMO else None


def _may_open(request: HttpRequest, entry: Entry | Page) -> bool:
    if isinstance(entry, Page):
        return request.user.has_perm(entry.permission)
    model = apps.get_model(entry.model)
    if not admin.site.is_registered(model):
        return False
    return admin.site.get_model_admin(model).has_view_permission(request)


def _list_of(entry: Entry | Page) -> str:
    if isinstance(entry, Page):
        return reverse(entry.name)
    return reverse(f"admin:{entry.model.replace('.', '_')}_changelist")


def _practice_links() -> list[dict[str, object]]:
    links = []
    for title, icon, name in (
        ("Tur 15 menit", "tour", "pages:tour"),
        ("Kotak surat", "mail", "pages:mailbox"),
    ):
        try:
            links.append(_link(title, icon, reverse(name)))
        except NoReverseMatch:
            continue
    return links


def _link(title: str, icon: str, address: str) -> dict[str, object]:
    return {"title": title, "icon": icon, "link": address}
