"""Loading the official regions into the register."""

import csv
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from umkm_portal.regions.models import Region

DATA = Path(__file__).resolve().parent / "data"
JAKARTA_SHORT_NAME = "DKI Jakarta"
_UPDATED = ["bps_code", "name", "short_name", "level", "kind", "parent", "postal_code"]


@transaction.atomic
def load_regions() -> int:
    """Write provinces, kabupaten/kota, and Jakarta's kecamatan and kelurahan; return how many.

    Repeating changes nothing. Validity dates and successors are the staff's and stay as they are;
    so do regions with a start date, which a later decree has added.
    """
    ids: dict[str, int] = {}
    for level in (_provinces, _cities, _districts, _villages):
        Region.objects.bulk_create(
            level(ids),
            update_conflicts=True,
            unique_fields=["code", "valid_from"],
            update_fields=_UPDATED,
        )
        ids = dict(Region.objects.filter(valid_from=None).values_list("code", "pk"))
    return len(ids)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _bps_codes() -> dict[str, str]:
    """Return BPS codes by Kemendagri code: Jakarta's cities are numbered differently there."""
    return {
        row["kemendagri_code"]: row["bps_code"] for row in _rows("jakarta_kemendagri_bps_crosswalk")
    }


def _provinces(ids: dict[str, int]) -> list[Region]:
    return [
        Region(
            code=row["code"],
            name=row["name"],
            short_name=JAKARTA_SHORT_NAME if row["code"] == Region.JAKARTA else row["name"],
            level=Region.Level.PROVINCE,
            kind="provinsi",
        )
        for row in _rows("provinsi")
    ]


def _cities(ids: dict[str, int]) -> list[Region]:
    bps = _bps_codes()
    return [
        Region(
            code=row["code"],
            bps_code=bps.get(row["code"], ""),
            name=row["name"],
            short_name=row["short_name"],
            level=Region.Level.CITY,
            kind=row["kind"],
            parent_id=ids[row["province_code"]],
        )
        for row in _rows("kabupaten_kota")
    ]


def _districts(ids: dict[str, int]) -> list[Region]:
    bps = _bps_codes()
    return [
        Region(
            code=row["code"],
            bps_code=bps.get(row["code"], ""),
            name=row["name"],
            short_name=row["name"],
            level=Region.Level.DISTRICT,
            kind="kecamatan",
            parent_id=ids[row["kota_code"]],
        )
        for row in _rows("jakarta_kecamatan")
    ]


def _villages(ids: dict[str, int]) -> list[Region]:
    return [
        Region(
            code=row["code"],
            name=row["name"],
            short_name=row["name"],
            level=Region.Level.VILLAGE,
            kind="kelurahan",
            parent_id=ids[row["kecamatan_code"]],
            postal_code=row["postal_code"],
        )
        for row in _rows("jakarta_kelurahan")
    ]
