"""An owner at the pages of `/daftar/`, with Django's client."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from participants.contacts import parse_contact
from participants.models import Sector
from tests.codes import code_to
from tests.tables import load_lists

NIK = "3171995503900001"
PHONE = "0812-3456-7890"


@pytest.fixture
def lists(db, settings):
    """Places, sectors and steps on file; codes go nowhere, but there is a way for them."""
    settings.SMS_URL = "http://127.0.0.1:9/sms"
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.DEMO, settings.CODE_RESEND_SECONDS = False, 0
    load_lists()


@pytest.fixture
def owner(lists):
    """`owner()`: somebody at a browser of her own."""
    return Owner


def answers():
    """What Siti tells on each page."""
    return {
        "identitas": {"nik": NIK, "lahir": "15/03/1990"},
        "alamat": {
            "wilayah": "31.71",
            "tempat": "31.71.07.1006",
            "alamat": "Pasar Tanah Abang Blok G, kios 118",
        },
        "usaha": {
            "berjalan": "ya",
            "nama_usaha": "Dapur Siti",
            "sektor": Sector.objects.get(slug="makanan").pk,
            "kanal": ["shopee", "store"],
            "tautan": "shopee.co.id/dapursiti",
            "omzet": "120 juta",
            "punya_nib": "tidak",
        },
        "minat": {"bersedia": "ya", "whatsapp": "ya", "foto": "tidak"},
    }


class Owner:
    def __init__(self, name="Siti Aminah", contact=PHONE):
        self.client = Client()
        self.name, self.contact = name, contact

    def get(self, path):
        return self.client.get(path)

    def post(self, path, **data):
        return self.client.post(path, data)

    def code(self):
        """The code that went to her last."""
        return code_to(parse_contact(self.contact).value)

    def begin(self, **more):
        """Name and contact, then the code; returns the address she lands at."""
        asked = self.post("/daftar/", nama=self.name, kontak=self.contact)
        assert asked.url == "/daftar/kode/"
        return path_of(self.post("/daftar/kode/", kode=self.code()))

    def tell(self, *pages, **changes):
        """Fill these pages (default: all four); returns the last answer."""
        for page in pages or answers():
            answer = self.post(f"/daftar/{page}/", **answers()[page] | changes.get(page, {}))
        return answer

    def register(self, **changes):
        """All of it; returns the receipt."""
        self.begin()
        self.tell(**changes)
        assert path_of(self.post("/daftar/periksa/")) == "/daftar/selesai/"
        return self.get("/daftar/selesai/")


def path_of(response):
    """Where a redirect leads."""
    assert response.status_code == 302, response.content.decode()
    return urlsplit(response.url).path
