"""The kind of list that tells what was sold: who, when, over which channel, how much."""

from __future__ import annotations

from partners.bazaars.applying import after_apply, apply_slice
from partners.bazaars.cleaning import SalesReader
from partners.bazaars.columns import COLUMNS, NEEDS_ONE_OF
from partners.bazaars.matching import check_slice
from umkm_portal.imports.profiles import Profile

SALES = Profile(
    slug="penjualan",
    label="Laporan penjualan",
    hint="Penjualan tiap usaha di satu masa dan satu kanal. Kode peserta paling pasti.",
    columns=COLUMNS,
    make_reader=SalesReader,
    check_slice=check_slice,
    apply_slice=apply_slice,
    needs_one_of=NEEDS_ONE_OF,
    same_says="memberi angka yang sama",
    differ_says="angkanya berbeda",
    is_for_staff=False,
    page="partner:list",
    after_apply=after_apply,
    typed_instead={"nik": "Kode peserta"},
)
