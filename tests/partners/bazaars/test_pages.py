"""Bazaars and reports in the partner space and for the dinas: each partner its own rows only."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.models import Revenue
from partners.bazaars.services import accept_report
from partners.models import SalesRow
from tests.factories import CohortFactory, EnrolmentFactory, SessionFactory
from tests.partners.bazaars.test_sales import HEADER, line, people_of, receive
from tests.staff import make_member, make_user
from umkm_portal.common import codes
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.services import process_file
from umkm_portal.reports.funnel import funnel_of

pytestmark = pytest.mark.django_db


def test_member_sends_a_report_and_sees_her_own_bazaars_only(client, shopee, tiktok, now):
    other, _ = receive(tiktok, [line(people_of(tiktok)[0], "777000")], now)
    accept_report(other, by=None, now=now)
    client.force_login(make_member(shopee.partner))
    first, second, _ = people_of(shopee)
    content = f"{HEADER}\n{line(first, '1500000')}".encode()

    sent = client.post(
        "/mitra/penjualan/unggah/",
        {"bazaar": shopee.pk, "file": SimpleUploadedFile("jual.csv", content)},
    )
    process_file(ImportFile.objects.latest("pk").pk)
    assert "Terima 1 baris" in client.get(sent.url).content.decode()
    client.post(f"{sent.url}terima/")
    client.post("/mitra/bazar/bazar-online/hadir/", {"hadir": "ya", "peserta": "1"})

    assert SalesRow.objects.filter(participant=first).count() == 1
    assert "Tersimpan sebagai versi 1" in client.get(sent.url).content.decode()
    pages = ("/mitra/bazar/", "/mitra/bazar/bazar-online/", "/mitra/penjualan/")
    shown = [client.get(page).content.decode() for page in pages]
    assert codes.display(second.code) in shown[1]
    assert "Rp1.500.000" in shown[1]
    for text in shown:
        for foreign in ("TikTok", "777.000", codes.display(people_of(tiktok)[0].code)):
            assert foreign not in text
    absent, foreign = (client.get(f"/mitra/bazar/{slug}/") for slug in ("tidak-ada", tiktok.slug))
    assert (absent.status_code, absent.content) == (foreign.status_code, foreign.content)
    assert foreign.status_code == client.get(f"/mitra/daftar/{other.pk}/").status_code == 404
    theirs = tiktok.entries.order_by("pk").last()
    client.post("/mitra/bazar/bazar-online/hadir/", {"hadir": "tidak", "peserta": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.state == "expected"


def test_dinas_sees_the_funnel_and_the_owners_word_beside_the_report(client, shopee, tiktok, now):
    first, second, _ = people_of(shopee)
    cohort = CohortFactory(training__provider=shopee.partner.organisation)
    yesterday = now - timedelta(days=1)
    SessionFactory(cohort=cohort, starts_at=yesterday, ends_at=yesterday + timedelta(hours=3))
    SessionFactory(
        cohort=cohort, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2)
    )
    EnrolmentFactory(cohort=cohort, participant=first, state="attended")
    EnrolmentFactory(cohort=cohort, participant=second)
    file, _ = receive(shopee, [line(first, "1500000"), line(second, "0")], now)
    accept_report(file, by=None, now=now)
    Revenue.objects.create(
        business=first.businesses.get(),
        period_start=date.today().replace(day=1),
        period_end=date.today(),
        amount=1_200_000,
        source="owner",
    )

    lines = funnel_of([shopee.partner, tiktok.partner])
    assert [found.counts for found in lines] == [(2, 1, 3, 1), (0, 0, 3, 0)]
    client.force_login(make_user("head"))
    page = client.get(f"/admin/partners/bazaar/{shopee.pk}/change/").content.decode()
    assert "Rp1.500.000" in page
    assert f"/admin/partners/salesreport/{shopee.sales_reports.get().pk}/change/" in page
    assert client.get("/admin/partners/bazaarentry/").status_code == 200
    funnel = client.get("/admin/mitra/corong/").content.decode()
    assert str(shopee.partner) in funnel
    assert funnel.count("1 (100%)") == 1, "of one with a seat, one was there; the next is to come"
    client.force_login(make_member(shopee.partner))
    assert "1.200.000" not in client.get("/mitra/bazar/bazar-online/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_as_often_for_many_as_for_one(client, shopee, now, count):
    client.force_login(make_member(shopee.partner))
    for number in range(count):
        file, _ = receive(shopee, [line(people_of(shopee)[0], f"{number + 1}000")], now)
        accept_report(file, by=None, now=now)
    shopee.entries.filter(pk__in=shopee.entries.values("pk")[count:]).delete()

    found = []
    for page in ("/mitra/bazar/", "/mitra/bazar/bazar-online/", "/mitra/penjualan/"):
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        found.append(len(queries))
    assert found == [9, 9, 10]
