"""What the user sees of each kind of file, and the page of the guide that tells it."""

from pathlib import Path

from tests.catalogue import cells, layouts, pages_and_xml, texts, workbooks
from umkm_portal.imports import problems, profiles, services
from umkm_portal.imports.models import ImportFile

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "panduan" / "berkas.md"
CHAPTERS = {
    "CSV dan teks": texts.CASES,
    "Susunan tabel": layouts.CASES,
    "Isi sel": cells.CASES,
    "Halaman web dan XML bernama Excel": pages_and_xml.CASES,
    "Buku kerja, jenis berkas, dan serangan": workbooks.CASES,
}
INTRODUCTION = """# Berkas yang dikirim, dan jawaban portal

Setiap baris di bawah ini dicoba pada setiap perubahan portal: berkasnya dibuat, diunggah, dan
jawabannya dibandingkan dengan tabel ini. Berkas yang ditolak tidak meninggalkan apa pun. Baris
yang tidak disebut diterima apa adanya.
"""


def cases():
    return [case for chapter in CHAPTERS.values() for case in chapter]


def outcome_of(case, *, profile="register"):
    """Receive and check a file; return it with the sentences that a person reads about it."""
    content = case.make()
    file, is_new = services.receive_file([content], name=case.name, profile=profile)
    assert is_new, "two kinds of the catalogue are the same file"
    services.process_file(file.pk)
    file.refresh_from_db()
    return file, sentences_of(file, case.shown)


def sentences_of(file, shown=""):
    if file.state == ImportFile.State.FAILED:
        return [f"Ditolak: {file.file_error}"]
    if file.state == ImportFile.State.READ:
        lacking = profiles.get(file.profile).missing(filter(None, file.mapping.values()))
        return [f"Belum ada kolom untuk {', '.join(lacking)}: pilih kolomnya di halaman berkas."]
    told = [_counts(file), *file.options["notices"]]
    if shown:
        row = file.rows.order_by("row_no").first()
        told.append(f"Tersimpan: “{row.clean[shown]}”.")
    for group in problems.group_problems(file):
        kind = "peringatan" if group.is_warning else "ditolak"
        for example in group.examples[:4]:
            told.append(f"Baris {example.row} {kind}, {group.column}: {example.message}")
        told.append(f"→ {group.repair}")
    return told


def _counts(file):
    parts = [f"{file.accepted_count} diterima"] if file.accepted_count else []
    if file.rejected_count:
        parts.append(f"{file.rejected_count} perlu diperbaiki")
    if file.review_count:
        parts.append(f"{file.review_count} ditinjau")
    return f"{file.total_rows} baris: {', '.join(parts)}."


def line_of(case, sentences):
    """A row of the guide's table."""
    seen = "<br>".join(_escaped(sentence) for sentence in sentences)
    return f"| {_escaped(case.sent)} | `{case.name}` | {seen} |"


def lines_in_guide():
    text = GUIDE.read_text(encoding="utf-8") if GUIDE.exists() else ""
    return [line for line in text.splitlines() if line.startswith("| ") and "`" in line]


def write_guide(line_by_case):
    """Write the page anew from lines by case; a case without a new line keeps its old one."""
    old = {"".join(line.split(" | ")[:2]): line for line in lines_in_guide()}
    pages = [INTRODUCTION]
    for title, chapter in CHAPTERS.items():
        pages.append(
            f"\n## {title}\n\n| Yang dikirim | Nama berkas | Yang terlihat |\n|---|---|---|\n"
        )
        for case in chapter:
            key = f"| {_escaped(case.sent)}`{case.name}`"
            pages.append(line_by_case.get(case, old.get(key, "")) + "\n")
    GUIDE.write_text("".join(pages), encoding="utf-8")


def _escaped(text):
    plain = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return plain.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
