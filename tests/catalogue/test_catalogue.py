"""Every kind of file of the catalogue through the real pipeline: a final state, and words.

What the user sees is `docs/panduan/berkas.md`. After a deliberate change of words, write it anew:
`WRITE_GUIDE=1 pytest tests/catalogue -m "long or not long" -n 0`, and read the difference.
"""

import os

import pytest
from django.conf import settings as portal_settings
from django.db import transaction

from participants.models import Participant
from participants.reference import load_reference_data
from tests.catalogue.outcomes import cases, line_of, lines_in_guide, outcome_of, write_guide
from umkm_portal.imports.models import ImportFile
from umkm_portal.regions.services import load_regions

pytestmark = pytest.mark.django_db
State = ImportFile.State
_written = {}
_is_writing = bool(os.environ.get("WRITE_GUIDE"))


@pytest.fixture(scope="module", autouse=True)
def _register(django_db_setup, django_db_blocker, tmp_path_factory):
    """One register for all kinds: nothing of a file may stay, so none disturbs the next."""
    old, portal_settings.MEDIA_ROOT = portal_settings.MEDIA_ROOT, tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), transaction.atomic():
        load_regions()
        load_reference_data()
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


@pytest.mark.skipif(_is_writing, reason="the guide is written after the last test")
def test_the_guide_tells_each_kind_once():
    kinds = [(case.sent, case.name) for case in cases()]

    assert len(kinds) == len(set(kinds)) == len(lines_in_guide())
    assert len(kinds) >= 60
