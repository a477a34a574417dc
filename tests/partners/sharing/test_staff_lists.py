"""The dinas prepares a list itself, and sees who took it and who left it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from partners.models import SharedList
from partners.sharing.lists import open_shared_list
from partners.sharing.withdrawals import tell_withdrawals
from tests.factories import SegmentFactory
from tests.partners.sharing.conftest import NIK, PURPOSE
from tests.partners.sharing.test_lists import people_of, sheet_of, take_back
from tests.staff import make_member, make_user
from umkm_portal.common import codes

pytestmark = pytest.mark.django_db
ADD = "/admin/partners/sharedlist/add/"


@pytest.fixture
def officer(client, db):
    user = make_user("head")
    client.force_login(user)
    return user


def words(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_officer_prepares_lists_of_a_call_and_of_a_segment(client, officer, shopee_call, now):
    partner = shopee_call.partner
    page = f"{ADD}?mitra={partner.organisation.slug}"
    SegmentFactory(slug="semua", name="Semua orang", rules={})
    assert partner.organisation.short_name in words(client.get(ADD))
    shown = words(client.get(page))
    assert "Kurasi Shopee" in shown
    assert "No. PIRT" not in shown, "the agreement does not allow it"

    facts = {"audience": "segmen:semua", "columns": ["business_name", "city"], "purpose": PURPOSE}
    for wrong, sentence in (
        ({"columns": ["pirt"]}, "tidak membolehkan"),
        ({"audience": "kurasi:lain"}, "Pilih dari daftar"),
        ({"purpose": "bazar"}, "Tulis keperluan"),
    ):
        answer = client.post(page, {**facts, **wrong})
        assert (answer.status_code, sentence in words(answer)) == (422, True), wrong
    assert client.post(page, facts).status_code == 302

    shared = SharedList.objects.get()
    agreed = people_of(shopee_call)[1:]
    assert [row.participant for row in shared.disclosures.order_by("pk")] == agreed
    cells = [[cell.value for cell in row] for row in sheet_of(shared).iter_rows(min_row=3)]
    assert [row[:2] for row in cells[1:]] == [
        [codes.display(person.code), f"=Usaha Shopee {number}"]
        for number, person in enumerate(agreed, 1)
    ]
    assert cells[0] == ["Kode peserta", "Nama usaha", "Kota/Kab. Administrasi", "Sidik baris"]
    assert NIK not in str(cells)
    assert (shared.made_by, shared.segment_name) == (officer, "Semua orang")
    client.post(page, {**facts, "audience": f"kurasi:{shopee_call.slug}"})
    of_call = SharedList.objects.latest("pk")
    assert (of_call.call, of_call.version, of_call.fields) == (shopee_call, 1, facts["columns"])
    client.force_login(make_member(partner))
    mine = words(client.get("/mitra/unduhan/"))
    assert f"Peserta Jakpreneur: {PURPOSE}" in mine
    assert "Semua orang" not in mine, "names of segments are the dinas's own"
    assert client.get(f"/mitra/unduhan/{shared.pk}/").status_code == 200


def test_page_of_a_list_tells_versions_downloads_and_withdrawals(client, officer, shopee_call, now):
    partner = shopee_call.partner
    member = make_member(partner, full_name="Rani Gudang")
    page = f"{ADD}?mitra={partner.organisation.slug}"
    facts = {"audience": f"kurasi:{shopee_call.slug}", "purpose": PURPOSE}
    client.post(page, facts)
    shared = SharedList.objects.get()
    at = f"/admin/partners/sharedlist/{shared.pk}/change/"
    assert "Belum diunduh siapa pun" in words(client.get(at))
    file = client.get(f"/admin/partners/sharedlist/{shared.pk}/unduh/")
    assert b"".join(file.streaming_content)[:2] == b"PK"
    open_shared_list(shared, by=member, now=timezone.now())
    leaver = people_of(shopee_call)[1]
    take_back(leaver, partner, timezone.now())
    tell_withdrawals(now=timezone.now() + timedelta(seconds=1))
    client.post(page, facts)

    shown = words(client.get(at))

    assert [*shared.downloads.order_by("pk").values_list("user", flat=True)] == [
        officer.pk,
        member.pk,
    ]
    for told in ("Rani Gudang", codes.display(leaver.code), "Semua data", "Versi 2", "1 keluar"):
        assert told in shown, told
    refused = client.get(f"/admin/partners/sharedlist/{shared.pk}/unduh/", follow=True)
    assert "menarik persetujuannya" in words(refused)


def test_without_an_agreement_the_page_says_why(client, officer, shopee_call):
    partner = shopee_call.partner
    partner.agreements.update(valid_from="2020-01-01", valid_to="2020-12-31")

    shown = words(client.get(f"{ADD}?mitra={partner.organisation.slug}"))

    assert "jadi data tidak dibagikan lagi" in shown
    assert "Siapkan daftar" not in shown
    client.force_login(make_user("auditor"))
    assert client.get(ADD).status_code == 403
