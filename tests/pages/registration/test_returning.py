"""Coming back to what was begun: by a code alone, by the link on the phone, on any device."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from participants.contacts.forgetting import forget_codes
from participants.models import CodeSpending, Registration
from tests.codes import code_to
from tests.pages.registration.conftest import path_of
from tests.pages.registration.test_registering import text
from umkm_portal.messaging.models import Delivery
from umkm_portal.pages.registration.reminding import remind

pytestmark = pytest.mark.usefixtures("lists")
E164 = "+6281234567890"
LINKS = Delivery.objects.filter(campaign__kind="registration_link")


def log_in(person):
    """A plain login by code; returns the answer to the code."""
    person.post("/masuk/", kontak=person.contact)
    return person.post("/masuk/kode/", kode=person.code())


def test_a_plain_login_leads_back_on_another_device(owner):
    begun = owner()
    begun.begin()
    begun.tell("identitas")

    phone = owner()
    answer = log_in(phone)

    assert "belum selesai" in Delivery.objects.latest("pk").context["catatan"]
    assert path_of(answer) == "/daftar/lanjut/"
    assert path_of(phone.get("/daftar/lanjut/")) == "/daftar/alamat/"
    phone.tell("alamat", "usaha", "minat")
    assert path_of(phone.post("/daftar/periksa/")) == "/daftar/selesai/"
    stranger = owner(contact="0812-9999-0000")
    assert path_of(stranger.get("/daftar/lanjut/")) == "/daftar/"


def test_who_typed_another_name_is_asked_which_one_to_go_on_with(owner):
    begun = owner()
    begun.begin()
    begun.tell("identitas", "alamat")
    first = Registration.objects.get()

    again = owner(name="Siti Aminah Wati")
    assert again.begin() == "/daftar/lanjut/"
    page = text(again.get("/daftar/lanjut/"))
    assert "Langkah 4 dari 5: Usaha" in page
    assert "Baru dimulai" in page
    assert again.post("/daftar/lanjut/", pendaftaran="x").status_code == 404
    answer = again.post("/daftar/lanjut/", pendaftaran=str(first.public_id))

    assert path_of(answer) == "/daftar/usaha/"
    assert Registration.objects.get() == first, "the empty beginning is gone"


def test_the_page_of_an_account_shows_what_its_family_left_unfinished(owner):
    siti = owner()
    siti.register()
    siti.get("/daftar/?baru=1")
    siti.post("/daftar/", nama="Budi Santoso", kontak=siti.contact)
    siti.tell("identitas", identitas={"nik": "3171991203880002", "lahir": "12/03/1988"})

    other = owner()
    log_in(other)

    assert "Pendaftaran Budi Santoso belum selesai" in text(other.get("/saya/"))
    assert path_of(other.get("/daftar/lanjut/")) == "/daftar/alamat/"


def test_the_link_goes_to_the_phone_counted_and_paid_like_a_code(owner, settings):
    settings.CODE_COST = {"sms": 400}
    settings.CODE_DAILY_BUDGET, settings.CODES_PER_HOUR = 900, 2
    siti = owner()
    siti.begin()

    typed = {"nik": "3171", "lahir": "15/03/1990", "aksi": "tautan"}
    page = siti.post("/daftar/identitas/", **typed)

    assert page.status_code == 200
    assert "sudah dikirim ke 0812" in text(page)
    assert 'value="3171"' in page.content.decode(), "what was typed stays"
    assert "NIK harus" not in text(page)
    sent = LINKS.get()
    assert (sent.address, sent.channel) == (E164, "sms")
    assert CodeSpending.objects.get().rupiah == 800
    refused = siti.post("/daftar/identitas/", **typed)
    assert "Sudah 2 kode dikirim" in text(refused)
    assert LINKS.count() == 1
    link = re.search(r"/daftar/lanjut/[\w-]{40}/", sent.context["lanjut"]).group()
    settings.CODES_PER_HOUR, settings.CODE_DAILY_BUDGET = 9, 9_000
    elsewhere = owner()
    elsewhere.post(link)
    answer = elsewhere.post("/daftar/kode/", kode=code_to(E164))
    assert path_of(answer) == "/daftar/identitas/"


def test_it_goes_by_itself_once_to_a_phone_left_alone(owner, settings):
    siti, mailed = owner(), owner(contact="siti@contoh.example")
    for person in (siti, mailed):
        person.begin()
    now = timezone.now()

    assert remind(now=now) == 0, "she is still at it"
    budget, settings.CODE_DAILY_BUDGET = settings.CODE_DAILY_BUDGET, 0
    assert remind(now=now + timedelta(hours=2)) == 0, "codes come first"
    settings.CODE_DAILY_BUDGET = budget
    later = now + timedelta(minutes=settings.REGISTRATION_LINK_MINUTES + 1)
    assert [remind(now=later), remind(now=later)] == [1, 0]

    sent = LINKS.get()
    assert (sent.address, mail.outbox) == (E164, [])
    LINKS.update(state="accepted")
    forget_codes(now=now + timedelta(days=3))
    sent.refresh_from_db()
    assert (sent.address, sent.context) == ("", {})
