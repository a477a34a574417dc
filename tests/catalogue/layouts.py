"""Tables as offices lay them out: titles, merged headers, totals, several sheets."""

from tests.catalogue.builders import HEADER, Case, people, person, sheet, sheets, text

TITLE = ["DAFTAR PESERTA PELATIHAN JAKPRENEUR TAHUN 2026"]
TWO = [HEADER, *people(2)]
SIGNATURE = [
    ["JUMLAH", "2", ""],
    [],
    ["", "", "Jakarta, 12 Maret 2026"],
    ["", "", "Kepala Seksi Ekonomi"],
    ["", "", "NIP. 197001011990031001"],
]


def merged(*ranges):
    """Merge these ranges of a sheet: (first row, first column, last row, last column, text)."""

    def change(workbook, page):
        for *place, value in ranges:
            page.merge_range(*place, value)

    return change


def filtered(workbook, page):
    page.autofilter(0, 0, 3, 2)
    page.filter_column(0, "x == Siti*")
    page.set_row(2, None, None, {"hidden": True})
    page.set_row(3, None, None, {"hidden": True})


def with_logo(workbook, page):
    page.set_column(1, 1, None, None, {"hidden": True})
    page.write_comment(7, 0, "Tolong dicek")
    page.set_header("&LPemprov DKI")


GROUPED = [
    ["No", "Identitas", "", "Kontak", ""],
    ["", "Nama", "NIK", "No HP", "Email"],
    ["1", *person(), "siti@example.com"],
]
TALL = [
    ["No", "Nama", "NIK", "Kontak", ""],
    ["", "", "", "No HP", "Email"],
    ["1", *person(), "siti@example.com"],
]

CASES = [
    Case("Judul di atas tabel", "judul.xlsx", sheet([TITLE, ["Kecamatan Menteng"], [], *TWO]), 2),
    Case(
        "Judul berisi kata dari judul kolom",
        "judul2.xlsx",
        sheet([["Nama", "Kegiatan Bazar"], ["Kecamatan", "Menteng"], [], *TWO]),
        2,
    ),
    Case(
        "Baris logo, kolom tersembunyi, komentar sel",
        "logo.xlsx",
        sheet([[], [], TITLE, [], [], [], *TWO], change=with_logo),
        2,
    ),
    Case("Judul kolom di baris 14", "baris14.csv", text([TITLE] * 13 + TWO), 2),
    Case("Judul kolom di baris 20", "baris20.csv", text([TITLE] * 19 + TWO)),
    Case(
        "Judul kolom bertingkat: kelompok di atas nama kolom",
        "bertingkat.csv",
        text([TITLE, *GROUPED]),
        1,
    ),
    Case(
        "Judul kolom bertingkat tanpa penggabungan (CSV)",
        "bertingkat2.csv",
        text([TITLE, *TALL]),
        1,
        "email",
    ),
    Case(
        "Judul kolom digabung ke bawah dan ke kanan (Excel)",
        "gabung.xlsx",
        sheet(
            [TITLE, *TALL],
            change=merged(
                (1, 0, 2, 0, "No"),
                (1, 1, 2, 1, "Nama"),
                (1, 2, 2, 2, "NIK"),
                (1, 3, 1, 4, "Kontak"),
            ),
        ),
        1,
        "email",
    ),
    Case(
        "Sel kecamatan digabung untuk beberapa orang",
        "gabung-isi.xlsx",
        sheet(
            [[*HEADER, "Alamat"], *people(3)],
            change=merged((1, 3, 3, 3, "Jl. Menteng Raya")),
        ),
        3,
        "address",
    ),
    Case(
        "Judul kolom diulang di tengah daftar",
        "ulang.csv",
        text([HEADER, *people(2), HEADER, *people(2, start=3)]),
        4,
    ),
    Case(
        "Judul kolom panjang dari Google Formulir",
        "formulir.csv",
        text(
            [
                ["Timestamp", "Nama Lengkap Peserta", "Nomor NIK KTP", "No HP aktif"],
                ["12/03/2026 10:00:00", *person()],
            ],
            delimiter=",",
        ),
        1,
    ),
    Case(
        "Judul kolom dobel: dua kolom No HP",
        "dobel.csv",
        text(
            [
                [*HEADER, "No HP"],
                [*person(), "081299998888"],
            ]
        ),
        1,
        "phone",
    ),
    Case(
        "Dua tabel bersebelahan",
        "sebelah.csv",
        text([[*HEADER, "", *HEADER], [*person(), "", *person(2, "Ani")]]),
        1,
    ),
    Case(
        "Formulir menurun: nama di kiri, isi di kanan",
        "menurun.csv",
        text([["Nama", "Siti"], ["NIK", person()[1]], ["No HP", person()[2]]]),
    ),
    Case(
        "Kolom kosong di antara kolom isi",
        "kolom-kosong.csv",
        text(
            [
                ["Nama", "", "NIK", "", "No HP"],
                [person()[0], "", person()[1], "", person()[2]],
            ]
        ),
        1,
    ),
    Case(
        "Judul kolom huruf besar dengan tanda bintang",
        "bintang.csv",
        text(
            [
                ["NAMA LENGKAP *", "N.I.K", "NO. HP / WA"],
                person(),
            ]
        ),
        1,
    ),
    Case("Jumlah dan tanda tangan di bawah tabel", "tanda-tangan.csv", text([*TWO, *SIGNATURE]), 6),
    Case(
        "Baris nomor kolom (1) (2) (3) di bawah judul",
        "nomor.csv",
        text(
            [
                HEADER,
                ["(1)", "(2)", "(3)"],
                *people(2),
            ]
        ),
        3,
    ),
    Case(
        "Beberapa lembar berisi daftar",
        "lembar.xlsx",
        sheets(
            {
                "Januari": TWO,
                "Februari": [HEADER, *people(2, start=3)],
            }
        ),
        4,
    ),
    Case(
        "Lembar tersembunyi berisi daftar",
        "sembunyi.xlsx",
        sheets(
            {"Data": TWO, "Arsip": [HEADER, *people(2, start=3)]},
            hidden=["Arsip"],
        ),
        2,
    ),
    Case(
        "Daftar hanya di lembar tersembunyi",
        "sembunyi2.xlsx",
        sheets(
            {"Sheet1": [], "Data": TWO},
            hidden=["Data"],
        ),
    ),
    Case(
        "Lembar petunjuk di depan daftar",
        "petunjuk.xlsx",
        sheets(
            {
                "Petunjuk": [["Isi lembar berikutnya."], ["Jangan ubah warna."]],
                "Data": TWO,
            }
        ),
        2,
    ),
    Case(
        "Satu lembar tanpa kolom nama",
        "tanpa-nama.xlsx",
        sheets(
            {
                "Data": TWO,
                "Tambahan": [["NIK", "No HP"], person(9)[1:]],
            }
        ),
        2,
    ),
    Case(
        "Baris tersaring (filter) di Excel",
        "saring.xlsx",
        sheet(
            [HEADER, person(), *people(2, start=2)],
            change=filtered,
        ),
        3,
    ),
    Case(
        "Catatan di kanan tabel",
        "catatan.xlsx",
        sheet([HEADER, [*person(), "", "sudah wafat?"]]),
        1,
    ),
    Case(
        "Semua isian di kolom A (CSV salah buka)",
        "kolom-a.xlsx",
        sheet([[",".join(row)] for row in TWO]),
        2,
    ),
    Case(
        "Buku kerja yang semua lembarnya kosong",
        "kosong.xlsx",
        sheets({"Sheet1": [], "Sheet2": []}),
    ),
    Case("Buku kerja tanpa judul kolom", "tanpa-judul.xlsx", sheet(people(3))),
    Case(
        "Baris yang sama di dua lembar",
        "dua-lembar.xlsx",
        sheets({"Januari": [HEADER, person()], "Februari": [HEADER, person()]}),
        2,
    ),
    Case(
        "Dua orang dengan NIK yang sama",
        "kembar.csv",
        text(
            [
                HEADER,
                person(),
                [*person()[:2], "081234567899"],
            ]
        ),
        2,
    ),
    Case(
        "Judul kolom diulang di tengah tabel",
        "judul-ulang.xlsx",
        sheet([*TWO, HEADER, *people(4)[2:], HEADER]),
        4,
    ),
    Case("Baris yang sama dua kali", "dua-kali.csv", text([HEADER, person(), person()]), 2),
]
