"""Data, business, consents, copies, requests and licences on the owner's pages."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from participants.access import record_access
from participants.consents import has_consent
from participants.licences import ask_licence, move_licence
from participants.models import Business, DataAccess, DataRequest
from partners.models import Partner
from tests.factories import (
    BusinessFactory,
    OrganisationFactory,
    ParticipantFactory,
    RegionFactory,
    SectorFactory,
    UserFactory,
)
from umkm_portal.messaging.models import ChannelOrder, Suppression

pytestmark = pytest.mark.django_db


@pytest.fixture
def regions():
    province = RegionFactory(code="31", level="province", name="Daerah Khusus Ibukota Jakarta")
    city = RegionFactory(
        code="31.71",
        level="city",
        name="Kota Administrasi Jakarta Pusat",
        short_name="Jakarta Pusat",
        parent=province,
    )
    district = RegionFactory(code="31.71.07", level="district", name="Tanah Abang", parent=city)
    return RegionFactory(code="31.71.07.1001", name="Gelora", parent=district)


PROFILE = {
    "full_name": "Siti  Aminah Putri",
    "birth_date": "25 Maret 1990",
    "address": "Jalan Baru 2",
    "city": "Jakarta Pusat",
    "district": "tanah abang",
    "village": "Gelora",
    "track": "scaling_up",
}


def follow(client, address, facts):
    response = client.post(address, facts, follow=True)
    assert response.status_code == 200, response.content.decode()[:3000]
    return response.content.decode()


def test_own_data_are_corrected_and_verified_ones_are_asked_for(client, family, regions):
    assert "Data Anda sudah disimpan." in follow(client, "/saya/profil/", PROFILE)
    family.siti.refresh_from_db()
    assert (family.siti.full_name, family.siti.region) == ("Siti Aminah Putri", regions)
    assert f"{family.siti.birth_date}" == "1990-03-25"
    assert "Gelora" in client.get("/saya/profil/").content.decode()

    family.siti.identity = "verified"
    family.siti.save()
    changed = PROFILE | {"full_name": "Siti Lain", "address": "Jalan C 3"}
    assert "dikirim kepada petugas" in follow(client, "/saya/profil/", changed)
    family.siti.refresh_from_db()
    assert (family.siti.full_name, family.siti.address) == ("Siti Aminah Putri", "Jalan C 3")
    assert DataRequest.objects.get().proposed == {"full_name": "Siti Lain"}


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        ({"full_name": ""}, "Tulis nama Anda seperti di KTP."),
        ({"birth_date": "03/25/1990"}, "Tulis hari dulu"),
        ({"birth_date": "01/01/2020"}, "17 tahun"),
        ({"city": "Negeri Antah"}, "tidak dikenal"),
        ({"village": ""}, "Tulis kecamatan dan kelurahan"),
    ],
)
def test_profile_says_how_to_repair(client, family, regions, fact, sentence):
    response = client.post("/saya/profil/", PROFILE | fact)

    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_business_channels_and_sales_are_kept(client, family):
    page = f"/saya/usaha/{family.business.pk}/"
    facts = {
        "name": "Dapur Bu Siti",
        "sector": SectorFactory().pk,
        "products": "Kue",
        "nib": "0123456789012",
        "yearly_sales": "60 juta",
        "market": "Tanah Abang",
        "stall": "G 12",
        "sells_live": "ya",
    }
    text = follow(client, page, facts)
    assert "Rp60.000.000 (enam puluh juta rupiah)" in text
    row = Business.objects.get(pk=family.business.pk)
    assert (row.name, row.nib, row.sells_live, row.scale) == (
        *("Dapur Bu Siti", "0123456789012", True),
        "micro",
    )

    follow(client, page + "tempat-jual/", {"platform": "shopee", "store_link": "shopee.co.id/siti"})
    link = row.channels.get()
    assert link.store_link == "https://shopee.co.id/siti"
    refused = client.post(page + "tempat-jual/", {"platform": "tiktok", "store_link": ""})
    assert (refused.status_code, row.channels.count()) == (422, 1)
    follow(client, page + "tempat-jual/", {"hapus": link.pk})
    assert not row.channels.exists()

    month = f"{timezone.localdate():%Y-%m}"
    unclear = client.post(page + "omzet/", {"month": month, "amount": "1,500"})
    assert unclear.status_code == 422
    assert "bisa berarti dua hal" in unclear.content.decode()
    follow(client, page + "omzet/", {"month": month, "amount": "4.000.000"})
    text = follow(client, page + "omzet/", {"month": month, "amount": "Rp5.000.000"})
    assert "Rp5.000.000 (lima juta rupiah)" in text
    stated = row.revenues.get()
    assert (stated.amount, stated.source, stated.actor) == (5_000_000, "owner", family.account)
    stated.is_verified = True
    stated.save()
    again = client.post(page + "omzet/", {"month": month, "amount": "1.000"})
    assert "sudah diverifikasi" in again.content.decode()

    new = {"name": "Batik Siti", "sells_live": ""}
    assert "Data usaha disimpan." in follow(client, "/saya/usaha/baru/", new)
    assert family.siti.businesses.count() == 2
    bad = client.post("/saya/usaha/baru/", {"name": "X", "nib": "12"})
    assert "NIB harus 13 angka" in bad.content.decode()


def test_consents_and_channels_are_switched_one_by_one(client, family):
    partner = OrganisationFactory(kind="partner", slug="shopee")
    Partner.objects.create(organisation=partner)
    other = OrganisationFactory(kind="partner", slug="tanpa-profil")

    def press(name):
        return client.post("/saya/persetujuan/", {"ubah": name})

    text = client.get("/saya/persetujuan/").content.decode()
    assert partner.short_name in text
    assert other.short_name not in text
    assert press("sharing:shopee=ya").status_code == 302
    assert has_consent(family.siti, "sharing", organisation=partner)
    press("sharing:shopee=tidak")
    assert not has_consent(family.siti, "sharing", organisation=partner)
    assert [row.actor for row in family.siti.consents.all()] == [family.account] * 2
    press("email=tidak")
    assert Suppression.objects.get().address == family.siti.email
    press("email=ya")
    assert not Suppression.objects.exists()
    press("dulu-sms=ya")
    press("dulu-email=ya")
    assert ChannelOrder.objects.get().channels == ["email", "sms"]
    assert "Email" in client.get("/saya/persetujuan/").context["first_channel"].title()
    press("bersedia=tidak")
    family.siti.refresh_from_db()
    assert not family.siti.is_willing
    for wrong in (
        "sharing:tanpa-profil=ya",
        "sharing=ya",
        "notice=tidak",
        "photo=",
        "photo:shopee=ya",
    ):
        assert press(wrong).status_code == 404, wrong
    assert family.siti.consents.count() == 2


def test_her_data_are_read_and_taken_along(client, family):
    record_access(
        [family.siti.pk],
        kind=DataAccess.Kind.NIK,
        actor=UserFactory(full_name="Petugas Rahma"),
        purpose="Cocokkan KTP",
        fields=["NIK"],
        now=timezone.now(),
    )
    text = client.get("/saya/data/").content.decode()
    assert all(word in text for word in ("Petugas Rahma", "Cocokkan KTP", "Dapur Siti"))

    response = client.post("/saya/data/unduh/")
    copy = json.loads(response.content)
    assert response["Content-Disposition"].startswith("attachment")
    assert copy["data"]["participants.Business"][0]["name"] == "Dapur Siti"
    assert "Orang Lain" not in response.content.decode()
    assert "Wulan" not in response.content.decode()
    assert DataAccess.objects.filter(kind="own", participant=family.siti).count() == 1


def test_requests_are_sent_confirmed_and_taken_back(client, family):
    page = "/saya/permintaan/"
    assert client.post(page, {"jenis": "correction", "text": ""}).status_code == 422
    follow(client, page, {"jenis": "correction", "text": "Nomor HP salah"})
    assert "tidak bisa dikembalikan" in client.get(page + "?jenis=deletion").content.decode()
    assert client.get(page + "?jenis=lain").status_code == 404
    follow(client, page, {"jenis": "deletion"})
    twice = client.post(page, {"jenis": "deletion"})
    assert "masih menunggu" in twice.content.decode()
    assert DataRequest.objects.filter(state="open").count() == 2
    asked = DataRequest.objects.get(kind="deletion")
    assert asked.requested_by == family.account
    follow(client, f"{page}{asked.pk}/batal/", {})
    asked.refresh_from_db()
    assert asked.state == "withdrawn"


def test_a_licence_is_asked_for_repaired_and_followed(client, family):
    facts = {"kind": "nib", "note": "Kue", "wants_delivery": "on", "address": ""}
    refused = client.post("/saya/perizinan/ajukan/", facts)
    assert "Tulis alamat lengkap" in refused.content.decode()
    follow(client, "/saya/perizinan/ajukan/", facts | {"address": "Jalan A 1"})
    row = family.siti.licence_requests.get()
    move_licence(row, to="needs_fix", reason="Foto KTP buram", actor=None, now=timezone.now())

    page = f"/saya/perizinan/{row.pk}/"
    assert "Foto KTP buram" in client.get(page).content.decode()
    assert "Perbaikan dikirim." in follow(client, page, {"note": "Sudah jelas"})
    row.refresh_from_db()
    assert (row.state, row.note, row.wants_delivery) == ("submitted", "Sudah jelas", False)
    assert client.post(page, {"note": "lagi"}).status_code == 200, "nothing to repair"
    again = client.post("/saya/perizinan/ajukan/", {"kind": "nib"})
    assert "masih berjalan" in again.content.decode()


def test_people_from_elsewhere_are_referred(client, family):
    account = UserFactory()
    ParticipantFactory(account=account, region=RegionFactory(code="32.73"))
    client.force_login(account)

    assert "warga Jakarta" in client.get("/saya/perizinan/").content.decode()
    assert client.post("/saya/perizinan/ajukan/", {"kind": "nib"}).status_code == 302


def test_nothing_of_a_stranger_is_there(client, family):
    licence = ask_licence(
        family.stranger, kind="nib", wants_delivery=False, actor=None, now=timezone.now()
    )
    asked = DataRequest.objects.create(
        participant=family.stranger, kind="deletion", due_at=timezone.now()
    )
    channel = family.foreign.channels.create(platform="store")
    pk = family.foreign.pk

    for name, args in (
        ("business", [pk]),
        ("channels", [pk]),
        ("revenue", [pk]),
        ("licence", [licence.pk]),
        ("request_withdraw", [asked.pk]),
    ):
        response = client.post(reverse(f"mine:{name}", args=args), {"hapus": channel.pk})
        assert response.status_code == 404, name
    mine = BusinessFactory(participant=family.siti)
    client.post(f"/saya/usaha/{mine.pk}/tempat-jual/", {"hapus": channel.pk})
    asked.refresh_from_db()
    assert asked.state == "open"
    assert family.foreign.channels.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_pages_run_a_constant_number_of_queries(
    client, family, count, django_assert_max_num_queries
):
    for number in range(count):
        business = BusinessFactory(participant=family.siti)
        business.channels.create(platform="store")
        DataRequest.objects.create(
            participant=family.siti, kind="correction", due_at=timezone.now(), text=f"{number}"
        )
    client.get("/saya/")

    for page, most in (
        ("usaha/", 6),
        ("permintaan/", 6),
        ("perizinan/", 6),
        ("persetujuan/", 12),
        ("data/", 75),
    ):
        with django_assert_max_num_queries(most):
            client.get(f"/saya/{page}")
