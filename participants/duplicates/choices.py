"""Of two records of one person: which value of each field stays, and what may not pass unproved.

An account sees what its participants hold, and a code goes to the phone that stands on a record.
So a contact or an account that only one of two records vouches for passes to the surviving one
only when the KTP was seen: nobody gets at the data of a person by registering under her name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from participants.models import Participant
from umkm_portal.common import phones

SOURCE, TARGET, NEITHER = "source", "target", "neither"
CONTACTS = ("phone", "email", "account")
VERIFIED = Participant.Identity.VERIFIED


class MergeRefused(Exception):
    """The records stay apart; the message is an Indonesian sentence."""


@dataclass(frozen=True)
class Field:
    """Columns of a person that stay together, under one name on the page."""

    name: str
    label: str
    columns: tuple[str, ...]


FIELDS = (
    Field("full_name", "Nama lengkap", ("full_name",)),
    Field(
        "identity",
        "NIK",
        ("nik_last4", "identity", "verified_by_id", "verified_how", "verified_at"),
    ),
    Field("birth_date", "Tanggal lahir", ("birth_date",)),
    Field("phone", "Nomor HP", ("phone",)),
    Field("email", "Email", ("email",)),
    Field("account", "Akun", ("account_id",)),
    Field("place", "Tempat tinggal", ("region_id", "address")),
    Field("track", "Jalur", ("track",)),
    Field("agency", "Dinas pembina", ("agency_id",)),
    Field("willing", "Kesediaan", ("is_willing", "willing_on", "willing_source")),
)


def default_choices(source: Participant, target: Participant) -> dict[str, str]:
    """`source`, `target` or (an account that nobody proved) `neither`, for each field.

    The verified value wins, else the newer or fuller one; two verified NIKs that differ have no
    default.
    """
    picked = {field.name: _default(field, source, target) for field in FIELDS}
    if has_two_niks(source, target):
        picked.pop("identity")
    return picked


def settle(
    source: Participant, target: Participant, wanted: Mapping[str, str], *, ktp_seen: bool
) -> dict[str, str]:
    """The choice of each field, with defaults for what is not said; raises MergeRefused."""
    names = {field.name for field in FIELDS}
    picked = default_choices(source, target) | {
        name: side
        for name, side in wanted.items()
        if name in names and side in (SOURCE, TARGET, NEITHER)
    }
    if "identity" not in picked:
        raise MergeRefused(
            "Kedua data memiliki NIK terverifikasi yang berbeda. Pilih NIK yang sesuai KTP."
        )
    people = {SOURCE: source, TARGET: target}
    if {source.identity, target.identity} == {"claimed", "verified"}:
        # What an officer saw is never replaced by what somebody typed.
        picked["identity"] = SOURCE if source.identity == VERIFIED else TARGET
    for name in CONTACTS:
        side = picked[name]
        if side == NEITHER or ktp_seen or not _value(name, people[side]):
            continue
        if not _may_pass(name, people[side], people[TARGET if side == SOURCE else SOURCE]):
            raise MergeRefused(
                f"{_label(name)} itu belum terbukti milik orang ini. Cocokkan KTP, lalu centang "
                "“KTP sudah saya lihat”, atau pilih yang lain."
            )
    return picked


def has_two_niks(source: Participant, target: Participant) -> bool:
    """Whether both records have a verified NIK, and not the same."""
    return (
        source.identity == target.identity == VERIFIED
        and bool(source.nik_index and target.nik_index)
        and source.nik_index != target.nik_index
    )


def is_trusted(person: Participant, other: Participant) -> bool:
    """Whether the contacts of one record may stand on both without a look at the KTP."""
    if person.identity == VERIFIED or _shares_contact(person, other):
        return True
    if person.account_id and person.account_id == other.account_id:
        return True
    return person.account_id is None and other.account_id is None and other.identity != VERIFIED


def shown(field: Field, person: Participant) -> str:
    """The value of a field as staff read it."""
    if field.name == "identity":
        proof = person.get_identity_display().lower()
        return f"{person.masked_nik or 'Belum ada'} ({proof})"
    if field.name == "phone":
        return phones.display(person.phone) if person.phone else ""
    if field.name == "birth_date":
        return f"{person.birth_date:%d/%m/%Y}" if person.birth_date else ""
    if field.name == "place":
        return ", ".join(filter(None, [person.address, str(person.region or "")]))
    if field.name == "track":
        return person.get_track_display()
    if field.name == "willing":
        since = f" sejak {person.willing_on:%d/%m/%Y}" if person.willing_on else ""
        return f"{'Bersedia' if person.is_willing else 'Belum bersedia'}{since}"
    return str(getattr(person, field.name) or "")


def _default(field: Field, source: Participant, target: Participant) -> str:
    name = field.name
    if name in CONTACTS:
        return _default_contact(name, source, target)
    if name == "willing":
        newer = (source.willing_on is not None) and (
            target.willing_on is None or source.willing_on > target.willing_on
        )
        return SOURCE if newer else TARGET
    if source.identity != target.identity and name in ("full_name", "identity", "birth_date"):
        verified, side = (source, SOURCE) if source.identity == VERIFIED else (target, TARGET)
        if _value(name, verified):
            return side
    return _fuller_or_newer(name, source, target)


def _default_contact(name: str, source: Participant, target: Participant) -> str:
    sides = [(TARGET, target, source), (SOURCE, source, target)]
    if source.identity == VERIFIED and target.identity != VERIFIED:
        sides.reverse()
    for side, person, other in sides:
        if _value(name, person) and _may_pass(name, person, other):
            return side
    return NEITHER if any(_value(name, person) for _, person, _ in sides) else TARGET


def _may_pass(name: str, person: Participant, other: Participant) -> bool:
    value = _value(name, person)
    if name != "account" and value == _value(name, other):
        return True
    return is_trusted(person, other)


def _fuller_or_newer(name: str, source: Participant, target: Participant) -> str:
    mine, theirs = _value(name, target), _value(name, source)
    if not mine or not theirs:
        return SOURCE if theirs else TARGET
    if name == "place":
        mine, theirs = target.address, source.address
        if bool(mine) != bool(theirs):
            return SOURCE if theirs else TARGET
    if name in ("track", "agency", "place") and source.updated_at > target.updated_at:
        return SOURCE
    return TARGET


def _value(name: str, person: Participant) -> object:
    return {
        "identity": person.nik_index,
        "account": person.account_id,
        "agency": person.agency_id,
        "place": person.region_id,
        "willing": person.willing_on,
    }.get(name) or getattr(person, name, None)


def _shares_contact(person: Participant, other: Participant) -> bool:
    return bool(person.phone and person.phone == other.phone) or bool(
        person.email and person.email.lower() == other.email.lower()
    )


def _label(name: str) -> str:
    return next(field.label for field in FIELDS if field.name == name)
