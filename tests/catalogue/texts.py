"""CSV and other text files: delimiters, encodings, line ends, quotes, shapes."""

from tests.catalogue.builders import HEADER, Case, cell, people, person, text

RENEE = [*person()]
RENEE[0] = "Renée Café"
TWO = [HEADER, *people(2)]
LINE = ";".join(person())


def glued():
    """UTF-8 with one line out of an old Windows program."""
    lines = text([HEADER, RENEE]), text([person(2, "José Ölund")], encoding="cp1252")
    return b"".join(lines)


CASES = [
    Case("CSV dengan titik koma (Excel Indonesia)", "titik-koma.csv", text(TWO), 2),
    Case("CSV dengan koma", "koma.csv", text(TWO, delimiter=","), 2),
    Case("CSV dengan tab", "tab.txt", text(TWO, delimiter="\t"), 2),
    Case("CSV dengan garis tegak", "garis.csv", text(TWO, delimiter="|"), 2),
    Case(
        "CSV dengan baris pertama `sep=,`",
        "sep.csv",
        text(TWO, delimiter=",", before="sep=,\r\n"),
        2,
    ),
    Case(
        "CSV koma, tetapi ada titik koma di dalam alamat",
        "alamat.csv",
        text(
            [[*HEADER, "Alamat"], [*person(), "Jl. Mawar; Blok B, RT 1"]],
            delimiter=",",
        ),
        1,
        "address",
    ),
    Case("CSV UTF-8 dengan BOM", "bom.csv", text([HEADER, RENEE], encoding="utf-8-sig"), 1),
    Case(
        "CSV Windows-1252 (huruf é dari Excel lama)",
        "cp1252.csv",
        text([HEADER, RENEE], encoding="cp1252"),
        1,
        "full_name",
    ),
    Case(
        "Teks Unicode dari Excel (UTF-16, tab)",
        "unicode.txt",
        text([HEADER, RENEE], delimiter="\t", encoding="utf-16"),
        1,
        "full_name",
    ),
    Case(
        "UTF-16 tanpa BOM",
        "utf16.csv",
        text([HEADER, RENEE], encoding="utf-16-le"),
        1,
        "full_name",
    ),
    Case("Dua CSV disambung: UTF-8 dan Windows-1252", "campur.csv", glued, 2, "full_name"),
    Case("CSV baris Mac lama (CR saja)", "mac.csv", text(TWO, line_end="\r"), 2),
    Case("CSV dengan baris kosong di antaranya", "kosong.csv", text([HEADER, [], *people(2)]), 2),
    Case(
        "CSV berisi sejuta baris `;;` di bawah data",
        "sejuta.csv",
        lambda: text(TWO) + b";;\r\n" * 1_000_000,
        2,
        is_long=True,
    ),
    Case('CSV dengan isian `="0812..."`', "rumus.csv", lambda: _formula_quotes(), 1),
    Case("CSV dengan ganti baris di dalam sel", "baris.csv", cell("Alamat", "Jl. Satu\nRT 2"), 1),
    Case(
        "CSV yang tanda kutipnya tidak ditutup",
        "kutip.csv",
        text([HEADER]) + b'"Siti;3171074503900001;081234567801\r\n',
    ),
    Case(
        "CSV dengan tanda kutip di tengah sel berkutip",
        "kutip2.csv",
        text([HEADER]) + b'"Siti "Ani" Aminah";3171074503900001;081234567801\r\n',
    ),
    Case(
        "CSV dengan tanda kutip di tengah sel biasa",
        "kutip3.csv",
        text([HEADER]) + b'Siti "Ani" Aminah;3171074503900001;081234567801\r\n',
        1,
        "full_name",
    ),
    Case(
        "CSV yang satu barisnya kelebihan isian",
        "geser.csv",
        text([[*HEADER, "Alamat"], [*person(), "Jl. Mawar", " Blok B"]]),
        1,
    ),
    Case(
        "CSV yang satu barisnya kurang isian",
        "pendek.csv",
        text([HEADER, person()[:2], person(2, "Ani")]),
        2,
    ),
    Case(
        "CSV yang terpotong di tengah", "terpotong.csv", lambda: text([HEADER, *people(40)])[:-30]
    ),
    Case(
        "CSV yang setiap barisnya berkutip utuh",
        "satu-kolom.csv",
        text([[";".join(HEADER)], [LINE]], delimiter=","),
        1,
    ),
    Case(
        "CSV yang berakhir di tengah isian",
        "ujung.csv",
        text([[*HEADER, "Email"], [*person(), "siti@contoh.id"]])[:-5],
        1,
    ),
    Case(
        "UTF-16 yang terpotong di tengah",
        "terpotong16.csv",
        text([HEADER, *people(40)], encoding="utf-16")[:-60],
    ),
    Case("CSV dengan byte nol di tengah", "nol.csv", text(TWO) * 200 + b"\0;\0;\0\r\n"),
    Case("CSV tanpa baris judul", "tanpa-judul.csv", text(people(3))),
    Case("CSV yang hanya berisi judul", "judul.csv", text([HEADER])),
    Case("Berkas 0 byte", "nihil.csv", b""),
    Case("Berkas yang hanya berisi spasi", "spasi.csv", b"   \r\n\t  \r\n" * 20),
    Case("Berkas yang hanya berisi BOM", "bom-saja.csv", b"\xff\xfe"),
    Case("Sel sepanjang 40.000 huruf", "panjang.csv", cell("Alamat", "x" * 40_000)),
    Case("CSV dengan 20.000 kolom", "lebar.csv", text([[*HEADER, *["Kolom"] * 20_000], person()])),
    Case(
        "CSV yang satu barisnya punya 20.000 isian",
        "baris-lebar.csv",
        text([HEADER, [*person(), *"x" * 20_000]]),
    ),
    Case("CSV dengan `sep=;` di belakang BOM", "sep2.csv", text(TWO, before="\ufeffsep=;\r\n"), 2),
    Case(
        "CSV yang pemisahnya berbeda dari `sep=;`",
        "sep3.csv",
        text(TWO, delimiter=",", before="sep=;\r\n"),
        2,
    ),
    Case(
        "CSV dengan dua tanda kutip nyasar yang menelan satu orang",
        "telan.csv",
        f'{";".join(HEADER)}\r\n"{LINE}\r\nAni";{";".join(person(2)[1:])}\r\n'.encode(),
    ),
    Case(
        "CSV yang pemisahnya berganti di tengah",
        "ganti.csv",
        text(TWO) + text([person(3)], delimiter=","),
        3,
    ),
    Case(
        "Judul kolom bahasa Inggris",
        "inggris.csv",
        text(
            [
                ["Full Name", "National ID", "Mobile Phone", "Date of Birth", "Store Name"],
                [*person(), "5 March 1990", "Dapur Siti"],
            ]
        ),
        1,
        "birth_date",
    ),
    Case("UTF-32", "utf32.csv", text(TWO, encoding="utf-32"), 2),
    Case(
        "Daftar lewat tempel tanpa kolom nama",
        "tanpa-nama.csv",
        text([["NIK", "No HP"], person()[1:]]),
    ),
]


def _formula_quotes():
    return text([HEADER]) + b'Siti;="3171074503900001";="081234567801"\r\n'
