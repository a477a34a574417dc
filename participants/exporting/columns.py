"""The columns of a list of people, as PostgreSQL writes them into a file.

`p` is the participant, `place` her region with what is above it, `owned` and `sold` her
businesses and where they sell. The whole NIK is the only thing that Python writes: it is sealed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices

from participants.models import Business, Participant, SalesChannel
from umkm_portal.common import codes
from umkm_portal.regions.models import Region

NIK = "nik"


@dataclass(frozen=True)
class Column:
    """One column: `sql` gives text; what people typed (`is_typed`) may look like a formula."""

    key: str
    label: str
    sql: str
    is_typed: bool = False
    is_default: bool = True


def _labels(sql: str, choices: type[TextChoices]) -> str:
    """The words of a stored choice."""
    words = " ".join(f"WHEN '{value}' THEN '{label}'" for value, label in choices.choices if value)
    return f"CASE {sql} {words} ELSE '' END"


def _day(sql: str) -> str:
    return f"to_char({sql}, 'DD/MM/YYYY')"


PHONE = (
    "CASE WHEN p.phone = '' THEN '' ELSE rtrim('0' || substr(p.phone, 4, 3) || '-' "
    "|| substr(p.phone, 7, 4) || '-' || substr(p.phone, 11), '-') END"
)
COLUMNS = (
    Column(
        "kode",
        "Kode peserta",
        f"'{codes.PREFIX}-' || substr(p.code, 1, 4) || '-' || substr(p.code, 5)",
    ),
    Column("nama", "Nama lengkap", "p.full_name", is_typed=True),
    Column("hp", "Nomor HP", PHONE),
    Column("email", "Email", "p.email", is_typed=True),
    Column("lahir", "Tanggal lahir", _day("p.birth_date"), is_default=False),
    Column("alamat", "Alamat", "p.address", is_typed=True, is_default=False),
    Column("kelurahan", "Kelurahan", "place.village"),
    Column("kecamatan", "Kecamatan", "place.district"),
    Column("kota", "Kota/kabupaten", "place.city"),
    Column("jalur", "Jalur", _labels("p.track", Participant.Track)),
    Column("identitas", "Identitas", _labels("p.identity", Participant.Identity)),
    Column(
        "aktif",
        "Aktif",
        "CASE WHEN p.active_until >= (now() AT TIME ZONE 'Asia/Jakarta')::date "
        "THEN 'Ya' ELSE 'Tidak' END",
    ),
    Column("bersedia", "Bersedia dilatih", "CASE WHEN p.is_willing THEN 'Ya' ELSE 'Tidak' END"),
    Column("bersedia_sejak", "Bersedia sejak", _day("p.willing_on"), is_default=False),
    Column("dilayani", "Terakhir dilayani", _day("p.last_served_on"), is_default=False),
    Column(
        "terdaftar",
        "Terdaftar",
        _day("p.created_at AT TIME ZONE 'Asia/Jakarta'"),
        is_default=False,
    ),
    Column("asal", "Asal data", "p.source", is_typed=True, is_default=False),
    Column("usaha", "Usaha", "owned.names", is_typed=True),
    Column("produk", "Produk", "owned.products", is_typed=True, is_default=False),
    Column("sektor", "Sektor", "owned.sectors", is_typed=True),
    Column("skala", "Skala", "owned.scales"),
    Column("nib", "NIB", "owned.nibs", is_default=False),
    Column("pasar", "Pasar", "owned.markets", is_typed=True, is_default=False),
    Column("kios", "Kios", "owned.stalls", is_typed=True, is_default=False),
    Column("kanal", "Tempat jual", "sold.platforms", is_default=False),
    Column(
        "nik_akhir",
        "Akhir NIK",
        "CASE WHEN p.nik_last4 = '' THEN '' ELSE '••••••••••••' || p.nik_last4 END",
        is_default=False,
    ),
    Column(NIK, "NIK", "encode(p.nik, 'hex')", is_default=False),
)
DEFAULT_COLUMNS = [column.key for column in COLUMNS if column.is_default]

_PLACE = f"""
place AS MATERIALIZED (
    SELECT r.id,
        CASE WHEN r.level = '{Region.Level.VILLAGE}' THEN r.short_name END AS village,
        (SELECT d.short_name FROM regions_region d WHERE d.level = '{Region.Level.DISTRICT}'
         AND d.code = left(r.code, 8) ORDER BY d.valid_to DESC NULLS FIRST LIMIT 1) AS district,
        (SELECT c.short_name FROM regions_region c WHERE c.level = '{Region.Level.CITY}'
         AND c.code = left(r.code, 5) ORDER BY c.valid_to DESC NULLS FIRST LIMIT 1) AS city
    FROM regions_region r
)"""  # noqa: S608 - our own text
_OWNED_COLUMNS = {
    "owned.names": "string_agg(b.name, ', ' ORDER BY b.id) AS names",
    "owned.products": "string_agg(nullif(b.products, ''), ', ' ORDER BY b.id) AS products",
    "owned.sectors": "string_agg(s.name, ', ' ORDER BY b.id) AS sectors",
    "owned.scales": (
        f"string_agg(nullif({_labels('b.scale', Business.Scale)}, ''), ', ' ORDER BY b.id) "
        "AS scales"
    ),
    "owned.nibs": "string_agg(nullif(b.nib, ''), ', ' ORDER BY b.id) AS nibs",
    "owned.markets": "string_agg(nullif(b.market, ''), ', ' ORDER BY b.id) AS markets",
    "owned.stalls": "string_agg(nullif(b.stall, ''), ', ' ORDER BY b.id) AS stalls",
}
_OWNED = """
owned AS MATERIALIZED (
    SELECT b.participant_id AS id, {aggregates}
    FROM participants_business b LEFT JOIN participants_sector s ON s.id = b.sector_id
    WHERE b.participant_id IN (SELECT id FROM {people}) GROUP BY b.participant_id
)"""
_SOLD = f"""
sold AS MATERIALIZED (
    SELECT b.participant_id AS id, string_agg(DISTINCT
        {_labels("c.platform", SalesChannel.Platform)}, ', ') AS platforms
    FROM participants_saleschannel c JOIN participants_business b ON b.id = c.business_id
    WHERE b.participant_id IN (SELECT id FROM {{people}}) GROUP BY b.participant_id
)"""  # noqa: S608 - our own text


def chosen(keys: Iterable[str]) -> list[Column]:
    """The columns of these keys in the order of COLUMNS: the NIK comes last."""
    wanted = set(keys)
    return [column for column in COLUMNS if column.key in wanted]


def statement(columns: list[Column], *, people: str, is_inert: bool) -> str:
    """SQL that selects `columns` for the ids in the table `people`.

    With `is_inert` a cell that a spreadsheet would run as a formula begins with an apostrophe.
    """
    cells = [inert(c.sql) if is_inert and c.is_typed else c.sql for c in columns]
    tables, joins = [], ""
    used = " ".join(c.sql for c in columns)
    if "place." in used:
        tables.append(_PLACE)
        joins += " LEFT JOIN place ON place.id = p.region_id"
    if aggregates := [sql for name, sql in _OWNED_COLUMNS.items() if name in used]:
        tables.append(_OWNED.format(aggregates=", ".join(aggregates), people=people))
        joins += " LEFT JOIN owned ON owned.id = p.id"
    if "sold." in used:
        tables.append(_SOLD.format(people=people))
        joins += " LEFT JOIN sold ON sold.id = p.id"
    head = f"WITH {', '.join(tables)} " if tables else ""
    return (
        f"{head}SELECT {', '.join(cells)} FROM {people} chosen "  # noqa: S608 - our own text
        f"JOIN participants_participant p ON p.id = chosen.id{joins} "
        f"WHERE p.status = '{Participant.Status.ACTIVE}'"
    )


def inert(sql: str) -> str:
    """The same text so that no spreadsheet takes it for a formula.

    Letters stand after the signs in question: the comparison spares nearly every cell the pattern.
    """
    return (
        f"CASE WHEN ltrim({sql}, ' ') COLLATE \"C\" < 'A' AND {sql} ~ '^ *[-=+@\\t\\r\\n]' "
        f"THEN '''' || {sql} ELSE {sql} END"
    )
