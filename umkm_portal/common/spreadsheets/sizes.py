"""The sentences about sheets that hold more, or less, than a list of people can."""

from umkm_portal.common.spreadsheets.facts import SheetFacts
from umkm_portal.common.spreadsheets.tables import Limits, SpreadsheetError, column_letters

_MOST_ERROR_CELLS = 100_000


def refuse_outside(title: str, row_no: int, column_no: int, limits: Limits) -> None:
    """Refuse a filled cell beyond the limits; rows and columns are counted from 1."""
    if column_no > limits.columns:
        raise SpreadsheetError(
            f"Ada isi di sel {column_letters(column_no - 1)}{row_no} lembar “{title}”, melewati "
            f"batas {limits.columns} kolom. Hapus isi di luar tabel, lalu unggah lagi."
        )
    if row_no > limits.rows:
        raise SpreadsheetError(
            f"Ada isi di baris {_shown(row_no)} lembar “{title}”, melewati batas "
            f"{_shown(limits.rows)} baris. Hapus isi di luar tabel, atau bagi menjadi beberapa "
            "berkas."
        )


def refuse_large(title: str, last_row: int, last_column: int, limits: Limits) -> None:
    """Refuse a sheet whose last filled cells span more cells than a file may have."""
    if last_row * last_column > limits.cells:
        raise SpreadsheetError(
            f"Lembar “{title}” berisi sampai sel {column_letters(last_column - 1)}{last_row}: "
            "terlalu besar. Hapus isi di luar tabel, atau bagi menjadi beberapa berkas."
        )


def refuse_errors(title: str, facts: SheetFacts) -> None:
    if facts.error_cells > _MOST_ERROR_CELLS:
        raise SpreadsheetError(
            f"Lembar “{title}” berisi terlalu banyak sel galat (seperti #N/A). Perbaiki rumusnya, "
            "lalu unggah lagi."
        )


def refuse_uncounted(title: str, place: str) -> None:
    raise SpreadsheetError(
        f"Rumus di sel {place} lembar “{title}” belum dihitung. Buka di Excel, simpan, lalu unggah "
        "lagi."
    )


def too_many_rows(limits: Limits) -> str:
    return f"Berkas berisi lebih dari {_shown(limits.rows)} baris. Bagi menjadi beberapa berkas."


def _shown(number: int) -> str:
    return f"{number:,}".replace(",", ".")
