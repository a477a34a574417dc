"""A waiting row beside the person that it met, for those who decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from participants.importing.deciding import CHOICES
from participants.models import Business, Participant
from umkm_portal.accounts.models import User
from umkm_portal.common import codes, phones
from umkm_portal.imports.decisions import reason_of
from umkm_portal.imports.models import ImportRow
from umkm_portal.imports.profiles import Comparison, Difference, Found
from umkm_portal.regions.models import Region

_TEXTS = (
    ("full_name", "Nama"),
    ("nik_last4", "Akhir NIK"),
    ("phone", "Nomor HP"),
    ("email", "Email"),
    ("birth_date", "Tanggal lahir"),
    ("address", "Alamat"),
)
_BUSINESS_TEXTS = (
    ("products", "Produk"),
    ("market", "Pasar"),
    ("stall", "Kios"),
    ("nib", "NIB"),
    ("yearly_sales", "Omzet setahun"),
)


def compare(rows: Sequence[ImportRow]) -> Mapping[int, Comparison]:
    """Return each waiting row beside its person, by row_no; four queries for any number."""
    targets = [row.target_id for row in rows if row.target_id]
    people = Participant.objects.select_related("region").in_bulk(targets)
    businesses: dict[int, Business] = {}
    for business in Business.objects.filter(participant__in=targets).order_by("-pk"):
        businesses[business.participant_id] = business
    regions = Region.objects.in_bulk(
        {row.clean["region_id"] for row in rows if row.clean.get("region_id")}
    )
    return {
        row.row_no: _compare(
            row,
            people.get(row.target_id or 0),
            businesses.get(row.target_id or 0),
            str(regions.get(row.clean.get("region_id"), "")),
        )
        for row in rows
    }


def find_target(typed: str, user: User) -> Found | None:
    """Return the person of a code, or of a phone that one person only has, if `user` sees her."""
    people = Participant.objects.living().for_user(user)
    code = codes.normalise(typed)
    if codes.is_valid(code):
        found = list(people.filter(code=code)[:1])
    else:
        try:
            phone = phones.to_e164(typed)
        except phones.PhoneError:
            return None
        found = list(people.filter(phone=phone).order_by("pk")[:2])
    return Found(found[0].pk, str(found[0])) if len(found) == 1 else None


def _compare(
    row: ImportRow, person: Participant | None, business: Business | None, region: str
) -> Comparison:
    clean = row.clean
    lines = [
        Difference(label, _told(clean.get(key)), _told(getattr(person, key, "")))
        for key, label in _TEXTS
    ]
    lines.append(Difference("Wilayah", region, str(person.region or "") if person else ""))
    lines += [
        Difference(label, _told(clean.get(key)), _told(getattr(business, key, "")))
        for key, label in _BUSINESS_TEXTS
    ]
    return Comparison(
        title=_told(clean.get("full_name")),
        target=str(person) if person else "",
        differences=[line for line in lines if line.in_file or line.known],
        choices=tuple(CHOICES.get(reason_of(row), ())),
    )


def _told(value: object) -> str:
    """A value as it is read; dates as in the register's files."""
    text = "" if value is None else str(value)
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text
