"""A wrong report of sales goes, with a trace; contradictions are found wherever they stand."""

import re
from datetime import date

import pytest

from participants.models import Revenue
from partners.bazaars.services import ReportNotAccepted, accept_report, withdraw_report
from partners.models import SalesReport
from tests.partners.bazaars.test_sales import line, people_of, problems_of, receive
from tests.staff import make_member, make_user
from umkm_portal.imports import staging
from umkm_portal.imports.repairs import repair_row

pytestmark = pytest.mark.django_db


def words(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_version_taken_back_leaves_a_trace_and_the_one_before_counts(client, shopee, tiktok, now):
    first, second, _ = people_of(shopee)
    old, _ = receive(shopee, [line(first, "1000")], now)
    lines = [line(first, "9000"), line(second, "9000")]
    wrong, _ = receive(shopee, lines, now)
    before, report = (accept_report(file, by=None, now=now) for file in (old, wrong))
    with pytest.raises(ReportNotAccepted, match="sudah diganti"):
        withdraw_report(before, why="Salah kirim", by=None, now=now)
    member = make_member(shopee.partner, full_name="Rani Gudang")
    page = f"/mitra/daftar/{wrong.pk}/"

    client.force_login(make_member(tiktok.partner))
    assert client.post(f"{page}tarik/", {"why": "Salah kirim"}).status_code == 404
    client.force_login(member)
    assert "Tarik kembali versi 2" in words(client.get(page))
    client.post(f"{page}tarik/", {"why": ""})
    assert SalesReport.objects.current().get() == report
    client.post(f"{page}tarik/", {"why": "Salah kirim"})

    report.refresh_from_db()
    assert (report.withdrawn_by, report.withdrawn_why, report.rows.count()) == (
        *(member, "Salah kirim"),
        2,
    )
    assert SalesReport.objects.current().get() == before
    assert "oleh Rani Gudang: Salah kirim" in words(client.get(page))
    assert "Ditarik kembali" in words(client.get("/mitra/penjualan/"))
    with pytest.raises(ReportNotAccepted, match="sudah ditarik"):
        withdraw_report(report, why="Sekali lagi", by=None, now=now)
    again, is_new = receive(shopee, lines, now)
    assert is_new
    assert accept_report(again, by=None, now=now).version == 3


def test_dinas_sees_the_difference_and_takes_a_report_back(client, shopee, now):
    first, second, third = people_of(shopee)
    file, _ = receive(
        shopee, [line(first, "1500000"), line(second, "200000"), line(third, "50000")], now
    )
    report = accept_report(file, by=None, now=now)
    for person, amount in ((first, 1_200_000), (second, 900_000)):
        Revenue.objects.create(
            business=person.businesses.get(),
            period_start=date.today().replace(day=1),
            period_end=date.today(),
            amount=amount,
            source="owner",
        )
    page = f"/admin/partners/salesreport/{report.pk}/change/"
    client.force_login(make_user("auditor"))
    assert client.post(f"/admin/partners/salesreport/{report.pk}/tarik/").status_code == 403
    client.force_login(make_user("head"))

    shown = words(client.get(page))

    for told in ("+Rp300.000 ", "−Rp700.000", "belum diisi", "2 dari 3 usaha", "<b>1</b> menyebut"):
        assert told in shown, told
    assert shown.index(first.full_name) < shown.index(second.full_name)
    client.post(f"/admin/partners/salesreport/{report.pk}/tarik/", {"why": "Angka uji coba"})
    assert "Angka uji coba" in words(client.get(page))
    assert not SalesReport.objects.current().exists()


def test_contradictions_are_found_across_slices(shopee, now, monkeypatch):
    monkeypatch.setattr(staging, "SLICE", 2)
    first, second, third = people_of(shopee)
    lines = [
        line(first, "100000"),
        line(second, "100000"),
        line(third, "100000"),
        line(first, "200000", by="phone"),
        line(second, "100000", by="phone"),
        line(third, "300000", channel="TikTok"),
        line(first, "100000", by="phone", orders="4").replace(
            first.full_name, first.businesses.get().name
        ),
    ]

    file, _ = receive(shopee, lines, now)

    told = dict(problems_of(file))
    assert {*told} == {2, 5, 6, 8}
    assert told[2] == told[5] == told[8]
    assert "Baris 2, 5, 8" in told[2]
    assert "angkanya berbeda" in told[2]
    assert "Baris 3, 6" in told[6]
    for row in file.rows.filter(action="reject").order_by("row_no"):
        if row.shown_row in (5, 8):
            repair_row(file, row_no=row.row_no, cells={"Kanal": f"K{row.row_no}"}, by=None, now=now)
    assert {*dict(problems_of(file))} == {6}, "the one that is left goes on"


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("model", "expected"), [("bazaar", 10), ("bazaarentry", 10), ("salesreport", 11)]
)
def test_staff_lists_ask_as_often_for_many_as_for_one(
    client, seed, now, model, expected, count, django_assert_num_queries
):
    client.force_login(make_user("head"))
    for number in range(count):
        bazaar = seed(f"Mitra{number}", f"bazar-{number}")
        file, _ = receive(bazaar, [line(people_of(bazaar)[0], "1000")], now)
        accept_report(file, by=make_user("head"), now=now)
        keep = bazaar.entries.order_by("pk").first()
        bazaar.entries.exclude(pk=keep.pk).delete()
    page = f"/admin/partners/{model}/"
    client.get(page)

    with django_assert_num_queries(expected):
        assert client.get(page).status_code == 200
