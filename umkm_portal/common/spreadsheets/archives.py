"""The parts of a zipped workbook, unpacked block by block and never without bound."""

import zipfile
from collections.abc import Iterator

from umkm_portal.common.spreadsheets.sniff import TRUNCATED
from umkm_portal.common.spreadsheets.tables import Limits, SpreadsheetError

_BLOCK = 1 << 20
_SMALL_PART_BYTES = 8 << 20
_ODD_RATIO, _ODD_BYTES = 250, 64 << 20
BOMB = (
    "Isi berkas jauh lebih besar daripada ukurannya, sehingga tidak aman dibaca. Salin datanya ke "
    "berkas baru, simpan, lalu unggah lagi."
)


class Parts:
    """The parts of an archive, read block by block within one budget of unpacked bytes."""

    def __init__(self, archive: zipfile.ZipFile, path_bytes: int, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self._packed, self._unpacked = max(path_bytes, 1), 0

    def blocks(self, name: str) -> Iterator[bytes]:
        with self.archive.open(name) as part:
            previous = b""
            while block := part.read(_BLOCK):
                self._unpacked += len(block)
                is_odd = self._unpacked > _ODD_BYTES
                if self._unpacked > self.limits.unpacked_bytes or (
                    is_odd and self._unpacked > _ODD_RATIO * self._packed
                ):
                    raise SpreadsheetError(BOMB)
                if b"<!DOCTYPE" in previous[-9:] + block or (not previous and b"\0" in block[:4]):
                    raise SpreadsheetError(TRUNCATED)
                yield block
                previous = block

    def small(self, name: str) -> bytes:
        content = b""
        for block in self.blocks(name):
            content += block
            if len(content) > _SMALL_PART_BYTES:
                raise SpreadsheetError(BOMB)
        return content
