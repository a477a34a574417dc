"""Lists of a partner: sent, matched, checked, repaired, accepted; never seen by another one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.models import CurationDecision, CurationList
from tests.factories import ParticipantFactory
from tests.staff import make_member
from umkm_portal.accounts.models import Membership
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

pytestmark = pytest.mark.django_db
Role = Membership.Role
ROWS = [
    ("Siti Aminah", "081234567890", "Lolos"),
    ("Dewi Lestari", "081234567891", "Tidak lolos: foto buram"),
    ("Ani", "0812", "Lolos"),
]
STEPS = ("match", "correct", "accept", "cancel", "all_pass", "withdraw")


def page(file, name="list"):
    return reverse(f"partner:{name}", args=[file.pk])


def text(client, address):
    return client.get(address).content.decode()


def finish(file):
    services.apply_file(file.pk)
    file.refresh_from_db()


def test_a_list_goes_from_upload_to_receipt(client, rina, shopee, upload):
    ParticipantFactory(full_name="Siti Aminah", phone="+6281234567890")
    call = shopee.calls.get()
    answer = upload(call, ROWS)
    file = ImportFile.objects.get()
    assert answer.url == page(file)
    assert (file.uploader, file.organisation) == (rina, shopee.organisation)
    waiting = text(client, page(file))
    assert "data-poll" in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    services.process_file(file.pk)

    shown = text(client, page(file))
    assert "3 baris selesai diperiksa" in shown
    assert "Belum ada data yang tersimpan." in shown
    assert "Terima 2 baris" in shown
    assert "data-poll" not in shown
    client.post(page(file, "correct"), {"column": "No HP", "cell-4": "0812 3456 7892"})
    assert "Terima 3 baris" in text(client, page(file))
    client.post(page(file, "accept"))
    finish(file)

    receipt = text(client, page(file))
    assert "3 baris diterima" in receipt
    assert "Versi 1 diterima" in receipt
    assert "oleh Rina" in receipt
    assert "1 baris diperbaiki di halaman ini." in receipt
    outcomes = CurationDecision.objects.order_by("row_no").values_list("outcome", flat=True)
    assert list(outcomes) == ["passed", "failed", "passed"]
    assert "Menunggu dinas mengumumkan" in text(client, "/mitra/kurasi/bazaar-online/")
    assert "foto buram" in text(client, "/mitra/kurasi/bazaar-online/")
    assert "Tarik kembali versi 1" in receipt
    client.post(page(file, "withdraw"))
    assert "Daftar ini ditarik kembali" in text(client, page(file))
    assert CurationList.objects.get().state == "withdrawn"


def test_same_bytes_show_the_old_receipt_and_a_new_version_its_difference(
    client, rina, shopee, upload, checked
):
    call = shopee.calls.get()
    file = checked(call, ROWS[:2])
    client.post(page(file, "accept"))
    finish(file)

    again = upload(call, ROWS[:2])
    newer = checked(call, [("Siti Aminah", "081234567890", "Tidak lolos"), ROWS[1]])

    assert again.url == page(file)
    assert "sudah pernah diunggah" in text(client, again.url)
    shown = text(client, page(newer))
    assert "sudah punya versi 1" in shown
    assert "<b>1</b> berubah" in shown
    assert "<b>1</b> tetap" in shown


def test_a_colleague_who_accepted_first_is_named(client, rina, shopee, checked):
    call = shopee.calls.get()
    mine, hers = checked(call, ROWS[:1]), checked(call, ROWS[:2])
    client.force_login(make_member(shopee, Role.PARTNER_UPLOADER, full_name="Dewi"))
    client.post(page(hers, "accept"))
    client.force_login(rina)

    answer = client.post(page(mine, "accept"), follow=True)

    assert "Dewi sudah menerima versi 1" in answer.content.decode()
    assert CurationList.objects.count() == 1


def test_all_rows_pass_by_the_uploaders_word(client, rina, shopee, checked):
    call = shopee.calls.get()
    rows = [row[:2] for row in ROWS[:2]]
    silent = checked(call, rows)
    assert "Belum ada kolom untuk Hasil kurasi" in text(client, page(silent))
    client.post(page(silent, "all_pass"))
    services.process_file(silent.pk)
    assert "Terima 2 baris" in text(client, page(silent))
    client.post(page(silent, "cancel"))

    file = checked(call, rows, name="semua.csv", all_pass="on")
    client.post(page(file, "accept"))

    assert set(CurationDecision.objects.values_list("outcome", flat=True)) == {"passed"}


def test_a_nik_is_never_asked_for_nor_taken(client, rina, shopee, checked):
    call = shopee.calls.get()
    pasted = "Nama pemilik\tNIK\tNo HP\tHasil\nSiti\t3.17E+15\t081234567890\tLolos"
    answer = client.post("/mitra/daftar/unggah/", {"call": call.pk, "pasted": pasted})
    file = ImportFile.objects.get()
    services.process_file(file.pk)

    shown = text(client, answer.url)
    typed = client.post(
        page(file, "correct"), {"column": "NIK", "cell-2": "3171994101900001"}, follow=True
    )
    client.post(page(file, "correct"), {"column": "NIK", "cell-2": "---"})

    assert "Kode peserta, baris 2" in shown
    assert "NIK, baris 2" not in shown
    assert "NIK tidak diketik di sini" in typed.content.decode()
    assert "3171994101900001" not in typed.content.decode()
    assert "Terima 1 baris" in text(client, page(file))


def test_what_cannot_be_sent_is_told(client, rina, shopee, tiktok, upload):
    empty = client.post("/mitra/daftar/unggah/", {})
    other = upload(tiktok.calls.get(), ROWS)

    assert (empty.status_code, other.status_code) == (422, 422)
    assert "Pilih kurasi yang hasilnya Anda kirim." in empty.content.decode()
    assert "Pilih berkas dahulu" in empty.content.decode()
    assert "Pilih kurasi dari daftar." in other.content.decode()
    assert ImportFile.objects.count() == 0


def test_columns_are_matched_in_the_page(client, rina, shopee):
    pasted = "Usaha dan pemilik\tHubungi\tHasil\nSiti\t081234567890\tLolos"
    call = shopee.calls.get()
    client.post("/mitra/daftar/unggah/", {"call": call.pk, "pasted": pasted})
    file = ImportFile.objects.get()
    services.process_file(file.pk)
    file.refresh_from_db()
    assert file.state == "read"
    assert "Belum ada kolom untuk" in text(client, page(file))
    twice = {"column_0": "full_name", "column_1": "full_name", "column_2": "result"}

    refused = client.post(page(file, "match"), twice)
    client.post(page(file, "match"), {**twice, "column_1": "phone"})
    services.process_file(file.pk)

    assert refused.status_code == 422
    assert "dipilih dua kali" in refused.content.decode()
    assert "Terima 1 baris" in text(client, page(file))


def test_readers_look_and_press_nothing(client, rina, shopee, checked):
    file = checked(shopee.calls.get(), ROWS)
    client.force_login(make_member(shopee, Role.PARTNER_READER))

    shown = text(client, page(file))

    assert "3 baris selesai diperiksa" in shown
    assert "Terima" not in shown.split("<main")[1].replace("4.&nbsp;Terima", "")
    assert {client.post(page(file, step)).status_code for step in STEPS} == {403}
    assert client.get("/mitra/daftar/unggah/").status_code == 403
    assert client.get(page(file, "problem_rows")).status_code == 403


def test_files_and_calls_of_another_partner_are_as_good_as_absent(
    client, rina, shopee, tiktok, checked
):
    call = shopee.calls.get()
    file = checked(call, ROWS, name="rahasia-shopee.csv")
    client.post(page(file, "accept"))
    other = make_member(tiktok)
    client.force_login(other)
    absent = ImportFile(pk=999_999)

    pages = [
        (client.get, "list", file, absent),
        (client.get, "problem_rows", file, absent),
        *((client.post, step, file, absent) for step in STEPS),
    ]
    for method, name, theirs, missing in pages:
        found, gone = method(page(theirs, name)), method(page(missing, name))
        assert (found.status_code, found.content) == (404, gone.content), name
    for name in ("call", "call_rows"):
        found = client.get(reverse(f"partner:{name}", args=[call.slug]))
        gone = client.get(reverse(f"partner:{name}", args=["tidak-ada"]))
        assert (found.status_code, found.content) == (404, gone.content), name
    for address in ("/mitra/", "/mitra/daftar/", "/mitra/kurasi/", "/mitra/daftar/unggah/"):
        shown = text(client, address)
        assert "rahasia" not in shown
        assert "bazaar-online" not in shown
        assert call.title not in shown


def test_downloads_hold_the_partners_own_rows(client, rina, shopee, checked, tmp_path):
    file = checked(shopee.calls.get(), ROWS)
    bad = client.get(page(file, "problem_rows"))
    client.post(page(file, "accept"))
    finish(file)

    rows = client.get("/mitra/kurasi/bazaar-online/unduh/")
    example = client.get("/mitra/daftar/contoh/")

    for answer in (bad, rows, example):
        assert answer.content[:2] == b"PK"
        assert "no-store" in answer["Cache-Control"]


QUERIES = {
    "/mitra/": 14,
    "/mitra/daftar/": 5,
    "/mitra/daftar/unggah/": 5,
    "/mitra/kurasi/": 13,
    "/mitra/kurasi/bazaar-online/": 9,
    "file": 14,
}


@pytest.mark.parametrize("count", [2, 4])
def test_pages_run_a_constant_number_of_queries(client, rina, shopee, checked, count):
    """The last of the files still waits; the others became versions."""
    call = shopee.calls.get()
    for n in range(count):
        file = checked(call, [(f"Orang {n}", f"08123456780{n}", "Lolos"), *ROWS], name=f"{n}.csv")
        if n < count - 1:
            client.post(page(file, "accept"))
    found = {}
    for name in QUERIES:
        address = page(file) if name == "file" else name
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        found[name] = len(seen)

    assert found == QUERIES
