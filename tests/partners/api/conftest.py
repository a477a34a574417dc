"""Two partners with a call each, alike but for their names, and keys of their systems."""

import json
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from partners.api.tokens import make_token
from partners.bazaars.entries import add_passed
from partners.models import ApiToken, Bazaar, CurationResult
from tests.factories import (
    BusinessFactory,
    CurationCallFactory,
    ParticipantFactory,
    PartnerFactory,
)
from tests.staff import make_member
from tests.tables import load_lists
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

SCOPES = ApiToken.Scope.values
GOOD = [
    {"full_name": "Siti Aminah", "phone": "081234567890", "result": "Lolos"},
    {"full_name": "Dewi Lestari", "phone": "081234567891", "result": "Tidak lolos"},
]
BAD = {"full_name": "Ani", "phone": "0812", "result": "Lolos", "nik": "31740112345678901"}


class System:
    """A partner's program with a key."""

    def __init__(self, client, secret=""):
        self.client, self.headers = client, {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path, **query):
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def post(self, path, body=None, *, key=None):
        return self.client.post(
            f"/api/v1{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers={**self.headers, "Idempotency-Key": key or str(uuid.uuid4())},
        )

    def send_file(self, slug, file, *, key=None, **facts):
        return self.client.post(
            f"/api/v1/calls/{slug}/lists/file",
            {"file": file, **facts},
            headers={**self.headers, "Idempotency-Key": key or str(uuid.uuid4())},
        )

    def send(self, slug, rows=GOOD, **facts):
        """Send rows and have them checked; the number of the list."""
        answer = self.post(f"/calls/{slug}/lists", {"rows": rows, **facts})
        assert answer.status_code in (200, 202), answer.content
        services.process_file(answer.json()["id"])
        return answer.json()["id"]

    def sell(self, rows, **facts):
        """Send sales and have them checked; the number of the report."""
        answer = self.post("/sales", {"rows": rows, **facts})
        assert answer.status_code in (200, 202), answer.content
        services.process_file(answer.json()["id"])
        return answer.json()["id"]


def sale_of(person, **facts):
    """One row of a report about somebody of a bazaar."""
    yesterday = timezone.localdate() - timedelta(days=1)
    return {"code": person.code, "period_from": str(yesterday), "amount": 250_000, **facts}


def person_of(scene):
    """The first one in the bazaar of a partner."""
    return scene.bazaar.entries.order_by("pk").first().participant


@pytest.fixture
def register(db, settings, tmp_path):
    """Regions and sectors on file; uploads in a folder of this test."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    load_lists()


def make_partner(client, name, scopes=SCOPES):
    partner = PartnerFactory(organisation__short_name=name)
    manager = make_member(partner, full_name=f"Rina {name}")
    now = timezone.now()
    call = CurationCallFactory(partner=partner, slug=f"bazar-{name.lower()}", state="open")
    today = now.date()
    bazaar = Bazaar.objects.create(
        partner=partner,
        call=call,
        slug=f"pekan-{name.lower()}",
        name=f"Pekan {name}",
        starts_on=today - timedelta(days=3),
        ends_on=today,
    )
    for number in range(2):
        person = ParticipantFactory(full_name=f"Pemilik {name} {number}")
        BusinessFactory(participant=person, name=f"Usaha {name} {number}")
        CurationResult.objects.create(call=call, participant=person, outcome="passed")
    add_passed(bazaar, by=None, now=now)
    token, secret = make_token(partner, name="Gudang", scopes=scopes, days=30, by=manager, now=now)
    return SimpleNamespace(
        partner=partner,
        manager=manager,
        call=call,
        bazaar=bazaar,
        token=token,
        secret=secret,
        system=System(client, secret),
    )


@pytest.fixture
def shopee(client, register):
    return make_partner(client, "Shopee")


@pytest.fixture
def tiktok(client, register):
    return make_partner(client, "TikTok")


def later(**parts):
    return timezone.now() + timedelta(**parts)


def file_of(pk):
    return ImportFile.objects.get(pk=pk)
