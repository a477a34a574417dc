"""Two partners seeded alike: a bazaar each, with three people whom its call let through."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from participants.models import Stage
from partners.bazaars.entries import add_passed
from partners.models import Bazaar, CurationResult
from tests.factories import (
    BusinessFactory,
    CurationCallFactory,
    ParticipantFactory,
    PartnerFactory,
)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def seed(db, settings, tmp_path, now):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    Stage.objects.get_or_create(code="P5", defaults={"name": "Pemasaran"})

    def make(name, slug):
        partner = PartnerFactory(organisation__short_name=name, organisation__slug=name.lower())
        call = CurationCallFactory(partner=partner, slug=f"kurasi-{slug}")
        bazaar = Bazaar.objects.create(
            partner=partner,
            call=call,
            slug=slug,
            name=f"Bazar {name}",
            starts_on=date.today() - timedelta(days=5),
            ends_on=date.today(),
        )
        for number in range(3):
            person = ParticipantFactory(full_name=f"Pemilik {name} {number}")
            BusinessFactory(participant=person, name=f"Usaha {name} {number}")
            CurationResult.objects.create(call=call, participant=person, outcome="passed")
        outsider = ParticipantFactory()
        CurationResult.objects.create(call=call, participant=outsider, outcome="failed")
        add_passed(bazaar, by=None, now=now)
        return bazaar

    return make


@pytest.fixture
def shopee(seed):
    return seed("Shopee", "bazar-online")


@pytest.fixture
def tiktok(seed):
    return seed("TikTok", "bazar-live")
