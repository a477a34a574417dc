"""Reports of sales: by file, versioned, only about people the partner has to do with."""

from datetime import date, timedelta

import pytest

from participants.duplicates.merging import merge
from partners.bazaars.entries import add_passed, mark_entries
from partners.bazaars.services import ReportNotAccepted, accept_report, receive_report
from partners.models import SalesReport, SalesRow
from tests.factories import ParticipantFactory
from umkm_portal.common import codes
from umkm_portal.imports.models import ImportRow
from umkm_portal.imports.services import process_file

pytestmark = pytest.mark.django_db
HEADER = "Kode Peserta;Nama Pemilik;No HP;Dari;Sampai;Kanal;Pesanan;Penjualan"


def people_of(bazaar):
    return [entry.participant for entry in bazaar.entries.order_by("pk")]


def day(ago):
    return f"{date.today() - timedelta(days=ago):%d/%m/%Y}"


def line(person, amount, *, by="code", orders="3", channel="Shopee", start=5):
    who = [codes.display(person.code), "", ""]
    if by == "phone":
        who = ["", person.full_name, person.phone]
    return ";".join([*who, day(start), day(1), channel, orders, amount])


def receive(bazaar, lines, now, name="penjualan.csv"):
    content = "\n".join([HEADER, *lines]).encode()
    file, is_new = receive_report(
        [content], name=name, partner=bazaar.partner, bazaar=bazaar, uploader=None, now=now
    )
    process_file(file.pk)
    file.refresh_from_db()
    return file, is_new


def problems_of(file):
    rows = ImportRow.objects.filter(file=file, action="reject").order_by("row_no")
    return [(row.shown_row, row.problems[0]["message"]) for row in rows]


def test_passed_people_enter_once(shopee, now):
    assert shopee.entries.count() == 3
    assert add_passed(shopee, by=None, now=now) == 0
    assert mark_entries(shopee.entries.all(), state="present", by=None, now=now) == 3
    assert mark_entries(shopee.entries.all(), state="present", by=None, now=now) == 0


def test_report_becomes_a_version_that_the_next_one_replaces(shopee, now):
    first, second, third = people_of(shopee)
    lines = [line(first, "1.500.000"), line(second, "Rp 250.000", by="phone", orders="")]
    file, _ = receive(shopee, lines, now)
    assert (file.state, file.accepted_count, problems_of(file)) == ("checked", 2, [])

    report = accept_report(file, by=None, now=now)

    rows = SalesRow.objects.order_by("participant").values_list("participant", "amount", "orders")
    assert [*rows] == [(first.pk, 1_500_000, 3), (second.pk, 250_000, None)]
    assert [entry.state for entry in shopee.entries.order_by("pk")] == [
        *("present", "present", "expected")
    ]
    with pytest.raises(ReportNotAccepted, match="sudah diterima"):
        accept_report(file, by=None, now=now)
    again, is_new = receive(shopee, lines, now, name="sama.csv")
    assert (again, is_new) == (file, False)

    newer, _ = receive(shopee, [line(third, "900000")], now)
    version = accept_report(newer, by=None, now=now)
    assert [*SalesReport.objects.current()] == [version]
    report.refresh_from_db()
    assert (report.version, report.replaced_by, version.version) == (1, version, 2)


def test_strangers_repeats_and_contradictions_are_refused_in_words(shopee, tiktok, now):
    first, second, third = people_of(shopee)
    foreign, absent = people_of(tiktok)[0], ParticipantFactory()
    lines = [
        line(first, "100000"),
        line(first, "100000", by="phone"),
        line(second, "100000"),
        line(second, "200000", by="phone"),
        line(foreign, "100000"),
        line(absent, "100000"),
        line(third, "seratus", channel="TikTok"),
        line(third, "100000", orders="1,5"),
        line(third, "100000", start=0),
    ]

    file, _ = receive(shopee, lines, now)

    told = dict(problems_of(file))
    stranger = "Usaha ini tidak ada di antara peserta bazar atau kurasi Anda."
    assert (told[6], told[7]) == (stranger, stranger)
    assert "Baris 2, 3" in told[3]
    assert told[4] == told[5]
    assert "angkanya berbeda" in told[4]
    assert {*told} == {3, 4, 5, 6, 7, 8, 9, 10}
    assert "Tanggal selesai sebelum mulai." in told[10]
    accept_report(file, by=None, now=now)
    assert [row.participant for row in SalesRow.objects.all()] == [first]


def test_who_was_merged_since_the_check_keeps_her_sales_and_no_row_is_lost(shopee, now):
    first, second, third = people_of(shopee)
    lines = [line(first, "100000"), line(second, "200000"), line(third, "300000")]
    file, _ = receive(shopee, lines, now)
    merge(second, first, actor=None, now=now)

    accept_report(file, by=None, now=now)

    stored = SalesRow.objects.order_by("amount").values_list("participant", "amount")
    assert [*stored] == [(first.pk, 100_000), (third.pk, 300_000)]
    assert problems_of(file) == [
        (3, "Usaha, masa, dan kanal ini sudah ada di laporan yang tersimpan.")
    ]
    file.refresh_from_db()
    assert (file.accepted_count, file.rejected_count) == (2, 1)
