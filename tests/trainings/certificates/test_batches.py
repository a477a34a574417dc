"""The background job: issued, printed into one file, kept for a week, gone with its people."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from participants import handlers
from tests.trainings.certificates.conftest import closed_class
from trainings import invariants
from trainings.certificates import batches, issuing, joining, papers
from trainings.certificates.editions import freeze
from trainings.certificates.issuing import CertificateRefused
from trainings.certificates.wording import frozen_of, paper_of
from trainings.models import Certificate, CertificateBatch, Enrolment
from trainings.tasks import sweep_certificates

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_slices(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    monkeypatch.setattr(batches, "ISSUED_AT_ONCE", 2)
    monkeypatch.setattr(batches, "PRINTED_AT_ONCE", 2)


def request(scene, kind="finished"):
    return batches.request_batch(scene.cohort, kind=kind, by=scene.officer, now=timezone.now())


def work(scene):
    return batches.work_batch(request(scene).pk)


def files(settings):
    return sorted(Path(settings.MEDIA_ROOT, batches.FOLDER).glob("*"))


def pages_of(data):
    return max(map(int, re.findall(rb"/Count (\d+)", data)))


def test_one_job_issues_and_prints_everybody_into_one_file(scene, settings):
    batch = work(scene)

    path = batches.open_file(batch, now=timezone.now())
    assert (batch.state, batch.issued, batch.printed, batch.total) == ("done", 3, 3, 3)
    assert (pages_of(path.read_bytes()), files(settings)) == (3, [path])
    assert path.stat().st_mode & 0o077 == 0
    assert invariants.violations() == []

    again = work(scene)
    assert (again.issued, again.printed, again.sha256) == (0, 3, batch.sha256)


def test_pressing_twice_is_one_job_and_nobody_else_takes_it(scene):
    first, second = request(scene), request(scene)
    assert first == second
    assert batches._claim(first.pk, now=timezone.now())

    assert batches.work_batch(first.pk) is None


def test_nothing_to_issue_is_refused(scene):
    Enrolment.objects.update(state="confirmed")

    with pytest.raises(CertificateRefused, match="Belum ada yang berhak"):
        request(scene)


def test_a_dead_process_loses_only_the_slice_it_was_in(scene, monkeypatch):
    batch, write = request(scene), papers.write_certificates
    freeze(scene.cohort, kind="finished")  # which draws a sample
    drawn = []

    def dies_at_the_second(target, pages):
        if len(drawn) == 1:
            raise KeyboardInterrupt
        drawn.append(write(target, pages))

    monkeypatch.setattr(papers, "write_certificates", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        batches.work_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.issued, batch.printed) == ("running", 3, 2)

    CertificateBatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(papers, "write_certificates", lambda *a: drawn.append(write(*a)))
    assert sweep_certificates() == 1
    done = batches.work_batch(batch.pk)

    assert (done.state, done.issued, done.printed, drawn) == ("done", 3, 3, [2, 1])


def test_a_job_that_never_gets_further_ends_and_says_so(scene, monkeypatch):
    def breaks(*anything):
        raise OSError("disk full")

    monkeypatch.setattr(papers, "write_certificates", breaks)
    batch = work(scene)

    assert (batch.state, batch.error) == ("failed", batches.BROKEN)
    batch = request(scene)
    CertificateBatch.objects.filter(pk=batch.pk).update(stalls=CertificateBatch.MOST_STALLS)
    assert batches.work_batch(batch.pk) is None
    assert CertificateBatch.objects.get(pk=batch.pk).state == "failed"


def test_a_file_with_a_revoked_certificate_is_not_given_out(scene):
    batch = work(scene)
    paper = scene.siti.certificates.get()
    issuing.reissue(paper, name="Siti A.", reason="Nama salah", by=None, now=timezone.now())

    with pytest.raises(CertificateRefused, match="dicabut atau diganti"):
        batches.open_file(batch, now=timezone.now())
    assert batches.issued_since(batch) == 1
    assert batches.open_file(work(scene), now=timezone.now())


def test_who_is_revoked_while_it_prints_is_not_in_the_file(scene, monkeypatch):
    batch, join = request(scene), batches.join_pdfs
    calls = []

    def revokes_meanwhile(*args, **facts):
        if not calls:
            paper = scene.siti.certificates.get()
            issuing.revoke(paper, reason="Salah orang", by=None, now=timezone.now())
        calls.append(1)
        return join(*args, **facts)

    monkeypatch.setattr(batches, "join_pdfs", revokes_meanwhile)

    assert batches.work_batch(batch.pk).state == "queued"
    assert batches.work_batch(batch.pk).printed == 2


def test_a_forgotten_person_leaves_files_and_names_but_not_her_number(
    scene, settings, django_capture_on_commit_callbacks
):
    batch = work(scene)
    paper = scene.siti.certificates.get()
    (handler,) = [h for h in handlers.all_handlers() if h.model is Enrolment]

    with django_capture_on_commit_callbacks(execute=True):
        handler.erase(scene.siti.participant)

    batch.refresh_from_db()
    paper.refresh_from_db()
    assert (batch.state, batch.path, files(settings)) == ("expired", "", [])
    assert (paper.name, paper.state) == ("", "valid")
    assert work(scene).printed == 2
    assert invariants.violations() == []


def test_two_records_of_one_person_keep_one_certificate(scene, issued):
    twin = closed_class(["Siti Aminah"])[1][0]
    target = issued.budi
    paper = issued.papers["Siti Aminah"]

    issuing.hand_over(issued.siti, twin, now=issued.now)
    paper.refresh_from_db()
    assert (paper.enrolment, paper.state) == (twin, "valid")

    issuing.hand_over(issued.citra, target, now=issued.now)
    states = Certificate.objects.filter(enrolment=target).order_by("name")
    assert list(states.values_list("name", "state")) == [
        ("Budi Hartono", "valid"),
        ("Citra Dewi", "revoked"),
    ]


def test_files_go_after_a_week_and_so_does_what_dead_processes_left(scene, settings):
    batch = work(scene)
    stray = Path(settings.MEDIA_ROOT, batches.FOLDER, "9-stray.pdf")
    stray.write_bytes(b"%PDF")
    old = (timezone.now() - timedelta(hours=2)).timestamp()
    os.utime(stray, (old, old))

    assert batches.purge_files(batch.expires_at) == 2
    assert (files(settings), batches.purge_files(batch.expires_at)) == ([], 0)
    with pytest.raises(CertificateRefused, match="sudah dihapus"):
        batches.open_file(CertificateBatch.objects.get(), now=timezone.now())


def test_paper_is_the_same_bytes_each_time_and_takes_the_longest_names(issued):
    row = issued.papers["Siti Aminah"]
    paper = paper_of(row, frozen_of(row.edition))
    long = paper_of(
        Certificate(name="Wira " * 32, number="2" * 12, minutes=1, issued_on=row.issued_on),
        paper.frozen,
    )
    url = papers.public_url(paper.number)

    assert papers.certificate_pdf(paper, url=url) == papers.certificate_pdf(paper, url=url)
    assert pages_of(papers.certificate_pdf(long, url=url)) == 1
    assert "180" not in dict(paper.lines)["pada {tanggal}, selama {jam} ({jp})."]
    assert "3 jam (4 JP)" in dict(paper.lines)["pada {tanggal}, selama {jam} ({jp})."]


def test_joining_refuses_what_it_does_not_know(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\nnothing")

    with (tmp_path / "b.pdf").open("wb") as target, pytest.raises(joining.UnknownForm):
        joining.join_pdfs(target, [tmp_path / "a.pdf"], title="")
