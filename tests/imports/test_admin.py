"""The pages of a file: who gets in, what each state shows, and that a button does one thing."""

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from participants.models import Participant
from tests.factories import MembershipFactory, UserFactory
from tests.imports.conftest import bring_in, check, receive
from tests.staff import answers
from umkm_portal.accounts.models import Membership, Organisation
from umkm_portal.imports import services, undoing
from umkm_portal.imports.models import ImportFile

pytestmark = pytest.mark.usefixtures("register")
UPLOAD, LIST = "admin:imports_importfile_add", "admin:imports_importfile_changelist"
STRANGERS = {"anonymous": 302, "owner": 404, "partner": 404, "roleless": 403}


def page(file, name="change"):
    return reverse(f"admin:imports_importfile_{name}", args=[file.pk])


@pytest.fixture
def officer(client):
    user = MembershipFactory(role=Membership.Role.HEAD_OFFICE).user
    client.force_login(user)
    return user


def upload(client, path, **facts):
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(reverse(UPLOAD), {"profile": "register", "file": file, **facts})


def test_upload_page_is_for_offices(client):
    found = answers(client, reverse(UPLOAD))

    assert found == {**STRANGERS, "auditor": 403, "city": 200, "head": 200, "superuser": 200}


def test_page_of_a_file_is_for_the_uploader_and_the_head_office(client, sample):
    file = check(sample(3))

    found = answers(client, page(file))

    assert found == {
        **{**STRANGERS, "roleless": 404},
        **{"auditor": 200, "city": 404, "head": 200, "superuser": 200},
    }


def test_a_city_office_sees_its_own_upload_only(client, sample):
    mine = MembershipFactory(role=Membership.Role.CITY_OFFICE).user
    other = check(sample(3, name="a.csv"), uploader=UserFactory())
    own = check(sample(4, name="b.csv"), uploader=mine)
    client.force_login(mine)

    assert client.get(page(own)).status_code == 200
    assert client.get(page(other)).status_code == 404
    assert other.name not in client.get(reverse(LIST)).content.decode()


def test_upload_keeps_the_file_and_shows_its_page(client, officer, sample):
    agency = Organisation.objects.get(slug="parekraf")
    answer = upload(client, sample(5), organisation=agency.pk)

    file = ImportFile.objects.get()
    assert answer.url == page(file)
    assert (file.uploader, file.organisation, file.state) == (officer, agency, "uploaded")
    shown = client.get(answer.url).content.decode()
    assert "data-poll" in shown
    assert "Perbarui sekarang" in shown


def test_upload_of_known_bytes_shows_the_old_page(client, officer, sample):
    file = bring_in(sample(5))

    answer = upload(client, sample(5))

    assert answer.url == page(file)
    assert "sudah pernah diunggah" in client.get(answer.url).content.decode()
    assert ImportFile.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("a.csv", b"", "Berkas kosong"), (None, None, "Pilih berkas dahulu")],
)
def test_upload_without_content_is_told(client, officer, name, content, sentence):
    data = {"profile": "register"} | ({"file": SimpleUploadedFile(name, content)} if name else {})

    shown = client.post(reverse(UPLOAD), data).content.decode()

    assert sentence in shown
    assert ImportFile.objects.count() == 0


def test_checked_page_shows_consequences_repairs_and_columns(client, officer, sample):
    file = check(sample(200, dirt=20))

    shown = client.get(page(file)).content.decode()

    assert "200 baris selesai diperiksa" in shown
    assert f"Terima {file.accepted_count} baris" in shown
    assert "Belum ada data yang tersimpan." in shown
    assert "Ketik ulang NIK dari KTP" in shown
    assert "data-final" in shown
    assert "data-poll" not in shown
    assert '<option value="nik" selected>' in shown
    assert "style=" not in shown[shown.index("imp-steps") : shown.rindex("imp-final")]


def test_checked_page_shows_no_whole_private_value(client, officer, sample):
    path = sample(120, dirt=30)
    file = check(path)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    private = {cell for line in lines[1:] for cell in line.split(";")[1:4] if len(cell) > 8}

    shown = client.get(page(file)).content.decode()

    assert [value for value in private if value in shown] == []


def test_fragment_is_the_inside_only(client, officer, sample):
    file = receive(sample(3))

    fragment = client.get(page(file), headers={"X-Fragment": "1"}).content.decode()

    assert "<html" not in fragment
    assert "data-final" not in fragment
    assert "Membaca berkas" in fragment


def test_accept_button_lets_rows_in(client, officer, sample):
    file = check(sample(8))

    assert client.post(page(file, "accept")).url == page(file)
    file.refresh_from_db()
    assert (file.state, file.approved_by) == ("approved", officer)
    services.apply_file(file.pk)

    assert Participant.objects.filter(verified_by=officer).count() == 8
    shown = client.get(page(file)).content.decode()
    assert "8 baris sudah masuk" in shown


def test_accepting_twice_says_no(client, officer, sample):
    file = bring_in(sample(3))

    client.post(page(file, "accept"))

    assert "sudah diterima" in client.get(page(file)).content.decode()


def test_buttons_answer_to_post_only(client, officer, sample):
    file = check(sample(3))

    assert [client.get(page(file, step)).status_code for step in ("accept", "cancel", "match")] == [
        405,
        405,
        405,
    ]


@pytest.mark.parametrize("step", ["accept", "cancel", "match"])
def test_auditor_reads_and_presses_nothing(client, sample, step):
    file = check(sample(3))
    client.force_login(MembershipFactory(role=Membership.Role.AUDITOR).user)

    assert client.post(page(file, step)).status_code == 403
    assert "Terima 3" not in client.get(page(file)).content.decode()
    file.refresh_from_db()
    assert file.state == "checked"


def test_cancel_button_forgets_the_file(client, officer, sample):
    file = check(sample(3))

    client.post(page(file, "cancel"))

    file.refresh_from_db()
    assert file.state == "cancelled"
    assert file.rows.count() == 0
    assert "dibatalkan" in client.get(page(file)).content.decode()


def test_columns_are_matched_on_the_page(client, officer, make_file):
    file = check(make_file([{"Siapa": "Siti", "HP": "081234567890"}]))
    shown = client.get(page(file)).content.decode()
    assert "Belum ada kolom untuk Nama lengkap" in shown

    client.post(page(file, "match"), {"column_0": "full_name", "column_1": "phone"})
    services.process_file(file.pk)

    assert "Terima 1 baris" in client.get(page(file)).content.decode()


def test_error_file_is_downloaded_by_those_who_repair(client, officer, sample):
    file = check(sample(40, dirt=10))

    answer = client.get(page(file, "errors"))

    assert answer.content[:2] == b"PK"
    assert "sampel-perlu-diperbaiki.xlsx" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]


def test_example_file_is_accepted_by_the_reader(client, officer, tmp_path):
    answer = client.get(reverse("admin:imports_importfile_example", args=["register"]))
    path = tmp_path / "contoh.xlsx"
    path.write_bytes(answer.content)

    file = check(path)

    assert (file.created_count, file.rejected_count) == (1, 0)


def test_refused_file_says_why_and_what_to_do(client, officer, tmp_path):
    path = tmp_path / "foto.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 200)
    file = check(path)

    shown = client.get(page(file)).content.decode()

    assert file.state == "failed"
    assert "bukan tabel" in shown
    assert "Unggah berkas yang sudah diperbaiki" in shown


def test_long_wait_for_a_worker_is_told(client, officer, sample):
    file = receive(sample(3), now=timezone.now() - timezone.timedelta(minutes=5))

    assert "Menunggu giliran sejak" in client.get(page(file)).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_list_runs_a_constant_number_of_queries(
    client, officer, sample, count, django_assert_num_queries
):
    for number in range(count):
        check(sample(2, seed=number, name=f"{number}.csv"), uploader=UserFactory())
    client.get(reverse(LIST))

    with django_assert_num_queries(10):
        client.get(reverse(LIST))


@pytest.mark.parametrize("count", [30, 200])
def test_page_runs_a_constant_number_of_queries(
    client, officer, sample, count, django_assert_num_queries
):
    file = check(sample(count, dirt=100))
    client.get(page(file))

    with django_assert_num_queries(10):
        client.get(page(file))


@pytest.mark.parametrize("count", [1, 3])
def test_review_page_runs_a_constant_number_of_queries(
    client, officer, make_file, count, django_assert_num_queries
):
    rows = [{"Nama": f"Orang {n}", "NIK": f"317199410190000{n}"} for n in range(1, count + 1)]
    bring_in(make_file(rows))
    file = bring_in(make_file([{**row, "Nama": "Lain"} for row in rows], "lain.csv"))
    client.get(page(file, "review"))

    with django_assert_num_queries(12):
        shown = client.get(page(file, "review")).content.decode()

    assert shown.count("Simpan keputusan") == count


def test_rows_of_several_sheets_are_told_with_their_sheet(client, officer, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Pusat"
    book.active.append(["Nama", "HP"])
    utara = book.create_sheet("Utara")
    for line in (["Nama", "HP"], ["Siti", "12"]):
        utara.append(line)
    book.active.append(["Budi", "081234567890"])
    book.save(tmp_path / "dua.xlsx")
    file = check(tmp_path / "dua.xlsx")
    faulty = file.rows.exclude(problems=[]).get()

    shown = client.get(reverse("admin:imports_importfile_row", args=[file.pk, faulty.row_no]))

    assert "Baris 2 (lembar Utara)" in shown.content.decode()


def test_a_row_is_repaired_in_the_page_without_script(client, officer, make_file):
    rows = [{"Nama": "Siti", "NIK": "3.17E+15", "HP": "1"}, {"Nama": "Budi", "HP": "12"}]
    file = check(make_file(rows))
    shown = client.get(page(file)).content.decode()
    assert 'name="cell-2"' in shown
    assert "Simpan perbaikan" in shown

    client.post(page(file, "repair"), {"column": "HP", "cell-2": "081234567890", "cell-3": "1"})
    one = reverse("admin:imports_importfile_row", args=[file.pk, 2])
    assert "16 angka" in client.get(one).content.decode()
    client.post(one, {"cell-0": "3171994101900001"})

    file.refresh_from_db()
    assert (file.created_count, file.rejected_count) == (1, 1)
    assert file.repairs.get(row_no=2).by == officer


def test_waiting_rows_are_decided_in_the_page_and_stored(client, officer, make_file):
    siti = {"Nama": "Siti", "NIK": "3171994101900001", "HP": "081234567890"}
    bring_in(make_file([siti]))
    file = bring_in(make_file([{**siti, "Nama": "Rohani"}], "lain.csv"))
    review = page(file, "review")
    assert "Rohani" in client.get(f"{review}?alasan=name").content.decode()

    client.post(review, {"row": "2", "choice": "link", "target": "tidak ada"})
    client.post(review, {"reason": "name", "choice": "take"})
    services.apply_file(file.pk)

    assert Participant.objects.get().full_name == "Rohani"
    assert officer.get_full_name() in client.get(review).content.decode()
    assert "1 baris diputuskan petugas" in client.get(page(file)).content.decode()


def test_rules_and_undo_are_buttons_of_the_page(client, officer, sample):
    file = check(sample(3))
    assert "Isi yang kosong saja" in client.get(page(file)).content.decode()
    client.post(page(file, "rule"), {"rule-address": "keep"})
    file.refresh_from_db()
    assert (file.state, file.policies) == ("mapped", {"address": "keep"})
    services.process_file(file.pk)
    services.approve_file(file, by=officer, now=timezone.now())
    services.apply_file(file.pk)
    assert "Tarik kembali 3 baris" in client.get(page(file)).content.decode()

    client.post(page(file, "undo"))
    undoing.work_on_undo(file.pk)

    shown = client.get(page(file)).content.decode()
    assert "3 baris sudah ditarik kembali" in shown
    assert Participant.objects.count() == 0


def test_impossible_choices_of_columns_are_refused_and_change_nothing(client, officer, make_file):
    file = check(make_file([{"Nama": "Siti", "HP": "081234567890", "Lain": "x"}]))

    twice = {"column_0": "full_name", "column_1": "phone", "column_2": "phone"}

    for chosen, sentence in (
        (twice, "dipilih dua kali"),
        ({}, "Kolom Nama lengkap, NIK atau Nomor HP atau Email atau Kode peserta belum dipilih."),
        ({"column_1": "phone"}, "Kolom Nama lengkap belum dipilih."),
    ):
        answer = client.post(page(file, "match"), chosen)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    file.refresh_from_db()
    assert file.state == ImportFile.State.CHECKED


def test_each_list_has_an_example_that_its_own_reader_accepts(client, officer, tmp_path):
    for slug in ("dinas", "pasar"):
        answer = client.get(reverse("admin:imports_importfile_example", args=[slug]))
        path = tmp_path / f"{slug}.xlsx"
        path.write_bytes(answer.content)
        agency = Organisation.objects.get(slug="parekraf") if slug == "dinas" else None
        file = check(path, profile=slug, organisation=agency)

        assert (file.state, file.rejected_count) == ("checked", 0)


def test_a_list_of_an_agency_needs_the_agency(client, officer, sample):
    answer = upload(client, sample(3), profile="dinas")

    assert "Pilih dinas pemilik daftar ini" in answer.content.decode()
