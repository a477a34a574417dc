"""Two partners seeded alike: a call, an agreement, and three applicants each."""

from datetime import timedelta

import pytest
from django.utils import timezone

from participants.consents import give_consent
from partners.models import Agreement
from partners.sharing import fields
from tests.factories import (
    ApplicationFactory,
    BusinessFactory,
    CurationCallFactory,
    ParticipantFactory,
    PartnerFactory,
    RegionFactory,
)

PURPOSE = "Kurasi bazar November"
NIK = "3171990101900001"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def agree(now):
    """`agree(person, partner)`: she lets the partner have her data (or, named, her contact)."""

    def give(person, partner, purpose="sharing"):
        give_consent(
            person,
            purpose=purpose,
            organisation=partner.organisation,
            channel="Halaman saya",
            actor=None,
            now=now - timedelta(hours=1),
        )

    return give


@pytest.fixture
def region(db):
    return RegionFactory(code="31.74.01.1001")


@pytest.fixture
def seed(db, region, settings, tmp_path, agree):
    """`seed(name, slug)`: a partner with an agreement and a call; two of three applicants agree."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    today = timezone.localdate()

    def make(name, slug):
        partner = PartnerFactory(
            organisation__short_name=name, contact_email=f"data@{slug}.example"
        )
        Agreement.objects.create(
            partner=partner,
            number=f"PKS-{slug}",
            purpose="Kurasi",
            valid_from=today - timedelta(days=10),
            valid_to=today + timedelta(days=100),
            allowed_fields=fields.DEFAULT,
        )
        call = CurationCallFactory(partner=partner, slug=slug, title=f"Kurasi {name}")
        for number in range(3):
            person = ParticipantFactory(
                full_name=f"Pemilik {name} {number}",
                region=region,
                nik=NIK,
                birth_date="1990-01-01",
            )
            business = BusinessFactory(
                participant=person, name=f"=Usaha {name} {number}", yearly_sales=987654321
            )
            link = f"https://toko.example/{slug}{number}"
            ApplicationFactory(call=call, participant=person, business=business, store_link=link)
            if number:
                agree(person, partner)
        return call

    return make


@pytest.fixture
def shopee_call(seed):
    return seed("Shopee", "bazaar-online")


@pytest.fixture
def tiktok_call(seed):
    return seed("TikTok", "live-selling")
