"""Campaigns of numbered people (`orang7@contoh.example`), without any app above messaging."""

from django.utils import timezone

from umkm_portal.messaging import kinds, services
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import AudienceMember, DeliveryBatch

EXPANSION = """
SELECT m.recipient_key, m.subject_id, 'email' AS channel,
    'orang' || m.recipient_key || '@contoh.example' AS address,
    jsonb_build_object('nama', 'Orang ' || m.recipient_key) AS context
FROM messaging_audiencemember m
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
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
SERVICE = CampaignKind(
    name="test_service",
    label="Konfirmasi uji",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables={"nama": "Siti"},
    wording={"email": ("Kursi Anda, {nama}", "Yth. {nama}, kursi Anda pasti. {tautan}")},
)


def register_kinds():
    kinds.register(BULK)
    kinds.register(SERVICE)


def make_campaign(count, *, kind=BULK, approve=True, **options):
    """An approved campaign of people 1..count; subject ids are 1000 + number."""
    now = timezone.now()
    campaign = services.create_campaign(
        kind, subject_id=1, title="Foto Produk", actor=None, now=now, **options
    )
    AudienceMember.objects.bulk_create(
        AudienceMember(campaign=campaign, position=n, recipient_key=n, subject_id=1000 + n)
        for n in range(1, count + 1)
    )
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


def let_fly():
    """An account that no test has to wait for, at any hour."""
    account = default_account("email")
    account.rate_per_second, account.burst = 10_000, 10_000
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
