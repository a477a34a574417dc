"""Certificates while two officers press at once, and while workers are killed anywhere."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.at_once import at_once
from tests.faults.test_kills import Victim
from tests.staff import make_user
from tests.trainings.certificates.conftest import closed_class
from trainings import invariants
from trainings.certificates import batches, issuing
from trainings.models import Certificate, CertificateBatch

pytestmark = pytest.mark.long

NAMES = [f"Orang {number}" for number in range(5)]


def press(cohort, officer):
    """What the button does, and a worker that happens to be there at once."""

    def run():
        found = batches.request_batch(cohort, kind="finished", by=officer, now=timezone.now())
        batches.work_batch(found.pk)
        issuing.issue_certificates(cohort, by=officer, now=timezone.now())

    return run


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return str(settings.MEDIA_ROOT)


def test_officers_who_press_at_once_make_one_of_each(transactional_db, folder, monkeypatch):
    monkeypatch.setattr(batches, "ISSUED_AT_ONCE", 1)
    monkeypatch.setattr(batches, "PRINTED_AT_ONCE", 2)
    cohort, _ = closed_class(NAMES)
    officers = [make_user("head") for _ in range(3)]

    assert at_once(*[press(cohort, officer) for officer in officers]) == []

    assert Certificate.objects.count() == len(NAMES)
    assert not CertificateBatch.objects.exclude(state="done").exists()
    assert invariants.violations() == []


def kill_and_finish(victim, folder, at):
    """One job, killed at a statement, then finished by the next worker; what the victim told."""
    cohort, _ = closed_class(NAMES)
    batch = batches.request_batch(cohort, kind="finished", by=None, now=timezone.now())
    told = victim.perform("certificates", batch.pk, folder, at=at)
    assert told in ("killed", "done"), told
    broken = invariants.violations()
    CertificateBatch.objects.update(lease_until=None)
    done = batches.work_batch(batch.pk) or CertificateBatch.objects.get(pk=batch.pk)
    pages = max(map(int, re.findall(rb"/Count (\d+)", Path(folder, done.path).read_bytes())))
    papers = Certificate.objects.filter(enrolment__cohort=cohort)
    assert (done.state, pages, papers.count(), done.issued) == ("done", 5, 5, 5), at
    assert broken + invariants.violations() == [], at
    return told


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(47, id="short"),
        pytest.param(1, id="full", marks=[pytest.mark.long, pytest.mark.timeout(600)]),
    ],
)
def test_a_job_killed_anywhere_is_finished_by_the_next_worker(transactional_db, folder, step):
    at, killed = 2, 0
    with Victim() as victim:
        while kill_and_finish(victim, folder, at) == "killed":
            at, killed = at + step, killed + 1
            assert at < 200

    assert killed * step > 30
    batches.purge_files(timezone.now() + timedelta(days=8))
    assert list(Path(folder, batches.FOLDER).glob("*")) == []
