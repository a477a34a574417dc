"""Who may open which address: every address of the portal times every kind of visitor.

The table below is the rule; an address that is in no row fails. Standard pages of the admin
(list, add, change, delete, history, import, export of a model) follow `STANDARD` instead.
"""

import re
import uuid
from copy import deepcopy
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver
from django.utils import timezone

from participants.contacts import Contact
from participants.licences import ask_licence
from participants.models import DuplicatePair, Merge, Stage, StageEvent
from participants.registration.drafts import begin
from participants.requests import ask
from partners.api.tokens import make_token
from partners.models import Agreement, Appeal, Bazaar, CurationResult, SalesReport, SharedList
from partners.space.members import invite_member
from tests.factories import (
    ApplicationFactory,
    BusinessFactory,
    CampaignFactory,
    CohortFactory,
    CurationCallFactory,
    CurationDecisionFactory,
    CurationListFactory,
    DeliveryFactory,
    EnrolmentFactory,
    ExportFileFactory,
    MembershipFactory,
    OrganisationFactory,
    ParticipantFactory,
    PartnerFactory,
    RegionFactory,
    SegmentFactory,
    UserFactory,
    VenueFactory,
)
from trainings.certificates.editions import freeze
from trainings.certificates.showing import PURPOSE
from trainings.models import AttendanceFile, AttendanceMark, Certificate
from trainings.services.answers import VIA_LINK, accept
from trainings.tickets import token_of
from umkm_portal.accounts.models import Membership, Organisation
from umkm_portal.accounts.services import sign_staff_link
from umkm_portal.common import tokens
from umkm_portal.embedded.models import CaughtMail
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import CampaignPlan, Reply, Suppression

pytestmark = pytest.mark.django_db
Role = Membership.Role

KINDS = ("anonymous", "owner", "stranger", "partner", "auditor", "district", "elsewhere", "head")
"""The owner is the person of the scene, the stranger is another one. `district` works where the
owner lives, `elsewhere` in another kecamatan."""
STRANGERS_TO_STAFF = {"anonymous": 302, "owner": 404, "stranger": 404, "partner": 404}


def row(default, **others):
    """The status that each kind of visitor gets; `default` for those not named."""
    assert others.keys() <= set(KINDS)
    return {kind: others.get(kind, default) for kind in KINDS}


EVERYBODY = row(200)
LOGGED_IN = row(200, anonymous=302)
GUESTS = row(302, anonymous=200)
NOT_YET = row(404, anonymous=302)
"""Pages of a second factor, which nobody in the scene has."""
OWNERS = row(302, owner=200, stranger=200)
"""An owner's pages about herself; accounts without people are sent to the first of them."""
HERS = row(302, owner=200, stranger=404)
HER_BUTTONS = row(302, stranger=404)


MEMBERS = row(404, anonymous=302, partner=200)
"""Pages of the partner space; the partner of the scene may upload and is no manager."""
MANAGERS = MEMBERS | {"partner": 403}


def staff(default, **others):
    """A page under /admin/: guests are sent to the login, strangers see nothing."""
    return row(default, **STRANGERS_TO_STAFF | others)


ANSWERS = staff(302, auditor=403, elsewhere=404)
"""Answers of people: for those who serve their area."""


DOOR_ERRANDS = staff(302, auditor=403, elsewhere=404)
DOOR = row(404, anonymous=302, district=200, head=200)
"""Pages at the door of a session: offices, the district it is held in, its trainers."""


DECISIONS = staff(302, auditor=403, district=403, elsewhere=404)


@dataclass(frozen=True)
class Page:
    """A row of the table: who gets what, and how the address is written for the scene."""

    who: dict
    name: str = ""
    args: tuple = ()
    """Attributes of the scene."""
    method: str = "get"

    def path(self, scene):
        return reverse(self.name, args=[getattr(scene, name) for name in self.args])


TABLE = {
    # --- Public
    "": Page(EVERYBODY, "pages:home"),
    "bantuan/": Page(EVERYBODY, "pages:help"),
    "privasi/": Page(EVERYBODY, "pages:privacy"),
    "healthz": Page(EVERYBODY, "pages:healthz"),
    "readyz": Page(EVERYBODY, "pages:readyz"),
    "metrics": Page(dict.fromkeys(EVERYBODY, 404), "pages:metrics"),  # without its token
    # --- Providers report here; without their secrets nothing is there
    "webhooks/whatsapp/": Page(row(404), "webhooks:whatsapp"),
    "webhooks/email/<slug:provider>/": Page(
        row(404), "webhooks:email", ("email_provider",), "post"
    ),
    "gelombang/": Page(EVERYBODY, "trainings:schedule"),
    "gelombang/<slug:code>/": Page(EVERYBODY, "trainings:cohort", ("cohort_code",)),
    "undangan/": Page(EVERYBODY, "trainings:invitation"),
    "cek/": Page(EVERYBODY, "trainings:check"),
    "sertifikat/": Page(EVERYBODY, "trainings:certificate_find"),
    "sertifikat/<str:number>/": Page(EVERYBODY, "trainings:certificate", ("certificate_number",)),
    # --- Registration: without a draft in the browser everything begins at the first page
    "daftar/": Page(EVERYBODY, "registration:start"),
    "daftar/luar-jakarta/": Page(EVERYBODY, "registration:outside"),
    "daftar/lanjut/": Page(row(302), "registration:unfinished"),
    "daftar/lanjut/<str:token>/": Page(EVERYBODY, "registration:resume", ("draft_token",)),
    "daftar/kode/": Page(row(302), "registration:code"),
    "daftar/<slug:page>/": Page(row(302), "registration:topic", ("draft_step",)),
    "daftar/periksa/": Page(row(302), "registration:check"),
    "daftar/selesai/": Page(row(302), "registration:done"),
    "daftar/ikut/": Page(row(302), "registration:join"),
    # --- Practice data only; see test_practice_pages_exist_on_practice_data_only
    "coba/": Page(EVERYBODY, "pages:tour"),
    "coba/contoh.csv": Page(EVERYBODY, "pages:sample"),
    "coba/kurasi.xlsx": Page(row(404), "pages:curation_sample"),  # its call comes with seeding
    "coba/buku/": Page(EVERYBODY, "pages:books"),
    "coba/surat/": Page(EVERYBODY, "pages:mailbox"),
    "coba/surat/<int:pk>/": Page(EVERYBODY, "pages:mail", ("mail_pk",)),
    "coba/masuk/": Page(row(302), "pages:login_practice", method="post"),
    "coba/kelas/": Page(row(302), "pages:todays_class", method="post"),
    "coba/matikan/": Page(row(302), "pages:kill", method="post"),
    # --- By a signed link: whoever has it comes in, nobody without
    "u/<str:token>/": Page(EVERYBODY, "trainings:answer", ("answer_token",)),
    **{
        f"u/<str:token>/{address}/": Page(EVERYBODY, f"trainings:{name}", ("answer_token",))
        for address, name in (("kesan", "feedback"), ("alasan", "absence"))
    },
    "tiket/<str:token>/": Page(EVERYBODY, "trainings:ticket", ("ticket_token",)),
    "tiket/<str:token>/kalender.ics": Page(EVERYBODY, "trainings:calendar", ("ticket_token",)),
    "hadir/saya/": Page(EVERYBODY, "trainings:self_check_in"),
    # --- At the door
    "hadir/": Page(DOOR | {"elsewhere": 200}, "trainings:doors"),
    **{
        f"hadir/<int:pk>/{address}": Page(DOOR, f"trainings:{name}", ("session_pk",))
        for address, name in (
            ("", "door"),
            ("tiket/", "door_tickets"),
            ("tamu/", "door_guests"),
            ("dinding/", "wall"),
        )
    },
    "hadir/<int:pk>/catat/": Page(
        DOOR | {"district": 400, "head": 400}, "trainings:door_marks", ("session_pk",), "post"
    ),
    "tiket/<str:token>/sesi/<int:pk>.ics": Page(
        EVERYBODY, "trainings:session_calendar", ("ticket_token", "session_pk")
    ),
    "tiket/<str:token>/tiket.pdf": Page(EVERYBODY, "trainings:ticket_pdf", ("ticket_token",)),
    "sertifikat/unduh/<str:token>/": Page(
        EVERYBODY, "trainings:certificate_pdf", ("certificate_token",)
    ),
    "berhenti/<str:token>/": Page(EVERYBODY, "trainings:opt_out", ("stop_token",)),
    "masuk/tautan/<str:token>/": Page(EVERYBODY, "accounts:staff_link", ("staff_token",)),
    # --- An owner's own pages
    "saya/": Page(LOGGED_IN, "mine:home"),
    "saya/ganti/": Page(OWNERS, "mine:switch"),
    "saya/kelas/<uuid:public_id>/": Page(HERS, "mine:class", ("enrolment_public_id",)),
    **{
        f"saya/kelas/<uuid:public_id>/{address}/": Page(
            HERS, f"mine:{name}", ("enrolment_public_id",)
        )
        for address, name in (("kesan", "feedback"), ("alasan", "absence"))
    },
    "saya/sertifikat/": Page(OWNERS, "mine:certificates"),
    "saya/profil/": Page(OWNERS, "mine:profile"),
    "saya/cara-masuk/": Page(LOGGED_IN, "mine:doors"),
    "saya/cara-masuk/kunci/": Page(row(302), "mine:passkey_add", method="post"),
    "saya/cara-masuk/kunci/<int:pk>/lepas/": Page(
        row(302), "mine:passkey_remove", ("business_pk",), "post"
    ),
    "saya/cara-masuk/tiktok/lepas/": Page(row(302), "mine:tiktok_unlink", method="post"),
    "saya/persetujuan/": Page(OWNERS, "mine:consents"),
    "saya/usaha/": Page(OWNERS, "mine:businesses"),
    "saya/usaha/baru/": Page(OWNERS, "mine:business_new"),
    "saya/usaha/<int:pk>/": Page(HERS, "mine:business", ("business_pk",)),
    "saya/usaha/<int:pk>/tempat-jual/": Page(
        HER_BUTTONS | {"owner": 422}, "mine:channels", ("business_pk",), "post"
    ),
    "saya/usaha/<int:pk>/omzet/": Page(
        HER_BUTTONS | {"owner": 422}, "mine:revenue", ("business_pk",), "post"
    ),
    "saya/data/": Page(OWNERS, "mine:data"),
    "saya/data/unduh/": Page(OWNERS, "mine:download", method="post"),
    "saya/permintaan/": Page(OWNERS, "mine:requests"),
    "saya/permintaan/<int:pk>/batal/": Page(
        HER_BUTTONS, "mine:request_withdraw", ("datarequest_pk",), "post"
    ),
    "saya/permintaan/pembatasan/cabut/": Page(row(302), "mine:restriction_lift", method="post"),
    "saya/perizinan/": Page(OWNERS, "mine:licences"),
    "saya/perizinan/ajukan/": Page(OWNERS, "mine:licence_ask"),
    "saya/perizinan/<int:pk>/": Page(HERS, "mine:licence", ("licencerequest_pk",)),
    # --- The partner space
    "mitra/": Page(MEMBERS, "partner:home"),
    "mitra/ganti/": Page(MEMBERS, "partner:switch"),
    "mitra/keamanan/": Page(MEMBERS, "partner:security"),
    "mitra/gabung/<str:token>/": Page(EVERYBODY, "partner:join", ("join_token",)),
    "mitra/daftar/": Page(MEMBERS, "partner:lists"),
    "mitra/daftar/unggah/": Page(MEMBERS, "partner:upload"),
    "mitra/daftar/contoh/": Page(MEMBERS, "partner:example"),
    "mitra/daftar/<int:pk>/": Page(MEMBERS, "partner:list", ("curationfile_pk",)),
    "mitra/daftar/<int:pk>/bermasalah/": Page(
        MEMBERS, "partner:problem_rows", ("curationfile_pk",)
    ),
    **{
        f"mitra/daftar/<int:pk>/{address}/": Page(
            MEMBERS | {"partner": status}, f"partner:{name}", ("curationfile_pk",), "post"
        )
        for address, name, status in (
            ("kolom", "match", 422),
            ("perbaiki", "correct", 404),
            ("lolos", "all_pass", 302),
            ("terima", "accept", 302),
            ("tarik", "withdraw", 302),
            ("batal", "cancel", 302),
        )
    },
    "mitra/kurasi/": Page(MEMBERS, "partner:calls"),
    "mitra/kurasi/<slug:slug>/": Page(MEMBERS, "partner:call", ("call_slug",)),
    "mitra/kurasi/<slug:slug>/unduh/": Page(
        MEMBERS | {"partner": 404}, "partner:call_rows", ("call_slug",)
    ),
    "mitra/kurasi/<slug:slug>/pelamar/": Page(
        MEMBERS | {"partner": 302}, "partner:share", ("call_slug",), "post"
    ),
    "mitra/unduhan/": Page(MEMBERS, "partner:downloads"),
    "mitra/unduhan/<int:pk>/": Page(MEMBERS | {"partner": 404}, "partner:download", ("absent_pk",)),
    "mitra/bazar/": Page(MEMBERS, "partner:bazaars"),
    "mitra/bazar/<slug:slug>/": Page(MEMBERS, "partner:bazaar", ("bazaar_slug",)),
    "mitra/bazar/<slug:slug>/hadir/": Page(
        MEMBERS | {"partner": 302}, "partner:bazaar_mark", ("bazaar_slug",), "post"
    ),
    "mitra/penjualan/": Page(MEMBERS, "partner:sales"),
    "mitra/penjualan/contoh/": Page(MEMBERS, "partner:sales_example"),
    "mitra/penjualan/unggah/": Page(MEMBERS, "partner:sales_upload"),
    "mitra/anggota/": Page(MANAGERS, "partner:members"),
    **{
        f"mitra/anggota/<int:pk>/{address}/": Page(
            MANAGERS, f"partner:member_{name}", ("membership_pk",), "post"
        )
        for address, name in (("peran", "role"), ("akhiri", "end"))
    },
    "mitra/anggota/undangan/<int:pk>/batal/": Page(
        MANAGERS, "partner:invitation_revoke", ("memberinvitation_pk",), "post"
    ),
    "mitra/kunci/": Page(MANAGERS, "partner:tokens"),
    "mitra/kunci/<int:pk>/cabut/": Page(MANAGERS, "partner:token_revoke", ("apitoken_pk",), "post"),
    # --- The API of partners' systems: sessions count for nothing there, only keys do
    "api/v1/": Page(EVERYBODY, "api:page"),
    "api/v1/openapi.json": Page(EVERYBODY, "api:openapi-json"),
    "api/v1/<anything:rest>": Page(row(404), "api:absent", ("absent_path",)),
    **{
        f"api/v1/{address}": Page(row(401), f"api:{name}", args, method)
        for address, name, args, method in (
            ("calls", "calls", (), "get"),
            ("calls/<slug:slug>", "call", ("cohort_code",), "get"),
            ("calls/<slug:slug>/lists", "send_rows", ("cohort_code",), "post"),
            ("calls/<slug:slug>/lists/file", "send_file", ("cohort_code",), "post"),
            ("lists", "lists", (), "get"),
            ("lists/<int:pk>", "status", ("importfile_pk",), "get"),
            ("lists/<int:pk>/problems", "problem_rows", ("importfile_pk",), "get"),
            ("lists/<int:pk>/decisions", "decisions", ("importfile_pk",), "get"),
            ("lists/<int:pk>/columns", "columns", ("importfile_pk",), "post"),
            ("lists/<int:pk>/accept", "accept", ("importfile_pk",), "post"),
            ("lists/<int:pk>/cancel", "cancel", ("importfile_pk",), "post"),
            ("bazaars", "bazaars", (), "get"),
            ("sales", "reports", (), "get"),
            ("sales/file", "send_sales_file", (), "post"),
            ("sales/<int:pk>", "report", ("importfile_pk",), "get"),
            ("sales/<int:pk>/problems", "report_problems", ("importfile_pk",), "get"),
            ("sales/<int:pk>/columns", "report_columns", ("importfile_pk",), "post"),
            ("sales/<int:pk>/accept", "accept_sales", ("importfile_pk",), "post"),
            ("sales/<int:pk>/cancel", "cancel_sales", ("importfile_pk",), "post"),
        )
    },
    "saya/kurasi/": Page(OWNERS, "mine:calls"),
    "saya/kurasi/<slug:slug>/": Page(OWNERS, "mine:call", ("open_slug",)),
    "saya/kurasi/<slug:slug>/lamar/": Page(OWNERS, "mine:call_apply", ("open_slug",)),
    "saya/kurasi/<slug:slug>/tarik/": Page(
        HER_BUTTONS, "mine:call_withdraw", ("open_slug",), "post"
    ),
    "saya/kurasi/<slug:slug>/keberatan/": Page(
        HER_BUTTONS | {"owner": 422}, "mine:call_appeal", ("decided_slug",), "post"
    ),
    # nobody in the scene has sent a photo; tests/pages/mine/test_calls.py has one
    "saya/kurasi/<slug:slug>/foto/": Page(
        row(302, owner=404, stranger=404), "mine:call_photo", ("open_slug",)
    ),
    # --- Logging in and out
    "masuk/": Page(GUESTS, "account_login"),
    "masuk/kode/": Page(row(302), "account_confirm_login_code"),
    "masuk/kunci/": Page(row(302), "mfa_login_webauthn"),
    # Google and TikTok have no keys here; tests/pages/login/test_social.py gives them some
    **{
        f"masuk/{name}/{address}": Page(row(404), f"{name}_{view}")
        for name in ("google", "tiktok")
        for address, view in (("", "login"), ("kembali/", "callback"))
    },
    "masuk/nomor/": Page(row(302), "login_phone"),
    "masuk/pastikan/": Page(row(403, anonymous=302), "account_reauthenticate"),
    "masuk/tidak-aktif/": Page(EVERYBODY, "account_inactive"),
    "masuk/akun-baru/": Page(GUESTS, "account_signup"),
    "keluar/": Page(LOGGED_IN, "account_logout"),
    "masuk/pengaman/": Page(LOGGED_IN, "mfa_index"),
    "masuk/pengaman/periksa/": Page(row(302), "mfa_authenticate"),
    "masuk/pengaman/pastikan/": Page(row(403, anonymous=302), "mfa_reauthenticate"),
    "masuk/pengaman/kunci/": Page(row(403, anonymous=302), "mfa_reauthenticate_webauthn"),
    "masuk/pengaman/pasang/": Page(LOGGED_IN, "mfa_activate_totp"),
    "masuk/pengaman/lepas/": Page(NOT_YET, "mfa_deactivate_totp"),
    "masuk/pengaman/cadangan/": Page(NOT_YET, "mfa_view_recovery_codes"),
    "masuk/pengaman/cadangan/buat/": Page(LOGGED_IN, "mfa_generate_recovery_codes"),
    "masuk/pengaman/cadangan/unduh/": Page(NOT_YET, "mfa_download_recovery_codes"),
    # --- Staff
    "admin/": Page(staff(200), "admin:index"),
    "admin/search/": Page(staff(200), "admin:search"),
    "admin/login/": Page(row(302, owner=403, stranger=403, partner=403), "admin:login"),
    "admin/logout/": Page(staff(405), "admin:logout"),
    "admin/password_change/": Page(staff(200), "admin:password_change"),
    "admin/password_change/done/": Page(staff(200), "admin:password_change_done"),
    "admin/autocomplete/": Page(staff(403), "admin:autocomplete"),
    "admin/jsi18n/": Page(staff(200), "admin:jsi18n"),
    "admin/participants/participant/daftar/": Page(
        staff(200, auditor=403), "admin:participants_participant_counter"
    ),
    **{
        f"admin/participants/participant/<int:pk>/{address}": Page(
            who, f"admin:participants_participant_{name}", args, method="post"
        )
        for address, name, args, who in (
            ("langkah/", "step", ("participant_pk",), ANSWERS),
            ("langkah/<int:event>/", "correct_step", ("participant_pk", "stageevent_pk"), ANSWERS),
            ("keaktifan/", "activity", ("participant_pk",), DECISIONS),
            ("keaktifan/aturan/", "activity_rule", ("participant_pk",), DECISIONS),
        )
    },
    "admin/participants/referral/cetak/": Page(staff(200), "admin:participants_referral_print"),
    "admin/participants/referral/unduh/": Page(
        staff(403, head=200), "admin:participants_referral_download", method="post"
    ),
    "admin/participants/participant/<int:pk>/tanda-terima/": Page(
        staff(200, auditor=403, elsewhere=404),
        "admin:participants_participant_receipt",
        ("participant_pk",),
    ),
    "admin/participants/participant/disampaikan/": Page(
        staff(200), "admin:participants_untold_index"
    ),
    # the campaign of this scene is an invitation, which has its own list
    "admin/participants/participant/disampaikan/<int:campaign>/": Page(
        staff(404), "admin:participants_untold_list", ("campaign_pk",)
    ),
    "admin/participants/participant/disampaikan/<int:campaign>/<int:person>/": Page(
        staff(404, auditor=403),
        "admin:participants_untold_mark",
        ("campaign_pk", "participant_pk"),
        "post",
    ),
    "admin/participants/participant/<path:object_id>/nik/": Page(
        staff(403, head=302, elsewhere=404),
        "admin:participants_participant_nik",
        ("participant_pk",),
        method="post",
    ),
    "admin/participants/datarequest/<int:pk>/jawab/": Page(
        staff(403, head=404, elsewhere=404),
        "admin:participants_datarequest_answer",
        ("datarequest_pk",),
        method="post",
    ),
    "admin/participants/licencerequest/<int:pk>/pindah/": Page(
        staff(302, auditor=403, elsewhere=404),
        "admin:participants_licencerequest_move",
        ("licencerequest_pk",),
        method="post",
    ),
    **{
        f"admin/trainings/cohort/<int:cohort>/{address}": Page(
            who, f"admin:trainings_cohort_{name}", ("cohort_pk", *args), method
        )
        for address, name, args, method, who in (
            *(
                (f"transpor/<int:pk>/{button}/", name, ("absent_pk",), "post", staff(403, head=404))
                for button, name in (("bayar", "transport_pay"), ("batal", "transport_cancel"))
            ),
            ("undang/", "invite", (), "get", staff(403, head=200)),
            ("undang/setujui/", "approve", (), "post", staff(403, head=302)),
            ("undang/pratinjau/", "preview", (), "post", staff(403, head=200)),
            ("tambah/", "paste", (), "get", staff(403, head=200)),
            ("jawaban/", "answers", (), "get", staff(200)),
            ("tunggu/", "waiting", (), "get", staff(200)),
            ("kehadiran/", "attendance", (), "get", staff(200)),
            ("kehadiran/daftar.pdf", "signatures", (), "get", staff(404)),  # without a session
            # without a file
            ("kehadiran/berkas/", "meeting", (), "get", staff(404, auditor=403)),
            ("kehadiran/tutup/", "close", (), "post", staff(403, head=302)),
            *(
                (f"kehadiran/<int:pk>/{address}/", name, (arg,), "post", who)
                for address, name, arg, who in (
                    ("hadir", "presence", "enrolment_pk", staff(404, auditor=403)),
                    ("selesaikan", "settle", "attendancemark_pk", DOOR_ERRANDS),
                    ("unggah", "meeting_upload", "session_pk", DOOR_ERRANDS),
                    ("baris", "meeting_row", "attendancefilerow_pk", DOOR_ERRANDS),
                    ("terima", "meeting_accept", "attendancefile_pk", DOOR_ERRANDS),
                )
            ),
            ("cetak/", "print", (), "get", staff(200)),
            ("sertifikat/", "certificates", (), "get", staff(200)),
            ("sertifikat/terbitkan/", "issue", (), "post", staff(403, head=302)),
            # nothing was printed
            ("sertifikat/cetak.pdf", "certificate_file", (), "get", staff(403, head=404)),
            ("sertifikat/satu.pdf", "certificate_paper", (), "get", staff(404)),  # of nobody
            ("sertifikat/contoh.pdf", "certificate_preview", (), "get", staff(200)),
            *(
                (f"sertifikat/<int:pk>/{address}/", name, ("certificate_pk",), "post", who)
                for address, name, who in (
                    ("cabut", "revoke", staff(403, head=302)),
                    ("ganti", "reissue", staff(403, head=302)),
                )
            ),
            ("jawaban/<int:pk>/catat/", "record", ("enrolment_pk",), "post", ANSWERS),
            ("jawaban/<int:pk>/selesai/", "handle", ("enrolment_pk",), "post", ANSWERS),
            (
                "jawaban/<int:pk>/pindah/",
                "move",
                ("enrolment_pk",),
                "post",
                staff(404, auditor=403),
            ),
            ("jawaban/<int:pk>/kursi/", "seat", ("enrolment_pk",), "post", ANSWERS),
            ("cetak/<int:pk>/", "told", ("enrolment_pk",), "post", ANSWERS),
            ("pindah/", "transfer", (), "get", staff(403, head=200)),
            ("pindah/tunggu/", "carry", (), "post", staff(403, head=302)),
            ("pindah/batalkan/", "cancel", (), "post", staff(403, head=422)),
            ("tunggu/<int:pk>/", "prioritise", ("enrolment_pk",), "post", staff(403, head=302)),
            ("buka/", "open", (), "post", staff(403, head=302)),
            ("pelatih/", "trainers", (), "get", staff(200)),
            ("salin/", "waves", (), "get", staff(403, head=200)),
            ("salin/satu/", "clone", (), "post", staff(403, head=422)),
            ("umpan-balik/", "feedback", (), "get", staff(200)),
            ("transpor/", "transport", (), "get", staff(200)),
            ("transpor/buat/", "transport_make", (), "post", staff(403, head=302)),
            *(
                (f"transpor/daftar.{kind}", f"transport_{kind}", (), "get", staff(403, head=404))
                for kind in ("pdf", "xlsx", "csv")
            ),
        )
    },
    "admin/trainings/cohort/umpan-balik/": Page(staff(200), "admin:trainings_aftermath"),
    "admin/trainings/cohort/<int:cohort>/umpan-balik/<int:pk>/alasan/": Page(
        staff(404, auditor=403),  # nobody of the scene stayed away
        "admin:trainings_cohort_reason",
        ("cohort_pk", "enrolment_pk"),
        "post",
    ),
    "admin/trainings/programme/pengingat/<str:rule>/": Page(
        staff(403, head=200), "admin:trainings_reminder_text", ("reminder_text",)
    ),
    "admin/trainings/cohort/kesiapan/": Page(staff(200), "admin:trainings_cohort_month"),
    "admin/trainings/cohort/kalender/": Page(staff(200), "admin:trainings_cohort_calendar"),
    **{
        f"admin/participants/duplicatepair/<int:pk>/{address}/": Page(
            staff(403, head=302, elsewhere=404),
            f"admin:participants_duplicatepair_{name}",
            ("duplicatepair_pk",),
            method="post",
        )
        for address, name in (("gabung", "merge"), ("beda", "differ"), ("periksa", "reopen"))
    },
    "admin/participants/merge/<int:pk>/batalkan/": Page(
        staff(403, head=302, elsewhere=404),
        "admin:participants_merge_undo",
        ("merge_pk",),
        method="post",
    ),
    "admin/partners/agreement/<int:pk>/akhiri/": Page(
        staff(404, head=302, auditor=403), "admin:partners_agreement_end", ("agreement_pk",), "post"
    ),
    "admin/partners/agreement/<int:pk>/berkas/<int:paper>/": Page(
        staff(404), "admin:partners_agreement_paper", ("agreement_pk", "agreement_pk")
    ),
    "admin/partners/sharedlist/<int:pk>/unduh/": Page(
        staff(404, head=302, auditor=403), "admin:partners_sharedlist_download", ("sharedlist_pk",)
    ),
    "admin/partners/salesreport/<int:pk>/tarik/": Page(
        staff(404, head=302, auditor=403),
        "admin:partners_salesreport_withdraw",
        ("salesreport_pk",),
        "post",
    ),
    "admin/mitra/corong/": Page(staff(200, district=403, elsewhere=403), "admin:partner_funnel"),
    "admin/pengiriman/": Page(staff(200, district=403, elsewhere=403), "admin:operations"),
    "admin/laporan/": Page(staff(200, district=403, elsewhere=403), "admin:council"),
    "admin/laporan/gelombang/": Page(
        staff(200, district=403, elsewhere=403), "admin:council_cohorts"
    ),
    "admin/laporan/unduh/": Page(staff(200, district=403, elsewhere=403), "admin:council_file"),
    # without saying of which number
    "admin/laporan/daftar/": Page(staff(404, district=403, elsewhere=403), "admin:council_list"),
    "admin/partners/bazaar/<int:pk>/isi/": Page(
        staff(404, head=302, auditor=403), "admin:partners_bazaar_fill", ("bazaar_pk",), "post"
    ),
    "admin/messaging/campaign/<int:pk>/rancangan/<slug:step>/": Page(
        staff(404, district=403, elsewhere=403, head=200, auditor=200),
        "admin:messaging_campaign_desk",
        ("plan_pk", "desk_step"),
    ),
    "admin/messaging/campaign/<int:pk>/rancangan/pesan/pratinjau/": Page(
        staff(404, district=403, elsewhere=403, head=200, auditor=200),
        "admin:messaging_campaign_frames",
        ("plan_pk",),
        "post",
    ),
    "admin/messaging/campaign/<int:pk>/meja/<slug:button>/": Page(
        staff(403, head=302),
        "admin:messaging_campaign_desk_press",
        ("plan_pk", "desk_button"),
        "post",
    ),
    "admin/messaging/sendingaccount/<int:pk>/tombol/<str:button>/": Page(
        staff(403, head=302),
        "admin:messaging_sendingaccount_press",
        ("account_pk", "account_button"),
        "post",
    ),
    "admin/messaging/campaign/<int:pk>/kemajuan/": Page(
        staff(200, district=403, elsewhere=403),
        "admin:messaging_campaign_progress",
        ("campaign_pk",),
    ),
    "admin/messaging/campaign/<int:pk>/tombol/<str:button>/": Page(
        staff(403, head=302), "admin:messaging_campaign_press", ("campaign_pk", "button"), "post"
    ),
    "admin/messaging/campaign/<int:pk>/daftar/<slug:name>/": Page(
        staff(200, district=403, elsewhere=403),
        "admin:messaging_campaign_list",
        ("campaign_pk", "list_name"),
    ),
    **{
        f"admin/messaging/campaign/<int:pk>/daftar/<slug:name>/{address}/": Page(
            staff(403, head=status),
            f"admin:messaging_campaign_{name}",
            ("campaign_pk", "list_name"),
            "post",
        )
        for address, name, status in (("unduh", "list_file", 200), ("tindak", "list_act", 302))
    },
    "admin/messaging/campaign/<int:pk>/pesan/<int:delivery>/rincian/": Page(
        staff(200, district=403, elsewhere=403),
        "admin:messaging_campaign_message",
        ("campaign_pk", "delivery_pk"),
    ),
    **{
        f"admin/messaging/reply/<int:pk>/{address}/": Page(
            staff(302, auditor=403, elsewhere=404),
            f"admin:messaging_reply_{name}",
            ("reply_pk",),
            "post",
        )
        for address, name in (("tangani", "handle"), ("catat", "record"), ("jawab", "answer"))
    },
    "admin/messaging/suppression/<int:pk>/cabut/": Page(
        staff(403, head=302), "admin:messaging_suppression_lift", ("suppression_pk",), "post"
    ),
    "admin/messaging/campaign/<int:pk>/pesan/<int:delivery>/": Page(
        staff(403, head=302),
        "admin:messaging_campaign_resolve",
        ("campaign_pk", "delivery_pk"),
        "post",
    ),
    "admin/imports/importfile/contoh/<slug:slug>/": Page(
        staff(200, district=403, elsewhere=403),
        "admin:imports_importfile_example",
        ("profile_slug",),
    ),
    "admin/imports/importfile/<int:pk>/perbaikan/": Page(
        staff(403, head=200, district=404, elsewhere=404),
        "admin:imports_importfile_errors",
        ("importfile_pk",),
    ),
    "admin/imports/importfile/<int:pk>/tinjau/": Page(
        staff(403, head=200, district=404, elsewhere=404),
        "admin:imports_importfile_review",
        ("importfile_pk",),
    ),
    "admin/imports/importfile/<int:pk>/baris/<int:row_no>/": Page(
        staff(403, head=404, district=404, elsewhere=404),
        "admin:imports_importfile_row",
        ("importfile_pk", "importfile_pk"),
    ),
    "admin/imports/importfile/<int:pk>/perbaiki/": Page(
        staff(403, head=404, district=404, elsewhere=404),
        "admin:imports_importfile_repair",
        ("importfile_pk",),
        method="post",
    ),
    **{
        f"admin/participants/segment/<int:pk>/sebaran/{address}": Page(
            staff(404, head=200, auditor=200),
            f"admin:participants_segment_{name}",
            ("segment_pk",),
        )
        for address, name in (("", "split"), ("unduh/", "split_file"))
    },
    "admin/participants/segment/hitung/": Page(
        staff(200), "admin:participants_segment_count", method="post"
    ),
    "admin/participants/segment/<int:pk>/salin/": Page(
        staff(404, head=302, auditor=403),
        "admin:participants_segment_copy",
        ("segment_pk",),
        method="post",
    ),
    "admin/participants/exportfile/<int:pk>/batal/": Page(
        staff(404, head=302),
        "admin:participants_exportfile_cancel",
        ("exportfile_pk",),
        method="post",
    ),
    "admin/participants/exportfile/<int:pk>/unduh/": Page(
        staff(404, head=302), "admin:participants_exportfile_download", ("exportfile_pk",)
    ),
    "admin/partners/curationcall/<int:pk>/status/<slug:button>/": Page(
        staff(404, auditor=403, head=302),
        "admin:partners_curationcall_press",
        ("curationcall_pk", "call_button"),
        method="post",
    ),
    "admin/partners/application/<int:pk>/foto/": Page(
        staff(404), "admin:partners_application_photo", ("application_pk",)
    ),
    **{
        f"admin/partners/application/<int:pk>/{address}/": Page(
            ANSWERS, f"admin:partners_application_{name}", ("application_pk",), "post"
        )
        for address, name in (("langkah", "step"), ("kembalikan", "return"))
    },
    **{
        f"admin/partners/{model}/<int:pk>/{address}/": Page(
            staff(404, auditor=403, head=302),
            f"admin:partners_{model}_{name}",
            (f"{model}_pk",),
            method="post",
        )
        for model, address, name in (
            ("curationlist", "umumkan", "announce"),
            ("curationlist", "urungkan", "undo"),
            ("curationlist", "undang", "invite"),
            ("curationdecision", "tautkan", "link"),
            ("curationdecision", "undang", "invite"),
            ("curationdecision", "kesampingkan", "aside"),
            ("curationdecision", "periksa", "reopen"),
            ("appeal", "jawab", "answer"),
        )
    },
    **{
        f"admin/imports/importfile/<int:pk>/{step}/": Page(
            staff(403, head=422 if name == "match" else 302, district=404, elsewhere=404),
            f"admin:imports_importfile_{name}",
            ("importfile_pk",),
            method="post",
        )
        for step, name in (
            ("kolom", "match"),
            ("terima", "accept"),
            ("batal", "cancel"),
            ("aturan", "rule"),
            ("tarik", "undo"),
        )
    },
}

STANDARD = re.compile(
    r"^admin/(?P<app>\w+)/(?P<model>\w+)/"
    r"(?P<page>|add/|import/|process_import/|export/|<path:object_id>/(?:|change/|delete/|history/))$"
)
NOT_ADDRESSES = re.compile(r"^admin/(?:\^.*|\(\?P<url>.*|r/.*)$")
"""The admin's patterns for its application pages, for addresses that do not exist, and for links
to objects without a page: all inside the same guard."""
WRITING = {"add/", "import/", "process_import/", "<path:object_id>/delete/"}
KEPT_BY_SUPERUSERS = {"accounts", "mfa", "socialaccount", "usersessions", "regions"}


def all_routes(resolver=None, prefix=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from all_routes(pattern, route)
        else:
            yield route


ROUTES = list(all_routes())
STANDARD_ROUTES = [route for route in ROUTES if STANDARD.match(route)]


@pytest.fixture(scope="module")
def seeded(module_transaction):
    """One person with a business, an invitation and its message, and everybody who may knock."""
    region = RegionFactory(code="31.74.01.1001")
    owner, agency = UserFactory(), OrganisationFactory()
    person = ParticipantFactory(account=owner, region=region)
    twin = ParticipantFactory(full_name=person.full_name, phone=person.phone, region=region)
    cohort = CohortFactory(walk_ins="free_seats")
    enrolment = EnrolmentFactory(participant=person, cohort=cohort)
    accept(enrolment, now=timezone.now(), via=VIA_LINK)
    campaign = CampaignFactory(subject_id=cohort.pk)
    delivery = DeliveryFactory(campaign=campaign, recipient_key=person.pk, subject_id=enrolment.pk)

    draft = begin(
        Contact("phone", "+6281211112222"),
        public_id=uuid.uuid4(),
        name="Siti",
        cohort_code="",
        now=timezone.now(),
    )

    def member(role, region=None):
        return MembershipFactory(role=role, organisation=agency, region=region).user

    here, there = (RegionFactory(code=c, level="district") for c in ("31.74.01", "31.71.01"))
    session = cohort.sessions.get()
    session.venue = VenueFactory(region=here)
    session.save()
    company = OrganisationFactory(kind=Organisation.Kind.PARTNER)
    uploader = MembershipFactory(
        user=UserFactory(), organisation=company, role=Role.PARTNER_UPLOADER
    )
    partner = PartnerFactory(organisation=company)
    call = CurationCallFactory(partner=partner)
    invitation = invite_member(
        partner, email="baru@contoh.example", role=Role.PARTNER_READER, by=None, now=timezone.now()
    )
    agreement = Agreement.objects.create(
        partner=partner, number="PKS-1", valid_from="2020-01-01", valid_to="2099-12-31"
    )
    head = member(Role.HEAD_OFFICE)
    scene = SimpleNamespace(
        anonymous=None,
        owner=owner,
        stranger=ParticipantFactory(account=UserFactory()).account,
        partner=uploader.user,
        auditor=member(Role.AUDITOR),
        district=member(Role.DISTRICT, here),
        elsewhere=member(Role.DISTRICT, there),
        head=head,
        segment_pk=SegmentFactory(owner=head).pk,
        exportfile_pk=ExportFileFactory(requested_by=head).pk,
        participant_pk=person.pk,
        business_pk=BusinessFactory(participant=person).pk,
        duplicatepair_pk=DuplicatePair.objects.create(first=person, second=twin, score=0.9).pk,
        merge_pk=Merge.objects.create(source=person, target=twin).pk,
        stageevent_pk=StageEvent.objects.create(
            participant=person,
            stage=Stage.objects.create(code="P4", name="Perizinan"),
            occurred_on=timezone.localdate(),
            source_ref="uji",
        ).pk,
        cohort_pk=cohort.pk,
        reminder_text="day",
        cohort_code=cohort.code,
        enrolment_pk=enrolment.pk,
        session_pk=session.pk,
        **attendance_of(session, enrolment),
        **certificate_of(enrolment),
        enrolment_public_id=enrolment.public_id,
        datarequest_pk=ask(person, kind="restriction", account=owner, now=timezone.now()).pk,
        licencerequest_pk=ask_licence(
            person, kind="nib", wants_delivery=False, actor=owner, now=timezone.now()
        ).pk,
        **curation_of(person),
        campaign_pk=campaign.pk,
        delivery_pk=delivery.pk,
        button="jeda",
        plan_pk=CampaignPlan.objects.create(
            campaign=CampaignFactory(kind="announcement"), purpose="announcement"
        ).campaign_id,
        desk_step="penerima",
        desk_button="kembalikan",
        account_pk=default_account("email").pk,
        account_button="coba-lagi",
        answer_token=tokens.sign("answer", delivery.public_id),
        ticket_token=token_of(enrolment),
        stop_token=tokens.sign("stop", delivery.public_id),
        membership_pk=uploader.pk,
        call_slug=call.slug,
        curationfile_pk=ImportFile.objects.create(
            name="lolos.csv",
            profile="kurasi",
            sha256="1" * 64,
            organisation=company,
            options={"call": call.pk},
        ).pk,
        agreement_pk=agreement.pk,
        salesreport_pk=SalesReport.objects.create(partner=partner, version=1).pk,
        sharedlist_pk=SharedList.objects.create(
            partner=partner, agreement=agreement, version=1, expires_at=timezone.now()
        ).pk,
        bazaar_slug="bazar",
        bazaar_pk=Bazaar.objects.create(
            partner=partner,
            slug="bazar",
            name="Bazar",
            starts_on="2026-11-16",
            ends_on="2026-11-20",
        ).pk,
        memberinvitation_pk=invitation.pk,
        apitoken_pk=make_token(
            partner,
            name="Gudang",
            scopes=["lists:read"],
            days=30,
            by=None,
            now=timezone.now(),
        )[0].pk,
        absent_path="tidak/ada",
        absent_pk=987_654_321,
        join_token=tokens.sign("partner.invitation", invitation.public_id),
        mail_pk=CaughtMail.objects.create(
            message_id="1", recipient="a@b.c", subject="", text=""
        ).pk,
        profile_slug="register",
        importfile_pk=ImportFile.objects.create(
            name="daftar.csv", profile="register", sha256="0" * 64
        ).pk,
        email_provider="postmark",
        list_name="gagal",
        reply_pk=Reply.objects.create(
            channel="whatsapp", key="wamid.1", text="halo", word="unclear", region=region
        ).pk,
        suppression_pk=Suppression.objects.create(
            channel="email", address="a@contoh.example", reason="staff"
        ).pk,
        draft_token=tokens.sign("registration", draft.public_id),
        draft_step=draft.step,
        staff_token=sign_staff_link(UserFactory(is_staff=True)),
    )
    scene.sessions = {kind: session_of(getattr(scene, kind)) for kind in KINDS}
    return scene


@pytest.fixture
def scene(db, seeded):
    return deepcopy(seeded)


def attendance_of(session, enrolment):
    """A mark that waits to be settled, and the list of a meeting."""
    conflict = AttendanceMark.objects.create(
        session=session,
        enrolment=enrolment,
        via="scan",
        outcome="conflict",
        happened_at=timezone.now(),
    )
    file = AttendanceFile.objects.create(session=session, name="rapat.csv", sha256="2" * 64)
    person = file.rows.create(number=1, name="HP", minutes=9, match="nobody")
    return {
        "attendancemark_pk": conflict.pk,
        "attendancefile_pk": file.pk,
        "attendancefilerow_pk": person.pk,
    }


def certificate_of(enrolment):
    """A valid certificate of hers."""
    edition = freeze(enrolment.cohort, kind="finished")
    paper = Certificate.objects.create(
        number="222222222222",
        enrolment=enrolment,
        edition=edition,
        kind="finished",
        name=enrolment.participant.full_name,
        minutes=180,
        issued_on=timezone.localdate(),
    )
    return {
        "certificate_pk": paper.pk,
        "certificate_number": paper.shown_number,
        "certificate_token": tokens.sign(PURPOSE, enrolment.public_id),
    }


def curation_of(person):
    """An application of hers to an open call; a result, an objection and an unknown row."""
    application = ApplicationFactory(participant=person)
    version = CurationListFactory()
    unknown = CurationDecisionFactory(list=version, participant=None, waiting="review")
    result = CurationResult.objects.create(
        call=version.call, participant=person, list=version, outcome="failed"
    )
    answered = Appeal.objects.create(
        result=result, participant=person, text="Keliru", state="upheld", answered_at=timezone.now()
    )
    return {
        "curationcall_pk": application.call_id,
        "open_slug": application.call.slug,
        "call_button": "tutup",
        "application_pk": application.pk,
        "decided_slug": version.call.slug,
        "curationlist_pk": version.pk,
        "curationdecision_pk": unknown.pk,
        "appeal_pk": answered.pk,
    }


def session_of(user):
    """The cookie of a browser in which this visitor is logged in; "" for a guest's."""
    client = Client()
    if user:
        client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value if user else ""


def knock(scene, kind, paths, method="get"):
    """The status that one visitor gets at each of several addresses."""
    client = Client()
    if scene.sessions[kind]:
        client.cookies[settings.SESSION_COOKIE_NAME] = scene.sessions[kind]
    return {name: getattr(client, method)(path).status_code for name, path in paths.items()}


def answers(scene, path, method="get", kinds=KINDS):
    """The status that each kind of visitor gets."""
    return {kind: knock(scene, kind, {kind: path}, method)[kind] for kind in kinds}


def test_every_address_is_in_the_table():
    known = {*TABLE, *STANDARD_ROUTES}

    assert [r for r in ROUTES if r not in known and not NOT_ADDRESSES.match(r)] == []
    assert [r for r in TABLE if r not in ROUTES] == [], "rows of addresses that are gone"


@pytest.mark.parametrize("kind", KINDS)
def test_pages_open_for_whom_the_table_says(scene, kind):
    pages = {route: page for route, page in TABLE.items() if page.method == "get"}

    found = knock(scene, kind, {r: p.path(scene) for r, p in pages.items()})

    assert found == {route: page.who[kind] for route, page in pages.items()}


@pytest.mark.parametrize("route", [r for r, page in TABLE.items() if page.method == "post"])
def test_buttons_work_for_whom_the_table_says(scene, route):
    page = TABLE[route]

    assert answers(scene, page.path(scene), page.method) == page.who


@pytest.mark.parametrize("kind", ["anonymous", "stranger", "head"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_practice_pages_exist_on_practice_data_only(scene, settings, kind, method):
    settings.DEMO = False
    routes = [route for route in TABLE if route.startswith("coba/")]
    paths = {route: TABLE[route].path(scene) for route in routes}

    assert knock(scene, kind, paths, method) == dict.fromkeys(routes, 404)


@pytest.mark.parametrize("route", [r for r in TABLE if "<str:token>" in r])
def test_link_with_a_changed_token_opens_nothing(scene, route):
    page = TABLE[route]
    token = getattr(scene, page.args[0])
    forged = page.path(scene).replace(token, token[:-1] + ("A" if token[-1] != "A" else "B"))

    assert set(answers(scene, forged).values()) <= {404, 410}


def standard_answers(scene, kind, routes, method="get"):
    """What one kind of visitor gets on standard pages; own models have a row in the scene."""
    paths = {}
    for route in routes:
        pk = getattr(scene, f"{STANDARD.match(route)['model']}_pk", 1)
        paths[route] = "/" + route.replace("<path:object_id>", str(pk))
    return knock(scene, kind, paths, method)


@pytest.mark.parametrize(
    ("kind", "method"),
    [(kind, "get") for kind in ("anonymous", "owner", "partner")]
    + [(kind, "post") for kind in ("anonymous", "stranger")],
)
def test_standard_staff_pages_are_closed_to_everybody_else(scene, kind, method):
    found = standard_answers(scene, kind, STANDARD_ROUTES, method)

    assert set(found.values()) == {STRANGERS_TO_STAFF[kind]}, found
    assert len(found) > 50


@pytest.mark.parametrize("kind", ["auditor", "district", "elsewhere"])
def test_roles_that_only_read_can_add_import_and_delete_nothing(scene, kind):
    writing = [route for route in STANDARD_ROUTES if STANDARD.match(route)["page"] in WRITING]

    found = standard_answers(scene, kind, writing)

    assert {route: status for route, status in found.items() if status in {200, 302}} == {}


def test_head_office_writes_no_accounts_and_no_regions(scene):
    routes = [r for r in STANDARD_ROUTES if STANDARD.match(r)["app"] in KEPT_BY_SUPERUSERS]
    writing = [route for route in routes if STANDARD.match(route)["page"] in WRITING]

    found = standard_answers(scene, "head", writing)

    assert {route: status for route, status in found.items() if status not in {403, 404}} == {}


@pytest.mark.parametrize("model", ["participant", "business", "duplicatepair", "merge"])
def test_rows_of_another_district_are_not_there(scene, model):
    path = f"/admin/participants/{model}/{getattr(scene, f'{model}_pk')}/change/"

    found = answers(scene, path)

    assert found.pop("elsewhere") in {302, 404}
    assert found.items() <= staff(200).items()
