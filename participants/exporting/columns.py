"""The columns of a list of people, as PostgreSQL writes them into a file.

`p` is the participant, `place` her region with what is above it, `b` and `s` her only business and
its sector, `many` the facts of several, `sold` where they sell. The whole NIK is the only thing
that Python writes: it is sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
    "CASE WHEN octet_length(p.phone) > 10 THEN '0' || substr(p.phone, 4, 3) || '-' "
    "|| substr(p.phone, 7, 4) || '-' || substr(p.phone, 11) "
    "WHEN p.phone = '' THEN '' "
    "ELSE rtrim('0' || substr(p.phone, 4, 3) || '-' || substr(p.phone, 7, 4), '-') END"
)
_BUSINESS = {
    "names": "b.name",
    "products": "b.products",
    "sectors": "s.name",
    "scales": _labels("b.scale", Business.Scale),
    "nibs": "b.nib",
    "markets": "b.market",
    "stalls": "b.stall",
}


def _owned(fact: str) -> str:
    """A fact about every business of one person, in the order they were written."""
    return f"coalesce(many.{fact}, {_BUSINESS[fact]})"


COLUMNS = (
    Column(
        "kode",
        "Kode peserta",
        f"'{codes.PREFIX}-' || left(p.code, 4) || '-' || right(p.code, -4)",
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
        "CASE WHEN p.active_until >= (SELECT (now() AT TIME ZONE 'Asia/Jakarta')::date) "
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
    Column("usaha", "Usaha", _owned("names"), is_typed=True),
    Column("produk", "Produk", _owned("products"), is_typed=True, is_default=False),
    Column("sektor", "Sektor", _owned("sectors"), is_typed=True),
    Column("skala", "Skala", _owned("scales")),
    Column("nib", "NIB", _owned("nibs"), is_default=False),
    Column("pasar", "Pasar", _owned("markets"), is_typed=True, is_default=False),
    Column("kios", "Kios", _owned("stalls"), is_typed=True, is_default=False),
    Column("kanal", "Tempat jual", "sold.platforms", is_default=False),
    Column(
        "nik_akhir",
        "Akhir NIK",
        "CASE WHEN p.nik_last4 = '' THEN '' ELSE '••••••••••••' || p.nik_last4 END",
        is_default=False,
    ),
    Column(NIK, "NIK", "encode(p.nik, 'hex')", is_default=False),
)
READ = (
    *("id", "code", "full_name", "phone", "email", "birth_date", "address", "region_id"),
    *("track", "identity", "active_until", "is_willing", "willing_on", "last_served_on"),
    *("created_at", "source", "nik", "nik_last4"),
)
"""What `p` has to have."""
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
# Nearly everybody has one business, which is joined as it stands; `many` has all of the others.
_MANY = """
many AS MATERIALIZED (
    SELECT b.participant_id AS id, {joined}
    FROM participants_business b LEFT JOIN participants_sector s ON s.id = b.sector_id
    WHERE b.participant_id = ANY({several}) GROUP BY b.participant_id
)"""
_ONE = (
    " LEFT JOIN participants_business b ON b.participant_id = p.id"
    " AND b.participant_id <> ALL({several})"
    " LEFT JOIN participants_sector s ON s.id = b.sector_id LEFT JOIN many ON many.id = p.id"
)
_SOLD = """
sold AS MATERIALIZED (
    SELECT b.participant_id AS id, string_agg(DISTINCT
        {platform}, ', ') AS platforms
    FROM participants_saleschannel c JOIN participants_business b ON b.id = c.business_id {only}
    GROUP BY b.participant_id
)"""


def chosen(keys: Iterable[str]) -> list[Column]:
    """The columns of these keys in the order of COLUMNS: the NIK comes last."""
    wanted = set(keys)
    return [column for column in COLUMNS if column.key in wanted]


@dataclass(frozen=True)
class Listing:
    """Which columns a list has; `is_inert` puts an apostrophe before what would run as a formula.

    `ids` is a condition like `> 5`: of other people nothing is read.
    """

    columns: list[Column]
    is_inert: bool

    def several(self, ids: str = "") -> str:
        """SQL of the ids of people with several businesses; "" where businesses do not matter.

        Asked beforehand, the few do not lead the planner to expect many.
        """
        if not self._facts:
            return ""
        return (
            f"SELECT participant_id FROM participants_business b {_only(ids)} "  # noqa: S608
            "GROUP BY participant_id HAVING count(*) > 1"
        )

    def statement(self, people: str, *, ids: str = "", several: Collection[int] = ()) -> str:
        """SQL of the cells of the rows of `people`, a query; one row for each person."""
        if ids:
            people = f"SELECT * FROM ({people}) AS part WHERE id {ids}"  # noqa: S608 - our own text
        cells = [inert(c.sql) if self.is_inert and c.is_typed else c.sql for c in self.columns]
        tables, joins = [], ""
        if "place." in self._used:
            tables.append(_PLACE)
            joins += " LEFT JOIN place ON place.id = p.region_id"
        if self._facts:
            listed = f"'{{{','.join(map(str, several))}}}'::bigint[]"
            tables.append(_many(self._facts, listed))
            joins += _ONE.format(several=listed)
        if "sold." in self._used:
            platform = _labels("c.platform", SalesChannel.Platform)
            tables.append(_SOLD.format(platform=platform, only=_only(ids)))
            joins += " LEFT JOIN sold ON sold.id = p.id"
        head = f"WITH {', '.join(tables)} " if tables else ""
        return (
            f"{head}SELECT {', '.join(cells)} "  # noqa: S608 - our own text
            f"FROM ({people}) AS p{joins}"
        )

    @property
    def _used(self) -> str:
        return " ".join(column.sql for column in self.columns)

    @property
    def _facts(self) -> dict[str, str]:
        """The facts about businesses that the columns tell."""
        return {name: sql for name, sql in _BUSINESS.items() if f"many.{name}" in self._used}


def _only(ids: str) -> str:
    return f"WHERE b.participant_id {ids}" if ids else ""


def _many(facts: dict[str, str], several: str) -> str:
    joined = ", ".join(
        f"string_agg(nullif({sql}, ''), ', ' ORDER BY b.id) AS {name}"
        for name, sql in facts.items()
    )
    return _MANY.format(joined=joined, several=several)


def inert(sql: str) -> str:
    """The same text so that no spreadsheet takes it for a formula.

    Letters stand after the signs and the blank, and before the signs in full width: looking at
    the first one spares nearly all the pattern.
    """
    return (
        f"CASE WHEN ascii({sql}) BETWEEN ascii('A') AND ascii('\uff0b') - 1 THEN {sql} "
        f"WHEN {sql} ~ '^ *[-=+@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]' "
        f"THEN '''' || {sql} ELSE {sql} END"
    )
