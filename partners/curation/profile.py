"""The kind of list that curators hand in."""

from __future__ import annotations

from partners.curation.applying import after_apply, after_stop, apply_slice
from partners.curation.cleaning import CurationReader, lacks_result
from partners.curation.columns import COLUMNS, NEEDS_ONE_OF
from partners.curation.doubles import DIFFER_SAYS, SAME_SAYS
from partners.curation.matching import CLEAN_TYPES, check_slice
from umkm_portal.imports.profiles import Profile

_COMPARED = ("outcome", "grade")

CURATION = Profile(
    slug="kurasi",
    label="Daftar hasil kurasi",
    hint="Siapa yang lolos kurasi. Kode peserta paling pasti mengenali orangnya.",
    columns=COLUMNS,
    make_reader=CurationReader,
    check_slice=check_slice,
    apply_slice=apply_slice,
    needs_one_of=NEEDS_ONE_OF,
    also_missing=lacks_result,
    volatile=tuple(key for key in CLEAN_TYPES if key not in _COMPARED),
    same_says=SAME_SAYS,
    differ_says=DIFFER_SAYS,
    is_for_staff=False,
    page="partner:list",
    after_apply=after_apply,
    after_stop=after_stop,
    typed_instead={"nik": "Kode peserta"},
)
