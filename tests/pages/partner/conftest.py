"""Two partners with a call each, and a member at the keyboard."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import CurationCallFactory, PartnerFactory
from tests.staff import make_member
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile


@pytest.fixture
def shopee(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    call = CurationCallFactory(
        partner=PartnerFactory(organisation__short_name="Shopee"), slug="bazaar-online"
    )
    return call.partner


@pytest.fixture
def tiktok(db):
    call = CurationCallFactory(
        partner=PartnerFactory(organisation__short_name="TikTok"), slug="live-selling"
    )
    return call.partner


@pytest.fixture
def rina(client, shopee):
    """A manager of Shopee, logged in."""
    user = make_member(shopee, full_name="Rina")
    client.force_login(user)
    return user


@pytest.fixture
def upload(client):
    """`upload(call, rows)`: the answer to a list of (name, phone, outcome)
    or (name, phone) sent in by hand."""

    def send(call, rows, **facts):
        lines = [["Nama pemilik", "No HP", "Hasil"][: len(rows[0])], *rows]
        content = "\n".join(";".join(cells) for cells in lines).encode()
        file = SimpleUploadedFile(facts.pop("name", "lolos.csv"), content)
        return client.post("/mitra/daftar/unggah/", {"call": call.pk, "file": file, **facts})

    return send


@pytest.fixture
def checked(upload):
    """`checked(call, rows)`: the file after a worker has looked at it."""

    def make(call, rows, **facts):
        pk = int(upload(call, rows, **facts).url.split("/")[-2])
        services.process_file(pk)
        return ImportFile.objects.get(pk=pk)

    return make
