"""Odd things through the browser's door: each gets a sentence, none leaves anything behind."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories import MembershipFactory
from umkm_portal.accounts.models import Membership
from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import pasting, profiles, services
from umkm_portal.imports.models import ImportFile

pytestmark = pytest.mark.usefixtures("register")
UPLOAD = "admin:imports_importfile_add"
LIST = b"Nama;NIK;No HP\nSiti;3171074503900001;081234567801\n"


@pytest.fixture
def officer(client):
    client.force_login(MembershipFactory(role=Membership.Role.HEAD_OFFICE).user)


def part(name, content=LIST):
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"file": [part("a.csv"), part("b.csv")]}, "Pilih satu berkas saja."),
        ({"file": "hanya tulisan"}, "Pilih berkas dahulu"),
        ({"file": part("folder", b"")}, "Berkas kosong."),
        ({"file": part("a.csv"), "profile": "tidak-ada"}, "tidak-ada"),
        ({"file": part("a.csv"), "organisation": "abc"}, "tidak"),
        ({"pasted": 'Nama\tHP\nSiti "Ani"\t0812\n"Budi\t0813\n'}, "Tanda kutip pada baris 3"),
        ({"pasted": "x" * 5_000_000}, "Tempelan terlalu panjang."),
    ],
)
def test_an_odd_upload_is_answered_and_leaves_nothing(client, officer, settings, facts, sentence):
    answer = client.post(reverse(UPLOAD), {"profile": "register", **facts})

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not ImportFile.objects.exists()
    assert not [*settings.MEDIA_ROOT.rglob("*.*")]


def test_cells_too_many_for_a_form_get_a_page_with_words(client, officer):
    answer = client.post(reverse(UPLOAD), {"profile": "register", "pasted": "x" * 9_000_000})

    assert answer.status_code == 400
    assert "kirim daftar panjang sebagai berkas" in answer.content.decode()


def test_an_upload_needs_the_forms_own_token(client, officer):
    client.handler.enforce_csrf_checks = True

    answer = client.post(reverse(UPLOAD), {"profile": "register", "file": part("a.csv")})

    assert answer.status_code == 403
    assert "terlalu lama terbuka" in answer.content.decode()
    assert not ImportFile.objects.exists()


def test_an_upload_that_breaks_off_leaves_nothing(settings):
    def blocks():
        yield LIST
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        services.receive_file(blocks(), name="a.csv", profile="register")

    assert not ImportFile.objects.exists()
    assert not [*settings.MEDIA_ROOT.rglob("*.*")]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\fakepath\\daftar.csv", "daftar.csv"),
        ("daftar\u202evsc.exe", "daftarvsc.exe"),
        ("da\0ftar.csv\n", "daftar.csv"),
        ("x" * 300 + ".csv", "x" * 190 + ".csv"),
        ("/", "tanpa nama"),
    ],
)
def test_the_name_of_a_file_is_harmless(name, kept):
    file, _ = services.receive_file([LIST], name=name, profile="register")

    assert file.name == kept
    assert services.process_file(file.pk).total_rows == 1


def test_a_stray_quote_in_pasted_cells_swallows_nobody():
    with pytest.raises(SpreadsheetError, match="baris 2 tempelan"):
        pasting.file_of('Nama\tHP\n"Siti\t0812\nAni\t0813', profiles.get("register"))
