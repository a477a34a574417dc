"""What the uploader should know about a file that was read: what was left out, what came along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from umkm_portal.common.spreadsheets import Doubt, Skipped
from umkm_portal.imports.profiles import Problem

MOST = 20
"""Sentences kept of one file."""


def about_skipped_sheets(skipped: Iterable[Skipped]) -> list[str]:
    """Tell the sheets that nobody will find in the register; empty ones are not missed."""
    sentences = []
    for name, reason in skipped:
        if reason == "hidden":
            sentences.append(
                f"Lembar “{name}” tersembunyi, jadi tidak dibaca. Tampilkan lembarnya di Excel "
                "bila isinya ikut didaftarkan."
            )
        elif reason == "untitled":
            sentences.append(
                f"Lembar “{name}” tidak dibaca karena baris judul kolomnya tidak ditemukan. Beri "
                "judul kolomnya bila isinya ikut didaftarkan."
            )
    return sentences


def about_doubts(doubts: Iterable[Doubt]) -> list[str]:
    """Tell what the file itself says, or how it ends, where that does not fit what was read."""
    sentences = []
    for name, reason, row_no in doubts:
        if reason == "unended":
            sentences.append(
                f"Berkas berakhir di tengah baris {row_no}, tanpa ganti baris. Periksa apakah "
                "isian terakhir baris itu lengkap."
            )
        elif reason == "lost":
            sentences.append(
                f"Lembar “{name}” mencatat ada isi di baris {row_no}, tetapi isinya tidak ada. "
                "Bandingkan jumlah barisnya dengan berkas aslinya."
            )
    return sentences


def about_missing_columns(name: str, missing: Sequence[str]) -> str:
    return (
        f"Lembar “{name}” tidak dibaca karena tidak ada kolom {', '.join(missing)}. Tambahkan "
        "kolomnya bila isinya ikut didaftarkan."
    )


def about_hidden_rows(name: str, count: int) -> str:
    return (
        f"{count} baris tersembunyi atau tersaring di lembar “{name}” ikut dibaca. Hapus barisnya "
        "bila tidak ikut didaftarkan."
    )


def about_repeated_headings(headings: Sequence[str]) -> str:
    shown = ", ".join(f"“{heading}”" for heading in headings[:5])
    return (
        f"Judul kolom yang berulang tidak dibaca: {shown}. Pilih isiannya di pencocokan kolom, "
        "atau pindahkan isinya ke bawah tabel pertama."
    )


def about_headers_again(name: str, row_nos: Sequence[int]) -> str:
    shown = ", ".join(str(row_no) for row_no in row_nos[:5])
    more = f" dan {len(row_nos) - 5} lainnya" if len(row_nos) > 5 else ""
    return (
        f"Baris {shown}{more} lembar “{name}” mengulang judul kolom, jadi dilewati. Tidak perlu "
        "diperbaiki."
    )


def about_cells_outside(name: str, row_no: int) -> str:
    return (
        f"Ada isian di kanan judul kolom terakhir lembar “{name}” (baris {row_no}). Isian itu "
        "tidak dibaca; beri judul kolomnya bila perlu."
    )


def shifted_row(found: int, expected: int) -> Problem:
    """The problem of a text line with more values than there are columns."""
    return {
        "column": "Seluruh baris",
        "message": f"Ada {found} isian, padahal kolomnya {expected}: isian bisa bergeser.",
        "repair": "Periksa tanda pemisah dan tanda kutip di baris itu.",
    }
