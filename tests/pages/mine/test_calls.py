"""Curations as their owner sees them: what is open to her, her application, her result."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from partners.models import Application, Bazaar, CurationResult
from tests.factories import (
    ApplicationFactory,
    CurationCallFactory,
    CurationListFactory,
    ProductKindFactory,
    in_days,
)

pytestmark = pytest.mark.django_db
LIST = "/saya/kurasi/"


def body(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def result(call, person, **facts):
    facts = {"outcome": "failed"} | facts
    version = CurationListFactory(call=call)
    return CurationResult.objects.create(call=call, participant=person, list=version, **facts)


def photo():
    data = BytesIO()
    Image.new("RGB", (40, 30), "red").save(data, "PNG")
    return SimpleUploadedFile("foto.png", data.getvalue(), content_type="image/png")


def test_owner_applies_corrects_and_withdraws(client, family, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    call = CurationCallFactory(title="Bazar Daring", criteria=["Punya foto produk"])
    milk = ProductKindFactory(slug="susu", licence="bpom")
    call.product_kinds.add(milk)
    page = f"{LIST}{call.slug}/"
    typed = {
        "business": family.business.pk,
        "product_kind": milk.pk,
        "products": "Keju mozarela",
        "store_link": "shopee.co.id/dapursiti",
    }
    assert "Punya foto produk" in body(client, page)

    refused = client.post(f"{page}lamar/", typed)
    assert refused.status_code == 422
    assert "perlu BPOM" in refused.content.decode()
    typed |= {"bpom": "MD 201310001234", "photo": photo(), "agrees": "on"}
    assert client.post(f"{page}lamar/", typed).status_code == 302

    row = Application.objects.get()
    assert (row.participant, row.products) == (family.siti, "Keju mozarela")
    assert row.licences == {"bpom": "MD 201310001234"}
    shown = body(client, page)
    assert "Kurator sedang menilai." in shown
    assert "belum dapat melihat" not in shown
    assert client.get(f"{page}foto/")["Content-Type"] == "image/jpeg"
    client.force_login(family.stranger.account)
    assert client.get(f"{page}foto/").status_code == 404
    client.force_login(family.account)
    del typed["photo"]
    assert client.post(f"{page}lamar/", typed | {"products": "Yoghurt"}).status_code == 302
    assert client.post(f"{page}tarik/").status_code == 302
    row.refresh_from_db()
    assert (row.products, row.state) == ("Yoghurt", "withdrawn")


def test_partner_sees_nothing_without_consent_and_the_page_says_so(client, family):
    call = CurationCallFactory()
    typed = {"business": family.business.pk, "products": "Kue"}

    client.post(f"{LIST}{call.slug}/lamar/", typed)

    shown = body(client, f"{LIST}{call.slug}/")
    assert "belum dapat melihat lamaran Anda" in shown
    assert "Kurator sedang menilai" not in shown
    assert "Menunggu persetujuan Anda" in body(client, LIST)


def test_business_of_somebody_else_and_a_file_that_is_no_photo_are_refused(client, family):
    call = CurationCallFactory()
    address = f"{LIST}{call.slug}/lamar/"
    good = {"business": family.business.pk, "products": "Kue"}

    foreign = client.post(address, good | {"business": family.foreign.pk})
    text = SimpleUploadedFile("foto.jpg", b"bukan foto")
    broken = client.post(address, good | {"photo": text})

    assert (foreign.status_code, broken.status_code) == (422, 422)
    assert "Pilih foto JPG" in broken.content.decode()
    assert not Application.objects.exists()


def test_result_tells_the_reason_and_takes_an_objection_once(client, family):
    call = CurationCallFactory(closes_at=in_days(-1), opens_at=in_days(-9), state="closed")
    page = f"{LIST}{call.slug}/"
    assert client.get(page).status_code == 404
    result(call, family.siti, reason="Kemasan bocor", note="Ganti tutup botol")

    shown = body(client, page)
    assert "Kemasan bocor" in shown
    assert "Ganti tutup botol" in shown
    assert "Ajukan keberatan" in shown
    assert client.post(f"{page}keberatan/", {"text": ""}).status_code == 422
    assert client.post(f"{page}keberatan/", {"text": "Sudah diganti"}).status_code == 302

    shown = body(client, page)
    assert "Sudah diganti" in shown
    assert "Ajukan keberatan" not in shown
    assert "Belum lolos" in body(client, "/saya/")
    client.force_login(family.stranger.account)
    assert client.get(page).status_code == 404


def test_who_passed_reads_what_the_bazaar_needs(client, family):
    call = CurationCallFactory(needs="Siapkan 50 produk", partner__organisation__short_name="X")
    Bazaar.objects.create(
        partner=call.partner,
        call=call,
        slug="bazar",
        name="Bazar November",
        starts_on=in_days(5).date(),
        ends_on=in_days(9).date(),
        needs="Datang pukul 08.00",
    )
    passed = result(call, family.siti, outcome="passed", grade="A")

    shown = body(client, f"{LIST}{call.slug}/")

    for words in ("Lolos, nilai A", "Siapkan 50 produk", "Bazar November", "Datang pukul 08.00"):
        assert words in shown
    assert "Ajukan keberatan" not in shown
    CurationResult.objects.filter(pk=passed.pk).update(withdrawn_at=timezone.now())
    shown = body(client, f"{LIST}{call.slug}/")
    assert "Ditarik kembali" in shown
    assert "Bazar November" not in shown


@pytest.mark.parametrize("count", [1, 3])
def test_list_runs_a_constant_number_of_queries(client, family, count, django_assert_num_queries):
    for n in range(count):
        CurationCallFactory(rules={"bersedia": "ya"}, title=f"Terbuka {n}")
        ApplicationFactory(participant=family.siti)
        result(CurationCallFactory(), family.siti)
    CurationCallFactory(rules={"bersedia": "tidak"}, title="Bukan untuknya")
    body(client, LIST)

    with django_assert_num_queries(8):
        shown = body(client, LIST)

    assert shown.count("Terbuka ") == count
    assert "Bukan untuknya" not in shown
