"""What stands in the cells: damaged NIKs and phones, dates, names, and attacks."""

from datetime import datetime

from tests.catalogue.builders import HEADER, Case, cell, people, person, sheet, text

NIK_COLUMN = [[name, float(nik), phone] for name, nik, phone in people(2)]
SCRIPT = "<script>alert(1)</script>"


def with_dates(workbook, page):
    page.write(0, 3, "Tanggal lahir")
    page.write_datetime(
        1, 3, datetime(1990, 3, 5), workbook.add_format({"num_format": "dd/mm/yyyy"})
    )
    page.write_number(2, 3, 32937)


def with_formulas(workbook, page):
    page.write(0, 3, "Alamat")
    page.write_formula(1, 3, '="Jl. "&"Mawar"', None, "Jl. Mawar")
    page.write_formula(2, 3, "=VLOOKUP(A1,B:C,2,0)", None, "#N/A")
    page.write_formula(3, 1, "=#REF!", None, "#REF!")


def dates(*values):
    rows = [[*person(n), value] for n, value in enumerate(values, 1)]
    return text([[*HEADER, "Tanggal lahir"], *rows])


def phones(*values):
    rows = [[*person(n)[:2], value] for n, value in enumerate(values, 1)]
    return text([HEADER, *rows])


def names(*values):
    return text([HEADER, *(person(n, value) for n, value in enumerate(values, 1))])


def niks(*values):
    rows = [[f"Siti {n}", value, person(n)[2]] for n, value in enumerate(values, 1)]
    return text([HEADER, *rows])


ZEROS = [[f"Siti {n}", f"317107450390{n:03}0", person(n)[2]] for n in range(1, 31)]

CASES = [
    # --- NIK ---
    Case(
        "NIK tersimpan sebagai angka, masih utuh", "nik-angka.xlsx", sheet([HEADER, *NIK_COLUMN]), 2
    ),
    Case(
        "NIK tersimpan sebagai angka, digit terakhir jadi 0",
        "nik-nol.xlsx",
        sheet([HEADER, ["Siti", 3171074503900010, "081234567801"]]),
        1,
    ),
    Case("NIK 3.17E+15 dan 3,17107E+15", "nik-e.csv", niks("3.17E+15", "3,17107E+15"), 2),
    Case("30 NIK yang semuanya berakhiran 0", "nik-rusak.csv", text([HEADER, *ZEROS])),
    Case("NIK berakhiran 0000", "nik-0000.csv", niks("3171074503900000"), 1),
    Case(
        "NIK dengan apostrof, spasi, titik, strip",
        "nik-pisah.csv",
        niks(
            "'3171074503900001", "3171 0745 0390 0002", "317107.450390.0003", "317107-450390-0004"
        ),
        4,
    ),
    Case("NIK 15 dan 17 angka", "nik-panjang.csv", niks("317107450390001", "31710745039000011"), 2),
    Case(
        "NIK dengan huruf O dan l", "nik-huruf.csv", niks("3171O745039OOOO1", "3l71074503900002"), 2
    ),
    Case("NIK angka lebar (Unicode)", "nik-lebar.csv", niks("３１７１０７４５０３９００００１"), 1),
    Case("NIK berawalan tulisan NIK:", "nik-kata.csv", niks("NIK: 3171074503900001"), 1),
    Case("NIK berisi #N/A dan #REF!", "nik-galat.csv", niks("#N/A", "#REF!"), 2),
    Case("NIK tidak cocok dengan tanggal lahir", "nik-tanggal.csv", dates("17/08/1985"), 1),
    Case("Nomor KK di kolom NIK (tanggal mustahil)", "nik-kk.csv", niks("3171073502150012"), 1),
    Case("Tanpa NIK, HP, dan email", "tanpa-kunci.csv", text([HEADER, ["Siti", "", "-"]]), 1),
    # --- Phones ---
    Case(
        "HP tanpa 0, dengan +62, 62, +62 (0), 0062, spasi, strip, titik",
        "hp-bentuk.csv",
        phones(
            "81234567801",
            "+62 812-3456-7802",
            "6281234567803",
            "+62 (0)812 3456 7804",
            "006281234567805",
            "0812.3456.7806",
            "'081234567807",
        ),
        7,
    ),
    Case(
        "HP tersimpan sebagai angka",
        "hp-angka.xlsx",
        sheet([HEADER, [*person()[:2], 81234567801]]),
        1,
        "phone",
    ),
    Case("HP berakhiran .0", "hp-nol.csv", phones("81234567801.0"), 1),
    Case("HP 8,12346E+11", "hp-e.csv", phones("8,12346E+11"), 1),
    Case("Dua nomor HP dalam satu sel", "hp-dua.csv", phones("081234567801 / 081298765432"), 1),
    Case("Telepon rumah", "hp-rumah.csv", phones("021-3456789", "(021) 3900 123"), 2),
    Case(
        "HP luar negeri dan HP terlalu pendek", "hp-asing.csv", phones("+60123456789", "0812345"), 2
    ),
    Case("HP berisi tulisan", "hp-kata.csv", phones("tidak ada", "0812-xxxx-7801"), 2),
    Case(
        "HP dengan karakter tak terlihat",
        "hp-samar.csv",
        phones("\u202a+62 812\u20113456\u20117801\u202c"),
        1,
        "phone",
    ),
    # --- Dates ---
    Case(
        "Tanggal lahir dalam sembilan bentuk",
        "tanggal.csv",
        dates(
            "05/03/1990",
            "5-3-1990",
            "05.03.1990",
            "1990-03-05",
            "5 Maret 1990",
            "05 Mar 1990",
            "Senin, 5 Maret 1990",
            "5 maret 1990",
            "1990-03-05 00:00:00",
        ),
        9,
    ),
    Case(
        "Tanggal 31/02 dan 29/02 tahun biasa",
        "tanggal-31.csv",
        dates("31/02/1990", "29/02/1990"),
        2,
    ),
    Case("Tahun dua angka", "tahun.csv", dates("05/03/90"), 1),
    Case("Bulan di depan (cara Amerika)", "amerika.csv", dates("03/25/1990"), 1),
    Case("Tanggal berupa angka seri Excel", "seri.csv", dates("32937"), 1),
    Case(
        "Tanggal Excel asli dan angka seri dalam sel angka",
        "tanggal.xlsx",
        sheet([HEADER, *people(2)], change=with_dates),
        2,
    ),
    Case(
        "Tanggal lahir di masa depan dan tahun 1800",
        "masa.csv",
        dates("01/01/2090", "01/01/1800"),
        2,
    ),
    Case("Tempat dan tanggal lahir dalam satu sel", "ttl.csv", dates("Jakarta, 5 Maret 1990"), 1),
    # --- Names ---
    Case(
        "Nama satu kata, bergelar, huruf besar",
        "nama.csv",
        names("Sukarni", "Dr. Hj. Siti Aminah, S.E., M.M.", "BUDI SANTOSO"),
        3,
    ),
    Case(
        "Nama dengan karakter lebar nol dan arah kanan-ke-kiri",
        "nama-samar.csv",
        names("Si\u200bti \u202eAmi\u00adnah\u202c"),
        1,
        "full_name",
    ),
    Case(
        "Nama dengan karakter kendali",
        "nama-kendali.csv",
        names("Siti\x07 Ami\x1fnah\x00".replace("\x00", "")),
        1,
        "full_name",
    ),
    Case("Nama dengan emoji", "emoji.csv", names("Siti Aminah 🌸"), 1, "full_name"),
    Case("Nama dengan huruf Arab", "arab.csv", names("سيتي أمينة"), 1, "full_name"),
    Case("Nama dengan huruf rusak (�)", "rusak.csv", names("Siti Nur\ufffdaini"), 1),
    Case("Nama berupa angka atau tanda", "bukan-nama.csv", names("12345", "-", "???"), 3),
    Case("Nama 200 huruf", "nama-panjang.csv", names("Siti " * 40), 1),
    Case(
        "Rumus di kolom nama (=, +, @)",
        "injeksi.csv",
        names('=HYPERLINK("http://x.example";"klik")', "+cmd|' /C calc'!A0", "@SUM(A1:A9)"),
        3,
    ),
    Case("Rumus di kolom alamat", "injeksi-alamat.csv", cell("Alamat", "=1+1;\tDDE"), 1, "address"),
    Case("HTML di kolom nama", "html.csv", names(SCRIPT), 1),
    Case(
        "HTML dan SQL di kolom alamat",
        "html-alamat.csv",
        cell("Alamat", f"{SCRIPT}'; DROP TABLE x; --"),
        1,
        "address",
    ),
    # --- Other columns ---
    Case("Email keliru", "email.csv", cell("Email", "siti@gmail"), 1),
    Case(
        "Dua email dalam satu sel",
        "email-dua.csv",
        cell("Email", "a@example.com, b@example.com"),
        1,
    ),
    Case(
        "Email dan nama yang sangat panjang",
        "email-panjang.csv",
        cell(
            "Email",
            f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.id",
            Nama="Siti " * 20,
            NIK="",
            **{"No HP": ""},
        ),
        1,
    ),
    Case("NIB 12 angka", "nib.csv", cell("NIB", "123456789012"), 1),
    Case("Omzet dengan kata dan rentang", "omzet.csv", cell("Omzet", "10-20 juta"), 1),
    Case("Omzet raksasa", "omzet-besar.csv", cell("Omzet", "9" * 30), 1),
    Case("Kota yang tidak ada", "kota.csv", cell("Kota", "Jakarta Tenggara"), 1),
    Case("Kota di luar Jakarta", "bekasi.csv", cell("Kota", "Kota Bekasi"), 1),
    Case("Sektor yang tidak dikenal", "sektor.csv", cell("Sektor", "Jualan apa saja"), 1),
    Case("Dinas yang tidak dikenal", "dinas.csv", cell("Dinas", "Dinas Sihir"), 1),
    Case("Ya/tidak yang meragukan", "ya.csv", cell("Bersedia", "mungkin"), 1),
    Case("Persetujuan WhatsApp tanpa tanggal", "setuju.csv", cell("Persetujuan WhatsApp", "ya"), 1),
    Case("Alamat 30.000 huruf", "alamat-panjang.csv", cell("Alamat", "Jl. " * 7_500), 1),
    Case(
        "Tautan toko 2.000 huruf",
        "tautan.csv",
        cell("Tautan toko", "https://x.example/" + "a" * 2_000),
        1,
    ),
    Case("Isian yang semuanya strip", "strip.csv", text([HEADER, ["-", "-", "-"], person()]), 2),
    # --- Formulas ---
    Case(
        "Rumus dengan hasil, #N/A, dan #REF! (Excel)",
        "rumus.xlsx",
        sheet([HEADER, *people(3)], change=with_formulas),
        3,
    ),
]
