"""A register of invented people for measurements, made inside PostgreSQL.

Every value that the list can be narrowed by is common enough to fill a page already among 1,000
people; beside them stand a few rare ones. NIKs are sealed like real ones.
"""

import io
from itertools import islice

from django.db import connection

RARE_NAME = "Zulaikha Widjajakusuma"
RARE_NIK, RARE_PHONE, RARE_EMAIL = "3171990101900003", "+6281290001234", "zulaikha@contoh.example"
TABLES = (
    "participants_participant",
    "participants_business",
    "participants_saleschannel",
    "participants_stageevent",
    "participants_consent",
)
CHUNK = 50_000
FIRST = (  # noqa: SIM905
    "Siti Budi Ani Dewi Agus Sri Eko Rina Joko Wati Hadi Lestari Yanti Slamet Nur Indra"
).split()
MIDDLE = "Aminah Kusuma Rahayu Pratama Handayani Saputra Wulandari Hidayat Maharani".split()  # noqa: SIM905
LAST = "Santoso Wijaya Halim Siregar Nasution Gunawan Simanjuntak Hartono Pane Lubis".split()  # noqa: SIM905

PEOPLE = """
INSERT INTO participants_participant (id, code, full_name, nik, nik_index, nik_last4, phone, email,
    birth_date, region_id, address, track, source, identity, verified_how, last_activity_at,
    active_until, active_override, active_reason, is_willing, willing_on, willing_source,
    last_served_on, status, search, created_at, updated_at)
SELECT i, 'B' || lpad(upper(to_hex(i)), 7, '0'), name, nik, nik_index, last4,
    phone, email, date '1960-01-01' + (i * 7919 %% 16000)::int,
    CASE WHEN i %% 17 = 0 THEN NULL WHEN i %% 11 = 0 THEN (%(outside)s)[1 + i %% %(outsides)s]
        ELSE (%(regions)s)[1 + i * 7919 %% %(count)s] END,
    'Jalan Contoh ' || i, CASE WHEN i %% 4 = 0 THEN 'scaling_up' ELSE 'new_entrepreneur' END,
    'bench', CASE WHEN i %% 3 = 0 THEN 'verified' ELSE 'claimed' END, '', now(),
    current_date + 300 - (i * 31 %% 420)::int, false, '', i %% 5 > 0, current_date, 'bench',
    CASE WHEN i %% 2 = 0 THEN current_date - (i %% 900)::int END,
    CASE WHEN i %% 13 = 0 THEN 'anonymised' ELSE 'active' END,
    lower(name || ' ' || phone || ' ' || email || ' warung ' || i), now(), now()
FROM (SELECT i, nik, nik_index, last4,
    (%(first)s)[1 + i %% 16] || ' ' || (%(middle)s)[1 + i / 16 %% 9] || ' '
        || (%(last)s)[1 + i / 144 %% 10] AS name, '+62812' || lpad(i::text, 8, '0') AS phone,
    'orang' || i || '@contoh.example' AS email FROM bench_nik) AS facts
"""
OTHERS = (
    """
INSERT INTO participants_business (participant_id, sector_id, region_id, name, products, nib, kbli,
    kbli_version, market, stall, sells_live, yearly_sales, created_at, updated_at)
SELECT p.id, (%(sectors)s)[1 + p.id %% %(sector_count)s], p.region_id, 'Warung ' || p.id,
    'kue, kopi', '', '', '', CASE WHEN p.id %% 9 = 0 THEN 'Pasar Tanah Abang' ELSE '' END, '',
    p.id %% 4 = 0,
    (ARRAY[500000000, 5000000000, 30000000000, 90000000000, NULL])[1 + p.id %% 5], now(), now()
FROM participants_participant p WHERE p.id BETWEEN %(low)s AND %(high)s
""",
    """
INSERT INTO participants_saleschannel (business_id, platform, store_link)
SELECT b.id, (ARRAY['tiktok', 'shopee', 'tokopedia', 'lazada', 'instagram', 'whatsapp', 'store',
    'other'])[1 + b.participant_id %% 8], ''
FROM participants_business b WHERE b.participant_id BETWEEN %(low)s AND %(high)s
""",
    """
INSERT INTO participants_stageevent (participant_id, stage_id, occurred_on, source_ref, created_at)
SELECT i, stage, current_date - (i %% 700)::int, 'bench-' || stage || '-' || i, now()
FROM generate_series(%(low)s, %(high)s) AS i, 
    unnest(ARRAY['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7']) WITH ORDINALITY AS s (stage, number)
WHERE number = 1 OR i %% 12 = number
""",
    """
INSERT INTO participants_consent (participant_id, purpose, event, notice_version, channel, source,
    happened_at)
SELECT i, purpose, event, '1', 'bench', '', now() + later * interval '1 second'
FROM generate_series(%(low)s, %(high)s) AS i, (VALUES ('notice', 'given', 0, 1),
    ('whatsapp', 'given', 0, 1), ('photo', 'given', 0, 3), ('whatsapp', 'withdrawn', 1, 20)
) AS c (purpose, event, later, every) WHERE i %% every = 0
""",
)


def fill(rows):
    """Let the register hold `rows` people, among them the one with the rare name."""
    low = _highest() + 1
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        while low <= rows:
            high = min(low + CHUNK - 1, rows)
            _copy_niks(cursor, low, high)
            facts = _facts() | {"low": low, "high": high}
            for statement in (PEOPLE, *OTHERS):
                cursor.execute(statement, facts)
            low = high + 1
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"VACUUM ANALYZE {table}")
    _name_the_rare_one()


def _highest():
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM participants_participant")
        return cursor.fetchone()[0]


def _facts():
    from participants.models import Sector
    from umkm_portal.regions.models import Region

    places = Region.objects.filter(level=Region.Level.VILLAGE).order_by("pk")
    outside = Region.objects.filter(level=Region.Level.CITY).exclude(code__startswith="31")
    regions = list(places.values_list("pk", flat=True))
    cities = list(outside.order_by("pk").values_list("pk", flat=True))
    sectors = list(Sector.objects.order_by("pk").values_list("pk", flat=True))
    return {
        "regions": regions,
        "count": len(regions),
        "outside": cities,
        "outsides": len(cities),
        "sectors": sectors[:-1],  # the last one stays rare
        "sector_count": len(sectors) - 1,
        "first": FIRST,
        "middle": MIDDLE,
        "last": LAST,
    }


def _copy_niks(cursor, low, high):
    """Sealed NIKs of a chunk in a temporary table: only Python has the keys."""
    from participants.niks import PURPOSE
    from umkm_portal.common.encryption import Cipher, blind_index

    cipher = Cipher(PURPOSE)

    def lines():
        for i in range(low, high + 1):
            nik = f"317199{i % 28 + 1:02d}0190{i % 10_000:04d}"
            sealed, index = cipher.encrypt(nik).hex(), blind_index("bench", str(i))
            yield f"{i}\t\\\\x{sealed}\t{index}\t{nik[-4:]}\n"

    cursor.execute("DROP TABLE IF EXISTS bench_nik")
    cursor.execute(
        "CREATE TEMPORARY TABLE bench_nik (i bigint, nik bytea, nik_index text, last4 text)"
    )
    stream = lines()
    while block := "".join(islice(stream, 5_000)):
        cursor.copy_expert("COPY bench_nik FROM STDIN", io.StringIO(block))


def _name_the_rare_one():
    """One person with a name, contacts and a sector that nobody shares."""
    from participants.models import Business, Participant, Sector
    from participants.niks import facts_of
    from participants.search import refresh_search

    pk = 500
    person = Participant.objects.get(pk=pk)
    for name, value in {
        "full_name": RARE_NAME,
        "phone": RARE_PHONE,
        "email": RARE_EMAIL,
        **facts_of(RARE_NIK),
    }.items():
        setattr(person, name, value)
    person.save()
    Business.objects.filter(participant=pk).update(sector=Sector.objects.order_by("-pk").first())
    refresh_search([pk])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE participants_participant")
