"""Campaigns of numbered people (`orang7@contoh.example`), without any app above messaging."""

from dataclasses import replace

from django.db import connection
from django.utils import timezone

from umkm_portal.messaging import kinds, services
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import DeliveryBatch
from umkm_portal.messaging.services import expansion, slices

EXPANSION = """
SELECT m.recipient_key, m.subject_id, 'email' AS channel,
    'orang' || m.recipient_key || '@contoh.example' AS address,
    jsonb_build_object('nama', 'Orang ' || m.recipient_key) AS context
FROM messaging_audiencemember m
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
"""
_AUDIENCE = """
INSERT INTO messaging_audiencemember (campaign_id, position, recipient_key, subject_id)
SELECT %s, n, n, 1000 + n FROM generate_series(1, %s) n
"""
BODY = "Yth. {nama},\n\nAnda diundang ke {judul}.\n\nJawab di sini: {tautan}\n"
BULK = CampaignKind(
    name="test_bulk",
    label="Undangan uji",
    purpose="bulk",
    priority=DeliveryBatch.Priority.BULK,
    variables={"nama": "Siti", "judul": "Pelatihan"},
    wording={"email": ("Undangan {judul}", BODY)},
    expansion_sql=EXPANSION,
    shared_context=lambda campaign: {"judul": campaign.title},
)
POISONED_POSITION = 7
POISONED = replace(
    BULK,
    name="test_poisoned",
    expansion_sql=EXPANSION.replace(
        "jsonb_build_object(",
        f"CASE WHEN m.position = {POISONED_POSITION} THEN '[1]' ELSE jsonb_build_object(",
    ).replace(") AS context", ") END AS context"),
)
SERVICE = CampaignKind(
    name="test_service",
    label="Konfirmasi uji",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables={"nama": "Siti"},
    wording={"email": ("Kursi Anda, {nama}", "Yth. {nama}, kursi Anda pasti. {tautan}")},
)
EVERY_CHANNEL = """
SELECT m.recipient_key, m.subject_id, way.channel,
    CASE way.channel WHEN 'email' THEN 'orang' || m.recipient_key || '@contoh.example'
        ELSE '+62811' || lpad(m.recipient_key::text, 7, '0') END AS address,
    jsonb_build_object('nama', 'Orang ' || m.recipient_key) AS context
FROM messaging_audiencemember m, (VALUES ('email'), ('whatsapp'), ('sms')) way (channel)
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
"""
EVERYWHERE = CampaignKind(
    name="test_everywhere",
    label="Undangan uji tiga saluran",
    purpose="bulk",
    priority=DeliveryBatch.Priority.BULK,
    variables={"nama": "Siti", "judul": "Pelatihan"},
    wording={
        "email": ("Undangan {judul}", BODY),
        "whatsapp": ("", "Yth. {nama}, {judul}"),
        "sms": ("", "Yth. {nama}, {judul}"),
    },
    expansion_sql=EVERY_CHANNEL,
    shared_context=lambda campaign: {"judul": campaign.title},
)


def phone_of(number):
    """The phone of person `number` as WhatsApp writes it."""
    return f"62811{number:07}"


def register_kinds():
    kinds.register(BULK)
    kinds.register(POISONED)
    kinds.register(SERVICE)
    kinds.register(EVERYWHERE)


def make_campaign(count, *, kind=BULK, approve=True, **options):
    """An approved campaign of people 1..count; subject ids are 1000 + number."""
    now = timezone.now()
    campaign = services.create_campaign(
        kind, subject_id=1, title="Foto Produk", actor=None, now=now, **options
    )
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCE, [campaign.pk, count])
    if approve:
        campaign = services.approve_campaign(campaign, actor=None, now=now)
    return campaign


def make_running(count, **options):
    """The same, started and expanded: batches wait for workers."""
    campaign = make_campaign(count, **options)
    services.start_campaign(campaign, now=timezone.now())
    services.expand_campaign(campaign, now=timezone.now())
    campaign.refresh_from_db()
    return campaign


def expand_one_slice(campaign):
    """What a worker does that is killed after its first slice; how many people it covered."""
    slices.cut_audience(campaign)
    return expansion._expand_slice(campaign, now=timezone.now())


def let_fly(channel="email"):
    """An account that no test has to wait for, at any hour."""
    account = default_account(channel)
    account.rate_per_second, account.burst = 1_000, 10_000
    account.works_on_holidays = True
    account.opens_at, account.closes_at = "00:00", "23:59:59.999999"
    account.save()
    account.refresh_from_db()
    return account


def states(campaign):
    """Counts of the states that occur, read from the rows themselves."""
    counts = {}
    for state in campaign.deliveries.values_list("state", flat=True):
        counts[state] = counts.get(state, 0) + 1
    return counts
