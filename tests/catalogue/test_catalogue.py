"""Every kind of file of the catalogue through the real pipeline: a final state, and words.

What the user sees is `docs/panduan/berkas.md`. After a deliberate change of words, write it anew:
`WRITE_GUIDE=1 pytest tests/catalogue -m "long or not long" -n 0`, and read the difference.
"""

import os

import pytest
from django.conf import settings as portal_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from participants.models import Participant
from tests.catalogue.outcomes import cases, line_of, lines_in_guide, outcome_of, write_guide
from tests.factories import MembershipFactory
from tests.tables import load_lists
from umkm_portal.accounts.models import Membership
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

pytestmark = pytest.mark.django_db
State = ImportFile.State
_written = {}
_is_writing = bool(os.environ.get("WRITE_GUIDE"))


@pytest.fixture(scope="module", autouse=True)
def _register(django_db_setup, django_db_blocker, tmp_path_factory):
    """One register for all kinds: nothing of a file may stay, so none disturbs the next."""
    old, portal_settings.MEDIA_ROOT = portal_settings.MEDIA_ROOT, tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), transaction.atomic():
        load_lists()
        yield
        transaction.set_rollback(True)
    portal_settings.MEDIA_ROOT = old
    if _is_writing:
        write_guide(_written)


def marked(case):
    return pytest.param(case, id=case.name, marks=[pytest.mark.long] if case.is_long else [])


@pytest.mark.parametrize("case", [*map(marked, cases())])
def test_every_kind_of_file_is_answered(case):
    file, sentences = outcome_of(case)

    _written[case] = line_of(case, sentences)
    assert file.state in ((State.CHECKED, State.READ) if case.rows else (State.FAILED, State.READ))
    assert file.total_rows == case.rows
    counted = file.accepted_count + file.rejected_count + file.review_count
    assert counted == file.rows.count() == case.rows
    assert (file.state == State.FAILED) == (not file.source.is_file())
    assert all("Traceback" not in sentence for sentence in sentences)
    assert not Participant.objects.exists()
    if not _is_writing:
        assert _written[case] in lines_in_guide()


def kind(name):
    return next(case for case in cases() if case.name == name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("sandi.xlsx", "Berkas dilindungi kata sandi."),
        ("masuk.xls", "Berkas ini halaman web tanpa tabel."),
        ("sembunyi.xlsx", "Lembar “Arsip” tersembunyi, jadi tidak dibaca."),
        ("html.csv", "“&lt;script&gt;alert(1)&lt;/script&gt;” bukan nama orang."),
        ("geser.csv", "Ada 5 isian, padahal kolomnya 4"),
    ],
)
def test_the_page_of_a_file_says_it(client, name, sentence):
    client.force_login(MembershipFactory(role=Membership.Role.HEAD_OFFICE).user)
    upload = SimpleUploadedFile(name, kind(name).make())
    client.post(reverse("admin:imports_importfile_add"), {"profile": "register", "file": upload})
    file = ImportFile.objects.get()
    services.process_file(file.pk)

    page = client.get(reverse("admin:imports_importfile_change", args=[file.pk]))

    assert sentence in page.content.decode()


@pytest.mark.long
def test_what_is_accepted_is_stored_whole():
    different = {case.make(): case for case in cases() if not case.is_long}
    for case in different.values():
        file, _ = outcome_of(case)
        if file.state != State.CHECKED:
            continue
        before = Participant.objects.count()
        services.approve_file(file, by=None, now=timezone.now())
        services.apply_file(file.pk)
        file.refresh_from_db()
        assert file.state == State.DONE, case.sent
        assert Participant.objects.count() == before + file.created_count, case.sent
        assert not file.source.is_file()


@pytest.mark.skipif(_is_writing, reason="the guide is written after the last test")
def test_the_guide_tells_each_kind_once():
    kinds = [(case.sent, case.name) for case in cases()]

    assert len(kinds) == len(set(kinds)) == len(lines_in_guide())
    assert len(kinds) >= 60
