"""What one row of the register does: what it fills, keeps, clears, and what must wait for a person.

Every refusal names row, column, reason and repair.
"""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from participants import niks
from participants.importing import matching
from participants.models import Business, Consent, Participant, StageEvent
from participants.search import refresh_search
from tests.factories import ParticipantFactory, UserFactory
from tests.imports.conftest import bring_in, check, counts
from umkm_portal.imports import problems

pytestmark = pytest.mark.usefixtures("register")
NIK, OTHER_NIK = "3171994101900001", "3171994101900002"
SITI = {"Nama": "Siti Aminah", "NIK": NIK, "HP": "0812-3456-7890", "Tanggal lahir": "01/01/1990"}


def told(file):
    return {(p["row"], p["column"]): p["message"] for p in problems.list_problems(file)}


def refused(make_file, name="daftar.csv", **cells):
    """The one problem of a row about Siti with these cells."""
    file = check(make_file([{**SITI, **cells}], name))
    ((key, message),) = told(file).items()
    assert key[0] == 2
    assert all(problem["repair"] for problem in problems.list_problems(file))
    return key[1], message


def test_a_full_row_fills_person_business_channels_stage_consent_and_agency(make_file):
    bring_in(
        make_file(
            [
                {
                    **SITI,
                    **{"Email": "Siti@A.Example", "Kota": "Jakpus", "Kecamatan": "Tanah Abang"},
                    **{
                        "Kelurahan": "Kebon Kacang",
                        "Alamat": "Jl. Melati 3",
                        "Jalur": "Naik kelas",
                    },
                    **{"SKPD": "Dinas Parekraf", "Tanggal daftar": "17 Oktober 2022"},
                    **{"Nama usaha": "Dapur Siti", "Sektor": "kuliner", "Produk": "Keripik"},
                    **{"Pasar": "Pasar Tanah Abang", "Kios": "B2-14", "NIB": "0123456789012"},
                    **{"Omset setahun": "Rp120.000.000", "Live selling": "ya"},
                    **{"Tempat jual": "Shopee, TikTok", "Aktif": "ya", "Bersedia": "ya"},
                    **{"Tautan toko": "https://shopee.co.id/dapursiti"},
                    **{"Tanggal kesediaan": "01/09/2025", "Setuju WhatsApp": "ya"},
                    **{"Tanggal persetujuan": "02/09/2025", "Sumber persetujuan": "Formulir"},
                }
            ]
        )
    )

    person, business = Participant.objects.get(), Business.objects.get()
    assert (person.full_name, person.phone, person.email) == (
        "Siti Aminah",
        "+6281234567890",
        "siti@a.example",
    )
    assert (person.region.name, person.track, person.agency.slug) == (
        "Kebon Kacang",
        "scaling_up",
        "parekraf",
    )
    assert (person.identity, person.is_active, person.is_willing) == ("verified", True, True)
    assert person.willing_on == date(2025, 9, 1)
    assert (business.name, business.sector.slug, business.nib) == (
        "Dapur Siti",
        "makanan",
        "0123456789012",
    )
    assert (business.yearly_sales, business.scale, business.sells_live) == (
        120_000_000,
        "micro",
        True,
    )
    assert set(business.channels.values_list("platform", "store_link")) == {
        ("shopee", "https://shopee.co.id/dapursiti"),
        ("tiktok", ""),
    }
    event, consent = StageEvent.objects.get(), Consent.objects.get()
    assert (event.stage_id, event.occurred_on) == ("P1", date(2022, 10, 17))
    assert (consent.purpose, consent.event, consent.source) == ("whatsapp", "given", "Formulir")
    assert timezone.localdate(consent.happened_at) == date(2025, 9, 2)
    assert person.mentorships.get().organisation.slug == "parekraf"


def test_search_text_is_the_one_that_the_register_keeps(make_file):
    bring_in(make_file([{**SITI, "Email": "siti@a.example", "Nama usaha": "Dapur Siti"}]))
    person = Participant.objects.get()
    written = person.search

    refresh_search([person.pk])

    person.refresh_from_db()
    assert person.search == written
    assert "dapur siti" in written


def test_a_blank_cell_keeps_and_three_dashes_clear(make_file):
    bring_in(make_file([{**SITI, "Email": "siti@a.example", "Alamat": "Jl. Melati 3"}]))

    file = bring_in(make_file([{**SITI, "Email": "---", "Alamat": "-", "HP": ""}]))

    person = Participant.objects.get()
    assert counts(file) == {"updated": 1}
    assert (person.email, person.address, person.phone) == ("", "Jl. Melati 3", "+6281234567890")


def test_an_update_keeps_what_it_replaced(make_file):
    bring_in(make_file([{**SITI, "Alamat": "Jl. Melati 3"}]))

    file = bring_in(make_file([{**SITI, "Alamat": "Jl. Kenanga 1"}]))

    before = file.rows.get().before
    assert before["person"]["address"] == "Jl. Melati 3"
    assert not {"nik", "nik_index", "search"} & before["person"].keys()


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"Nama": "Budi Santoso"}, "Nama"),
        ({"Tanggal lahir": "02/01/1990"}, "Tanggal lahir"),
    ],
)
def test_a_verified_field_is_never_overwritten(make_file, cells, column):
    bring_in(make_file([{**SITI, "Alamat": "Jl. Melati 3"}]))
    before = Participant.objects.values().get()

    file = bring_in(make_file([{**SITI, **cells, "Alamat": "Jl. Lain 9"}]))

    assert counts(file) == {"review": 1}
    assert list(told(file)) == [(2, column)]
    assert Participant.objects.values().get() == before


@pytest.mark.parametrize("name", ["SITI AMINAH", "Hj. Siti Aminah, S.E.", "siti  aminah"])
def test_spelling_of_a_verified_name_is_no_difference(make_file, name):
    bring_in(make_file([SITI]))

    file = bring_in(make_file([{**SITI, "Nama": name}]))

    assert counts(file) == {"same": 1}


def test_a_nik_that_somebody_only_claims_waits_for_a_person(make_file):
    ParticipantFactory(full_name="Orang Lain", identity="claimed", **niks.facts_of(NIK))

    file = bring_in(make_file([SITI]))

    assert counts(file) == {"review": 1}
    assert "KTP" in told(file)[2, "NIK"]
    assert Participant.objects.count() == 1


def test_phone_of_an_account_is_not_overwritten(make_file):
    bring_in(make_file([SITI]))
    Participant.objects.update(account=UserFactory())

    file = bring_in(make_file([{**SITI, "HP": "081299999999"}]))

    assert counts(file) == {"review": 1}
    assert Participant.objects.get().phone == "+6281234567890"


def test_a_known_person_without_nik_gets_it_by_phone_and_name(make_file):
    bring_in(make_file([{**SITI, "NIK": ""}]))

    file = bring_in(make_file([SITI]))

    person = Participant.objects.get()
    assert counts(file) == {"updated": 1}
    assert (person.nik, person.identity) == (NIK, "verified")


def test_family_shares_a_phone_and_stays_two(make_file):
    rows = [SITI, {**SITI, "Nama": "Budi", "NIK": OTHER_NIK}]
    bring_in(make_file(rows))

    file = bring_in(make_file(rows[::-1], "terbalik.xlsx"))

    assert counts(file) == {"same": 2}
    assert Participant.objects.count() == 2


def test_people_without_nik_are_known_again(make_file):
    rows = [
        {"Nama": "Siti", "HP": "081234567890"},
        {"Nama": "Budi", "HP": "081234567890"},
        {"Nama": "Ani", "Email": "ani@a.example"},
    ]
    bring_in(make_file(rows))

    file = bring_in(make_file(rows[::-1], "terbalik.csv"))

    assert counts(file) == {"same": 3}


def test_a_repeated_row_is_named_with_the_first_one(make_file):
    file = bring_in(make_file([SITI, {"Nama": "Budi", "HP": "081299999999"}, SITI]))

    assert counts(file) == {"created": 2, "rejected": 1}
    assert told(file)[4, "NIK"] == "Baris 2, 4 isinya sama: baris 4 mengulang baris 2."


def test_rows_that_contradict_each_other_are_all_refused(make_file):
    file = bring_in(make_file([SITI, {**SITI, "Nama": "Siti Rohani"}]))

    assert counts(file) == {"rejected": 2}
    assert set(told(file)) == {(2, "NIK"), (3, "NIK")}
    assert "Baris 2, 3" in told(file)[2, "NIK"]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("Nama", "12345", "bukan nama orang"),
        ("NIK", "317199410190000", "16 angka"),
        ("NIK", "3.17E+15", "rusak"),
        ("NIK", "3171994101900000", "0000"),
        ("HP", "628123456789.0", ".0"),
        ("HP", "081234567890 / 081234567891", "lebih dari satu"),
        ("HP", "021-3848303", "telepon rumah"),
        ("Tanggal lahir", "31/02/1990", "tidak ada di kalender"),
        ("Tanggal lahir", "12/08/2099", "masa depan"),
        ("Tanggal lahir", "03/25/1990", "hari dulu"),
        ("Email", "siti@gmail,com", "alamat email"),
        ("Kelurahan", "Kebon Awan", "tidak dikenal"),
        ("Kota", "Kota Angan", "tidak dikenal"),
        ("Dinas", "Dinas Sihir", "tidak dikenal"),
        ("Aktif", "mungkin", "ya atau tidak"),
        ("Bersedia", "#N/A", "kesalahan rumus"),
        ("Omzet", "1.500.00", "tidak terbaca"),
        ("NIB", "12345", "13 angka"),
        ("Tanggal daftar", "01/01/2099", "masa depan"),
        ("Setuju WhatsApp", "ya", "tanpa tanggal dan sumber"),
        ("Nama", "---", "tidak bisa dikosongkan"),
        ("Jalur", "atas", "tidak dikenal"),
    ],
)
def test_a_bad_cell_is_named_with_its_reason(make_file, column, cell, words):
    named, message = refused(make_file, **{column: cell})

    assert named == column
    assert words in message


def test_a_row_that_names_nobody_is_refused(make_file):
    column, message = refused(make_file, NIK="", HP="")

    assert column == "NIK"
    assert "semuanya kosong" in message


def test_a_practice_nik_is_refused_in_production(make_file, settings):
    settings.EMBEDDED = False

    column, message = refused(make_file)

    assert column == "NIK"
    assert "latihan" in message


def test_problems_quote_no_whole_nik(make_file):
    file = check(make_file([{**SITI, "HP": NIK, "Email": NIK}]))

    assert len(told(file)) == 2
    assert NIK not in str(problems.list_problems(file))


def test_a_file_of_damaged_niks_is_refused_whole(make_file):
    rows = [{"Nama": f"Orang {n}", "NIK": f"31719941019{n:04}0"} for n in range(1, 25)]
    file = check(make_file(rows))

    assert file.state == "failed"
    assert "100 % NIK" in file.file_error
    assert "Teks" in file.file_error


def test_ten_percent_of_niks_ending_in_zero_are_fine(sample):
    assert check(sample(400)).state == "checked"


@pytest.mark.parametrize(("ending", "outcome"), [(1, "created"), (0, "rejected")])
def test_a_nik_in_a_numeric_cell_counts_only_while_it_is_whole(tmp_path, ending, outcome):
    import xlsxwriter

    path = tmp_path / "angka.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Nama", "NIK", "HP"])
    sheet.write_row(1, 0, ["Siti", 3171994101900010 + ending, 6281234567890])
    book.close()

    file = bring_in(path)

    assert counts(file) == {outcome: 1}


def test_a_numeric_nik_alone_matches_nobody(tmp_path, make_file):
    import xlsxwriter

    bring_in(make_file([SITI]))
    path = tmp_path / "angka.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Nama", "NIK", "HP"])
    sheet.write_row(1, 0, ["Orang Lain", int(NIK), "081299999999"])
    book.close()

    file = bring_in(path)

    assert counts(file) == {"review": 1}
    assert "angka" in told(file)[2, "NIK"]


def test_people_from_outside_jakarta_come_in_with_a_word(make_file):
    file = bring_in(make_file([{**SITI, "Kota": "Kota Bandung"}]))

    (group,) = problems.group_problems(file)
    assert Participant.objects.get().region.code == "32.73"
    assert (group.is_warning, group.count) == (True, 1)
    assert told(file) == {}


@pytest.mark.parametrize(
    ("cells", "active"),
    [
        ({"Aktif": "ya"}, True),
        ({"Aktif": "tidak"}, False),
        ({"Kegiatan terakhir": "yesterday"}, True),
        ({"Kegiatan terakhir": "01/02/2020"}, False),
        ({"Aktif": "ya", "Kegiatan terakhir": "01/02/2020"}, True),
        ({"Aktif sampai": "tomorrow"}, True),
        ({}, False),
    ],
)
def test_who_is_active(make_file, cells, active):
    days = {"yesterday": -1, "tomorrow": 1}
    today = timezone.localdate()
    cells = {
        key: f"{today + timedelta(days=days[cell]):%d/%m/%Y}" if cell in days else cell
        for key, cell in cells.items()
    }
    rows = [{**SITI, **cells}]
    bring_in(make_file(rows))

    assert Participant.objects.get().is_active is active
    assert counts(bring_in(make_file(rows, "lagi.xlsx"))) == {"same": 1}


def test_activity_set_by_staff_stays(make_file):
    bring_in(make_file([{**SITI, "Aktif": "ya"}]))
    until = timezone.localdate() + timedelta(days=3)
    Participant.objects.update(active_override=True, active_until=until)

    bring_in(make_file([{**SITI, "Aktif": "tidak"}], "tidak.csv"))

    assert Participant.objects.get().active_until == until


def test_an_older_answer_does_not_undo_a_newer_one(make_file):
    def willing(answer, day):
        return make_file([{**SITI, "Bersedia": answer, "Tanggal kesediaan": day}], f"{answer}.csv")

    bring_in(willing("tidak", "05/05/2025"))

    file = bring_in(willing("ya", "01/01/2024"))

    assert counts(file) == {"same": 1}
    assert Participant.objects.get().is_willing is False


def test_a_withdrawn_consent_is_not_given_again_by_an_old_file(make_file):
    consent = {"Tanggal persetujuan": "01/09/2025", "Sumber persetujuan": "Formulir"}
    given = make_file([{**SITI, "Setuju WhatsApp": "ya", **consent}])
    bring_in(given)
    person = Participant.objects.get()
    Consent.objects.create(participant=person, purpose="whatsapp", event="withdrawn", channel="web")

    file = bring_in(make_file([{**SITI, "Setuju WhatsApp": "ya", **consent}], "lagi.xlsx"))

    assert counts(file) == {"same": 1}
    assert Consent.objects.count() == 2


def test_a_second_business_is_a_second_row(make_file):
    bring_in(make_file([{**SITI, "Nama usaha": "Dapur Siti"}]))

    file = bring_in(make_file([{**SITI, "Nama usaha": "Batik Siti", "Sektor": "fesyen"}]))

    assert counts(file) == {"updated": 1}
    assert set(Business.objects.values_list("name", flat=True)) == {"Dapur Siti", "Batik Siti"}
    assert "batik siti" in Participant.objects.get().search


def test_columns_of_all_sheets_are_read(tmp_path):
    import xlsxwriter

    path = tmp_path / "lembar.xlsx"
    book = xlsxwriter.Workbook(path)
    for name, title, phone in (("Januari", "Nama", "081234567890"), ("Mei", "NAMA", "0812345678")):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, [title, "HP"])
        sheet.write_row(1, 0, [f"Siti {name}", phone])
    book.close()

    file = bring_in(path)

    assert counts(file) == {"created": 2} or told(file)
    assert file.total_rows == 2
    assert [sheet["name"] for sheet in file.sheets] == ["Januari", "Mei"]


def test_people_are_looked_up_by_what_is_unlike_in_each_row(sample):
    """An index that most people share, walked for each row, made an import twenty times slower."""
    file = check(sample(10))
    parameters = {**matching._parameters(file), "first": -1, "last": 100}
    parameters |= {"is_applying": False, "settled": ["reject"]}
    query = matching._TAKE.replace("CREATE TEMPORARY TABLE slice ON COMMIT DROP AS", "EXPLAIN")

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(query, parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    used = set(re.findall(r"(?:using|Index Scan on) (participant\w+)", plan))
    assert used == {
        *("participant_nik", "participant_code_unique", "participant_phone", "participant_email")
    }
