"""Who teaches, who organises, and where: partners, a market, venues, trainers, an officer."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from participants.reference import load_reference_data
from partners.models import Agreement, Partner
from partners.sharing.fields import DEFAULT
from trainings.models import Topic, Trainer, Venue
from umkm_portal.accounts.models import Organisation, User
from umkm_portal.accounts.services import prepare_staff
from umkm_portal.pages.tour.walk import officer
from umkm_portal.regions.models import Region
from umkm_portal.regions.services import load_regions

STAFF = "petugas@jakpreneur.example"
ONLINE = "Daring (Zoom)"
MARKET = "Pasar Tanah Abang Blok G"
TANAH_ABANG = "Kantor Kecamatan Tanah Abang"
CAKUNG = "Kantor Kecamatan Cakung"
TEBET = "Kantor Kecamatan Tebet"
INFLUENCER = "Ratih Ayuningtyas"
UNDECIDED = "Dimas Pranata"
"""Another influencer, who has not answered yet."""
_PARTNERS = (("shopee", "Shopee", "Shopee Indonesia"), ("tiktok", "TikTok", "TikTok Indonesia"))
_VENUES = (
    (MARKET, "Jl. Kebon Jati, Tanah Abang, Jakarta Pusat, lantai 3", "31.71.07", 40, 1_500_000),
    (TANAH_ABANG, "Jl. KH Mas Mansyur, Jakarta Pusat, aula lantai 2", "31.71.07", 60, 0),
    (CAKUNG, "Jl. Raya Bekasi, Jakarta Timur, aula", "31.75.06", 80, 0),
    (TEBET, "Jl. Prof. Dr. Soepomo, Jakarta Selatan, ruang serbaguna", "31.74.01", 50, 0),
    (ONLINE, "Tautan dikirim kepada peserta yang terdaftar", "", 1000, 0),
)
_TOPICS = (
    ("siaran-langsung", "Berjualan lewat siaran langsung"),
    ("toko-daring", "Toko daring"),
    ("pemasaran-digital", "Pemasaran digital"),
    ("pembukuan", "Pembukuan modal dan laba"),
    ("produksi", "Membuat produk"),
)
_TRAINERS = (
    ("Bambang Sutrisno", Trainer.Kind.STAFF, "ppkukm", "pembukuan", "", None, 0),
    ("Maya Lestari", Trainer.Kind.PARTNER, "shopee", "toko-daring", "", None, 750_000),
    ("Andi Prasetyo", Trainer.Kind.PARTNER, "tiktok", "siaran-langsung", "", None, 750_000),
    (
        INFLUENCER,
        Trainer.Kind.INFLUENCER,
        "",
        "siaran-langsung",
        "@ratihjualan",
        420_000,
        3_500_000,
    ),
    (
        UNDECIDED,
        Trainer.Kind.INFLUENCER,
        "",
        "produksi",
        "@dimasdapur",
        185_000,
        2_500_000,
    ),
)


def furnish() -> User:
    """Write the organisations, venues, topics and trainers that are missing; return the staff."""
    load_regions()
    load_reference_data()
    officer()
    staff = prepare_staff(STAFF).user
    if not staff.full_name:
        staff.full_name = "Dewi Kartika"
        staff.save(update_fields=["full_name"])
    _organisations()
    _venues()
    _trainers()
    return staff


def _organisations() -> None:
    today = timezone.localdate()
    for slug, short_name, name in _PARTNERS:
        organisation, _ = Organisation.objects.get_or_create(
            slug=slug,
            defaults={"kind": Organisation.Kind.PARTNER, "name": name, "short_name": short_name},
        )
        partner, _ = Partner.objects.get_or_create(organisation=organisation)
        Agreement.objects.get_or_create(
            partner=partner,
            number=f"CONTOH/{slug.upper()}/1",
            defaults={
                "purpose": "Pelatihan dan kurasi (data latihan)",
                "valid_from": today - timedelta(days=180),
                "valid_to": today + timedelta(days=365),
                "allowed_fields": ["owner_name", *DEFAULT],
            },
        )
    Organisation.objects.get_or_create(
        slug="pasar-tanah-abang",
        defaults={
            "kind": Organisation.Kind.MARKET,
            "name": "Pengelola Pasar Tanah Abang (contoh)",
            "short_name": "Pasar Tanah Abang",
        },
    )


def _venues() -> None:
    for name, address, region, capacity, cost in _VENUES:
        Venue.objects.get_or_create(
            name=name,
            defaults={
                "address": address,
                "region": Region.objects.filter(code=region).first(),
                "capacity": capacity,
                "cost_per_day": cost,
                "facilities": "" if name == ONLINE else "Wifi, colokan listrik, pengeras suara",
            },
        )


def _trainers() -> None:
    for slug, name in _TOPICS:
        Topic.objects.get_or_create(slug=slug, defaults={"name": name})
    for name, kind, organisation, topic, handle, followers, fee in _TRAINERS:
        trainer, is_new = Trainer.objects.get_or_create(
            name=name,
            kind=kind,
            defaults={
                "organisation": Organisation.objects.filter(slug=organisation).first(),
                "handle": handle,
                "followers": followers,
                "fee_per_session": fee,
                "availability": "Senin sampai Kamis",
            },
        )
        if is_new:
            trainer.topics.add(Topic.objects.get(slug=topic))
