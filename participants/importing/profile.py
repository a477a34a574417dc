"""The register as a kind of list that can come in."""

from __future__ import annotations

from participants.importing.applying import apply_slice
from participants.importing.cleaning import RegisterReader
from participants.importing.columns import COLUMNS
from participants.importing.matching import check_slice
from umkm_portal.imports.profiles import Profile

REGISTER = Profile(
    slug="register",
    label="Daftar induk peserta",
    columns=COLUMNS,
    make_reader=RegisterReader,
    check_slice=check_slice,
    apply_slice=apply_slice,
    needs_one_of=("nik", "phone", "email", "code"),
    volatile=("nik", "new_code"),
)
