"""The whole way of an owner: five pages, the last look, the receipt, her seat."""

import re

import pytest

from participants.models import Participant, Referral, Registration
from tests.factories import CohortFactory
from tests.pages.registration.conftest import NIK, answers, path_of
from trainings.models import Enrolment

pytestmark = pytest.mark.usefixtures("lists")


def text(response):
    """What the page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def test_an_owner_comes_from_a_class_to_her_seat(owner):
    cohort = CohortFactory()
    siti = owner()
    body = siti.get(cohort.get_absolute_url()).content.decode()
    assert f"/daftar/?gelombang={cohort.code}" in body

    siti.get(f"/daftar/?gelombang={cohort.code}")
    assert siti.begin() == "/daftar/identitas/"
    assert path_of(siti.tell("identitas")) == "/daftar/alamat/"
    assert (
        path_of(siti.post("/daftar/alamat/", wilayah="31.71", aksi="wilayah")) == "/daftar/alamat/"
    )
    assert "Kebon Kacang" in text(siti.get("/daftar/alamat/"))
    assert path_of(siti.tell("alamat")) == "/daftar/usaha/"
    assert path_of(siti.tell("usaha")) == "/daftar/minat/"
    assert "Rp120.000.000 (seratus dua puluh juta rupiah)" in text(siti.get("/daftar/minat/"))
    assert path_of(siti.tell("minat")) == "/daftar/periksa/"
    told = text(siti.get("/daftar/periksa/"))
    assert (
        "Kebon Melati, Tanah Abang, Jakarta Pusat" in told or "Tanah Abang, Jakarta Pusat" in told
    )
    assert "https://shopee.co.id/dapursiti, Toko atau kios" in told
    assert not Participant.objects.exists()

    for _ in range(2):
        assert path_of(siti.post("/daftar/periksa/")) == "/daftar/selesai/"
    receipt = siti.get("/daftar/selesai/")

    person = Participant.objects.get()
    enrolment = Enrolment.objects.get()
    draft = Registration.objects.get()
    assert (person.nik, person.phone, person.is_willing) == (NIK, "+6281234567890", True)
    assert person.account.phone == person.phone
    assert (enrolment.participant, enrolment.cohort, enrolment.state) == (
        person,
        cohort,
        "confirmed",
    )
    assert (draft.state, draft.sealed_answers, draft.participant) == ("sent", None, person)
    assert "Kursi Anda aman." in text(receipt)
    assert "P1 Pendaftaran selesai" in text(receipt)
    ticket = re.search(r'href="(/u/[^"]+)"', receipt.content.decode())[1]
    assert "Tunjukkan kode ini" in text(siti.get(ticket))


def test_a_full_class_gives_a_place_in_the_line_and_a_refusal_leaves_the_registration(owner):
    full = CohortFactory(seats=1, taken=1)
    closed = CohortFactory(closes_at="2020-01-01T00:00+07:00")
    jakarta = CohortFactory(eligibility="jakarta_resident")
    said = {}
    for number, cohort in enumerate((full, closed, jakarta)):
        somebody = owner(name=f"Orang {'ABC'[number]}", contact=f"0812-3456-789{number}")
        somebody.get(f"/daftar/?gelombang={cohort.code}")
        place = {"wilayah": "luar", "tempat": "13.71"} if cohort == jakarta else {}
        said[cohort] = text(somebody.register(alamat=place))

    assert "Urutan Anda di daftar tunggu: 1." in said[full]
    assert "Pendaftaran gelombang ini sudah ditutup." in said[closed]
    assert "hanya untuk warga Jakarta" in said[jakarta]
    assert Participant.objects.count() == 3
    assert Enrolment.objects.count() == 1
    referral = Referral.objects.get()
    assert referral.region.name == "Kota Padang"
    assert referral.told_at is not None
    assert "koperasi dan UMKM Kota Padang" in said[jakarta]
    outside = text(somebody.get("/daftar/luar-jakarta/?kota=13.71"))
    assert full.training.title in outside
    assert jakarta.training.title not in outside


def test_answers_survive_mistakes_and_go_on_at_another_device(owner):
    here = owner()
    here.begin()
    wrong = here.post("/daftar/identitas/", nik="123", lahir="15/03/1990")
    assert wrong.status_code == 422
    assert "<title>Kesalahan: " in wrong.content.decode()
    assert "NIK harus 16 angka" in text(wrong)
    here.tell("identitas", "alamat")
    here.post("/daftar/usaha/", **answers()["usaha"] | {"omzet": "1.5"})
    link = re.search(r"/daftar/lanjut/[^<\"%]+", here.get("/daftar/usaha/").content.decode())[0]

    there = owner()
    shown = there.get(link)
    assert "0812••••890" in text(shown)
    assert there.get("/daftar/usaha/").url == "/daftar/"
    there.post(link)
    wrong = there.post("/daftar/kode/", kode="1" * 6 if here.code() != "1" * 6 else "2" * 6)
    assert "Kode salah" in text(wrong)
    assert "Dapur" not in text(wrong)
    assert path_of(there.post("/daftar/kode/", kode=here.code())) == "/daftar/usaha/"
    kept = there.get("/daftar/usaha/").content.decode()
    assert 'value="Dapur Siti"' in kept
    assert 'value="1.5"' not in kept
    there.tell("usaha", "minat")
    assert path_of(there.post("/daftar/periksa/")) == "/daftar/selesai/"
    assert path_of(here.get("/daftar/minat/")) == "/daftar/selesai/"
