"""A partner's call, people of the register, and lists about them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from participants import niks
from participants.models import Business, SalesChannel
from partners.curation import services as curation
from partners.models import CurationCall, Partner
from tests.factories import OrganisationFactory, ParticipantFactory, UserFactory
from tests.tables import load_lists
from umkm_portal.accounts.models import Organisation
from umkm_portal.common import codes
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.imports import services, uploads


@pytest.fixture
def register(db, settings, tmp_path):
    """Regions and sectors on file; uploads in a folder of this test."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    load_lists()


def make_call(slug="bazar", *, platform="shopee", **facts):
    organisation = Organisation.objects.filter(slug=platform).first() or OrganisationFactory(
        kind=Organisation.Kind.PARTNER, slug=platform, name=platform.title()
    )
    partner, _ = Partner.objects.get_or_create(organisation=organisation)
    now = timezone.now()
    return CurationCall.objects.create(
        partner=partner,
        slug=slug,
        title=slug.title(),
        state=CurationCall.State.OPEN,
        **{"opens_at": now - timedelta(days=2), "closes_at": now + timedelta(days=2), **facts},
    )


@pytest.fixture
def call(register):
    return make_call()


@pytest.fixture
def officer(db):
    return UserFactory(full_name="Rina Shopee")


def person(name, *, nik="", business="", link="", **facts):
    """Somebody of the register, with a verified NIK, a business and its shop where given."""
    known = {**niks.facts_of(nik), "identity": "verified", "verified_how": "KTP"} if nik else {}
    somebody = ParticipantFactory(full_name=name, **known, **facts)
    if business or link:
        shop = Business.objects.create(participant=somebody, name=business or f"Usaha {name}")
        if link:
            SalesChannel.objects.create(business=shop, platform="shopee", store_link=link)
    return somebody


def book(tmp_path, rows, name="daftar.xlsx"):
    """A workbook of dictionaries by heading."""
    path = tmp_path / name
    header = list(dict.fromkeys(key for row in rows for key in row))
    write_xlsx(path, header, [[row.get(key, "") for key in header] for row in rows])
    return path


def check(path, call, *, by=None, all_pass=False):
    """The file after reading and checking."""
    file, _ = curation.receive_list(
        uploads.blocks_of(path),
        name=path.name,
        call=call,
        uploader=by,
        all_pass=all_pass,
        now=timezone.now(),
    )
    services.process_file(file.pk)
    file.refresh_from_db()
    return file


def accept(file, *, by=None, **facts):
    return curation.accept_list(file, by=by, now=timezone.now(), **facts)


def shown(participant):
    return codes.display(participant.code)
