"""Web pages and XML under the name of a workbook: how many systems of offices send lists."""

from tests.catalogue.builders import HEADER, Case, people, person

EXCEL_2003 = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">{}</Workbook>'
)


def table(*rows, attributes=""):
    """A table; a cell that begins with `<` is taken as it is."""
    lines = (
        "".join(cell if cell.startswith("<") else f"<td>{cell}</td>" for cell in row)
        for row in rows
    )
    return f"<table{attributes}>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def page(*parts, head=""):
    return f"<html><head>{head}</head><body>{''.join(parts)}</body></html>".encode()


def excel_2003(*rows, after="", name="Data"):
    """A workbook of Excel 2003; a cell is text, a number, or markup as it is."""
    lines = "".join(
        row if isinstance(row, str) else f"<Row>{''.join(map(_cell, row))}</Row>" for row in rows
    )
    sheet = f'<Worksheet ss:Name="{name}"><Table>{lines}</Table>{after}</Worksheet>'
    return EXCEL_2003.format(sheet).encode()


def _cell(value):
    if isinstance(value, str) and value.startswith("<"):
        return value
    kind = "String" if isinstance(value, str) else "Number"
    return f'<Cell><Data ss:Type="{kind}">{value}</Data></Cell>'


TWO = (HEADER, *people(2))
SPANNED = table(
    ['<th colspan="3">DATA PESERTA &amp; WIRAUSAHA</th>'],
    ['<th rowspan="2">Nama</th>', '<th rowspan="2">NIK</th>', '<th colspan="2">Kontak</th>'],
    ["<th>No HP</th>", "<th>Email</th>"],
    [*person(), "siti@example.com"],
)
SLOPPY = "<TABLE BORDER=1><TR><TD>Nama<TD>NIK<TD>No HP" + "".join(
    f"<TR><TD>{name}<TD>{nik}<TD>{phone}" for name, nik, phone in people(2)
)
LAYOUT = table(
    ["Dinas PPKUKM", "<td><img src='logo.png'></td>"],
    [f"<td>{table(*TWO)}</td>", "Menu<br>Keluar"],
)
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">&a;</Workbook>'
)

CASES = [
    Case("XLS yang sebenarnya HTML (unduhan sistem)", "laporan.xls", page(table(*TWO)), 2),
    Case(
        "HTML dengan sel gabung ke kanan dan ke bawah", "gabung.xls", page(SPANNED), 1, "full_name"
    ),
    Case(
        "HTML tanpa penutup sel dan baris",
        "asal.xls",
        (SLOPPY + "</TABLE>").encode(),
        2,
    ),
    Case(
        "HTML dengan dua tabel: dua kecamatan",
        "dua-tabel.xls",
        page(table(*TWO), "<h2>Kecamatan Gambir</h2>", table(HEADER, *people(2, start=3))),
        4,
    ),
    Case("HTML: tabel di dalam tabel tata letak", "tata-letak.xls", page(LAYOUT), 2),
    Case(
        "HTML dengan skrip, gaya, dan entitas",
        "entitas.xls",
        page(
            "<script>document.write('<table>')</script>",
            table(
                HEADER,
                [
                    "Ren&eacute;e&nbsp;Caf&#233;<script>alert('x')</script>",
                    *person()[1:],
                ],
            ),
            head="<style>td{mso-number-format:'\\@'}</style>",
        ),
        1,
        "full_name",
    ),
    Case(
        "HTML dengan isian formulir di dalam sel",
        "isian.xls",
        page(table(HEADER, ['<td><input type="text" value="Siti Aminah"></td>', *person()[1:]])),
        1,
        "full_name",
    ),
    Case(
        "HTML dengan baris tersembunyi",
        "samar.xls",
        page(
            table(*TWO).replace("<tr><td>Siti Aminah 2", '<tr style="display:none"><td>Siti Aminah')
        ),
        2,
    ),
    Case(
        "HTML UTF-16 (Excel lama)",
        "utf16.xls",
        page(table(*TWO)).decode().encode("utf-16"),
        2,
    ),
    Case(
        "HTML di bawah peringatan PHP",
        "peringatan.xls",
        b"Warning: Undefined variable $a in /var/www/a.php on line 3\n" + table(*TWO).encode(),
        2,
    ),
    Case(
        "HTML yang NIK-nya sudah dirusak Excel",
        "rusak.xls",
        page(table(HEADER, ["Siti", "3.17107E+15", person()[2]])),
        1,
    ),
    Case("HTML yang terpotong di tengah tabel", "potong.xls", page(table(*TWO))[:-90]),
    Case(
        "Halaman masuk yang tersimpan sebagai .xls (sesi habis)",
        "masuk.xls",
        page("<form><input name='user'><input type='password'></form>"),
    ),
    Case(
        "HTML tanpa judul kolom",
        "polos.xls",
        page(table(*people(2))),
    ),
    Case("XLS yang sebenarnya XML 2003", "xml2003.xls", excel_2003(*TWO), 2),
    Case(
        "XML 2003 dengan judul, sel lompat, tanggal, komentar, dan NIK angka",
        "lengkap.xml",
        excel_2003(
            ['<Cell ss:MergeAcross="3"><Data ss:Type="String">DAFTAR</Data></Cell>'],
            '<Row ss:Index="4">'
            + "".join(map(_cell, ["Nama", "NIK", "Tanggal lahir", "No HP"]))
            + "</Row>",
            [
                '<Cell><Data ss:Type="String">Siti</Data>'
                "<Comment><Data>cek</Data></Comment></Cell>",
                3171074503900001,
                '<Cell><Data ss:Type="DateTime">1990-03-05T00:00:00.000</Data></Cell>',
                person()[2],
            ],
            ["Ani", '<Cell ss:Index="4"><Data ss:Type="String">081234567802</Data></Cell>'],
        ),
        2,
        "birth_date",
    ),
    Case(
        "XML 2003 dengan lembar tersembunyi",
        "sembunyi.xml",
        excel_2003(
            *TWO,
            after="<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>",
        ),
    ),
    Case(
        "XML 2003 dengan rumus yang belum dihitung",
        "rumus.xml",
        excel_2003(HEADER, [*person()[:2], '<Cell ss:Formula="=A1"/>']),
    ),
    Case("XML 2003 yang terpotong", "potong.xml", excel_2003(*TWO)[:-60]),
    Case("XML 2003 dengan entitas dari luar (XXE)", "entitas.xml", ENTITIES.encode()),
    Case("XML lain", "umpan.xml", b'<?xml version="1.0"?><rss><channel/></rss>'),
    Case("Gambar SVG", "logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'),
    Case(
        "OpenDocument datar (.fods)",
        "datar.fods",
        b'<?xml version="1.0"?><office:document xmlns:office="x"></office:document>',
    ),
    Case(
        "Halaman web satu berkas (MHT)",
        "laporan.mht",
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n",
    ),
]
