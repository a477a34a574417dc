"""A register of invented people for stories that begin with one, written by the database itself.

Of nineteen people one gave no email and of a hundred one an email that no longer exists, every
third has not been heard of for long, every fourth is not willing, and of five hundred one asked
that her data be used no further. Sectors and places vary.
"""

from django.db import connection

from participants.models import Sector
from umkm_portal.regions.models import Region

CHUNK = 50_000
GONE = "mati"
"""How the emails begin that no longer exist."""
_PEOPLE = """
INSERT INTO participants_participant (id, code, full_name, nik_last4, phone, email, region_id,
    address, track, source, identity, verified_how, active_until, active_override, active_reason,
    is_willing, willing_on, willing_source, last_served_on, restricted_at, status, search,
    created_at, updated_at)
SELECT i, 'S' || lpad(upper(to_hex(i)), 7, '0'), name, '', phone,
    CASE WHEN i %% 19 = 5 THEN '' WHEN i %% 100 = 7 THEN %(gone)s || i || '@contoh.example'
        ELSE 'pelaku' || i || '@contoh.example' END,
    (%(regions)s)[1 + i * 7919 %% %(places)s], '', CASE WHEN i %% 4 = 0 THEN 'scaling_up'
        ELSE 'new_entrepreneur' END, 'P1 2018-2023', 'claimed', '',
    current_date + CASE WHEN i %% 3 = 0 THEN -30 ELSE 300 END, false, '',
    i %% 4 > 0, current_date - 90, 'pendaftaran',
    CASE WHEN i %% 2 = 0 THEN current_date - (i %% 900)::int END,
    CASE WHEN i %% 500 = 1 THEN now() END, 'active', lower(name || ' ' || phone), now(), now()
FROM (SELECT i, 'Pelaku Usaha ' || i AS name, '+62812' || lpad(i::text, 8, '0') AS phone
    FROM generate_series(%(low)s::bigint, %(high)s) AS i) AS facts
"""
_OTHERS = (
    """
INSERT INTO participants_business (participant_id, sector_id, region_id, name, products, nib, kbli,
    kbli_version, market, stall, sells_live, created_at, updated_at)
SELECT id, (%(sectors)s)[1 + id %% %(kinds)s], region_id, 'Usaha ' || id, '', '', '', '', '', '',
    false, now(), now()
FROM participants_participant WHERE id BETWEEN %(low)s AND %(high)s
""",
    """
INSERT INTO participants_stageevent (participant_id, stage_id, occurred_on, source_ref, created_at)
SELECT i, 'P1', current_date - 400, 'daftar-' || i, now()
FROM generate_series(%(low)s, %(high)s) AS i
""",
)


def fill(rows):
    """`rows` people; needs regions and reference data on file, and an empty register."""
    villages = Region.objects.filter(level=Region.Level.VILLAGE).order_by("pk")
    regions = list(villages.values_list("pk", flat=True))
    sectors = list(Sector.objects.order_by("pk").values_list("pk", flat=True))
    facts = {"regions": regions, "places": len(regions), "sectors": sectors, "gone": GONE}
    with connection.cursor() as cursor:
        for low in range(1, rows + 1, CHUNK):
            span = {"low": low, "high": min(low + CHUNK - 1, rows), "kinds": len(sectors)}
            for statement in (_PEOPLE, *_OTHERS):
                cursor.execute(statement, facts | span)
        for table in ("participants_participant", "participants_business"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def segment(rows):
    """(people, without an email, with a dead one): the active and willing, free to be written to.

    As the rows above say, by their numbers.
    """
    people = {n for n in range(1, rows + 1) if n % 3 and n % 4 and n % 500 != 1}
    without = {n for n in people if n % 19 == 5}
    return people, without, {n for n in people - without if n % 100 == 7}
