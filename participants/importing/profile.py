"""The kinds of lists about people that can come in: one set of columns, rules and statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from participants.duplicates.later import search_file_later
from participants.importing.applying import apply_slice
from participants.importing.cleaning import RegisterReader
from participants.importing.columns import COLUMNS
from participants.importing.comparing import compare, find_target
from participants.importing.deciding import CHOICES, POLICY_FIELDS
from participants.importing.matching import check_slice
from participants.importing.undoing import undo_slice
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.profiles import Column, PolicyField, Profile

KEEP = ImportFile.Policy.KEEP.value

REGISTER = Profile(
    slug="register",
    label="Daftar induk peserta",
    hint="Daftar resmi dinas. Isian berkas menggantikan isian lama yang belum terverifikasi.",
    columns=COLUMNS,
    make_reader=RegisterReader,
    check_slice=check_slice,
    apply_slice=apply_slice,
    needs_one_of=("nik", "phone", "email", "code"),
    volatile=("nik", "new_code"),
    facts={"verified_how": "Daftar induk dinas"},
    policy_fields=POLICY_FIELDS,
    choices_for=CHOICES,
    compare=compare,
    find_target=find_target,
    undo_slice=undo_slice,
    after_apply=search_file_later,
)


def columns_of(*keys: str, required: Iterable[str] = ("full_name",)) -> tuple[Column, ...]:
    """Columns of the register in the order of `keys`."""
    by_key = {column.key: column for column in COLUMNS}
    return tuple(replace(by_key[key], is_required=key in {*required}) for key in keys)


def policies_for(columns: Iterable[Column]) -> tuple[PolicyField, ...]:
    """The fields of these columns that the register may know otherwise."""
    keys = {column.key for column in columns}
    if keys & {"city", "district", "village"}:
        keys.add("region")
    return tuple(field for field in POLICY_FIELDS if field.key in keys)


def short_list(slug: str, label: str, columns: tuple[Column, ...], *, hint: str) -> Profile:
    """A list that adds to the register and proves nothing: it fills what is blank."""
    fields = policies_for(columns)
    return replace(
        REGISTER,
        slug=slug,
        label=label,
        columns=columns,
        needs_one_of=("phone",),
        facts={"verified_how": label},
        policy_fields=fields,
        policies={field.key: KEEP for field in fields},
        hint=hint,
    )


_AGENCY_COLUMNS = tuple(column for column in COLUMNS if column.key != "agency")
AGENCY = replace(
    REGISTER,
    slug="dinas",
    label="Daftar binaan dinas",
    hint="Daftar milik satu dinas. Orangnya menjadi binaan dinas itu; isian lama dipertahankan.",
    columns=_AGENCY_COLUMNS,
    facts={"verified_how": "Daftar binaan dinas"},
    policy_fields=(*policies_for(_AGENCY_COLUMNS), PolicyField("agency", "Dinas pembina")),
    policies={field.key: KEEP for field in POLICY_FIELDS},
    needs_organisation=True,
)
MARKET = short_list(
    "pasar",
    "Daftar pedagang pasar",
    columns_of(
        *("market", "stall", "full_name", "phone", "sells_live", "business_name", "products"),
        required=("market", "full_name"),
    ),
    hint="Pasar, kios, nama, nomor HP, dan apakah berjualan lewat siaran langsung.",
)
ALL = (REGISTER, AGENCY, MARKET)
