"""The page of lists that a partner takes along: its own only, and only while it may."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from partners.models import SharedList
from tests.staff import make_member, make_user
from umkm_portal.accounts.models import Membership

pytestmark = pytest.mark.django_db
PAGE = "/mitra/unduhan/"


def page(client):
    return client.get(PAGE).content.decode()


def test_member_makes_and_downloads_the_lists_of_her_own_partner_only(
    client, shopee_call, tiktok_call
):
    partner = shopee_call.partner
    client.force_login(make_member(tiktok_call.partner))
    client.post("/mitra/kurasi/live-selling/pelamar/")
    other = SharedList.objects.get()
    client.force_login(make_member(partner, role=Membership.Role.PARTNER_UPLOADER))

    assert "2 pelamar siap diunduh" in page(client)
    client.post("/mitra/kurasi/bazaar-online/pelamar/")
    shared = SharedList.objects.get(partner=partner)
    shown = page(client)
    assert f"{PAGE}{shared.pk}/" in shown
    for foreign in ("TikTok", "live-selling"):
        assert foreign not in shown
    book = client.get(f"{PAGE}{shared.pk}/")
    assert book["Content-Disposition"].endswith("pelamar-bazaar-online-versi-1.xlsx")
    assert book.content[:2] == b"PK"
    absent, foreign = (client.get(f"{PAGE}{pk}/") for pk in (other.pk + 999, other.pk))
    assert (absent.status_code, foreign.status_code) == (404, 404)
    assert absent.content == foreign.content
    assert client.post("/mitra/kurasi/live-selling/pelamar/").status_code == 404

    partner.agreements.update(valid_to="2020-01-01", valid_from="2020-01-01")
    assert "jadi data tidak dibagikan lagi" in page(client)
    assert client.get(f"{PAGE}{shared.pk}/").status_code == 302
    reader = make_member(partner, role=Membership.Role.PARTNER_READER)
    client.force_login(reader)
    assert client.get(PAGE).status_code == 200
    assert client.get(f"{PAGE}{shared.pk}/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_page_asks_as_often_for_many_lists_as_for_one(
    client, shopee_call, count, django_assert_num_queries
):
    client.force_login(make_member(shopee_call.partner))
    for _ in range(count):
        client.post("/mitra/kurasi/bazaar-online/pelamar/")
    page(client)

    with django_assert_num_queries(11):
        page(client)


def test_officer_keeps_an_agreement_with_its_paper_and_ends_it(client, shopee_call):
    client.force_login(make_user("head"))
    agreement = shopee_call.partner.agreements.get()
    page = f"/admin/partners/agreement/{agreement.pk}/change/"
    facts = {"partner": agreement.partner_id, "number": "PKS-2", "purpose": "Kurasi"}
    facts |= {"role": "processor", "valid_from": "01/01/2026", "valid_to": "31/12/2099"}
    facts |= {"allowed_fields": ["business_name", "nib"]}

    refused = client.post(page, {**facts, "paper": SimpleUploadedFile("pks.pdf", b"MZ")})
    assert "Unggah perjanjian sebagai PDF" in refused.content.decode()
    client.post(page, {**facts, "paper": SimpleUploadedFile("pks.pdf", b"%PDF-1.7")})
    agreement.refresh_from_db()
    paper = agreement.files.get()
    assert (agreement.number, agreement.allowed_fields) == ("PKS-2", ["business_name", "nib"])
    shown = client.get(page).content.decode()
    assert "pks.pdf" in shown
    assert "Berlaku" in shown
    file = client.get(f"/admin/partners/agreement/{agreement.pk}/berkas/{paper.pk}/")
    assert b"".join(file.streaming_content) == b"%PDF-1.7"
    client.post(f"/admin/partners/agreement/{agreement.pk}/akhiri/")
    assert "Diakhiri" in client.get("/admin/partners/agreement/").content.decode()
    assert client.get("/admin/partners/sharedlist/").status_code == 200
