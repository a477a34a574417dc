"""Who gets a certificate, once each; taken back and given anew."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.trainings.certificates.conftest import close, closed_class, come
from trainings import invariants
from trainings.certificates import issuing
from trainings.certificates.issuing import CertificateRefused, counts_of, issue_certificates
from trainings.certificates.wording import frozen_of
from trainings.models import Attendance, Certificate, CertificateTemplate, Training
from umkm_portal.common import codes

pytestmark = pytest.mark.django_db


def give(scene, **facts):
    return issue_certificates(scene.cohort, by=scene.officer, now=scene.now, **facts)


def test_those_who_finished_get_one_each_however_often_it_is_pressed(scene):
    assert (give(scene), give(scene)) == (3, 0)

    papers = list(Certificate.objects.order_by("pk"))
    day = timezone.localdate(scene.cohort.starts_at)
    assert [paper.name for paper in papers] == ["Budi Hartono", "Citra Dewi", "Siti Aminah"]
    assert {(paper.minutes, tuple(paper.attended_on)) for paper in papers} == {(180, (day,))}
    assert all(codes.is_valid(paper.number) and len(paper.number) == 12 for paper in papers)
    counts = counts_of(scene.cohort)
    assert (counts.earned, counts.issued, counts.missing, counts.attended) == (3, 3, 0, 1)
    assert invariants.violations() == []


def test_one_live_certificate_per_place_is_a_rule_of_the_database(issued):
    paper = issued.papers["Siti Aminah"]
    paper.pk, paper.number = None, "222222222222"

    with pytest.raises(IntegrityError, match="certificate_one_live"), transaction.atomic():
        paper.save(force_insert=True)


def test_words_are_frozen_at_issue(scene):
    template = CertificateTemplate.objects.create(
        name="Umum", title="Sertifikat", body="{nama}", signer_name="Ibu Kepala"
    )
    give(scene)
    Training.objects.update(title="Judul baru")
    CertificateTemplate.objects.update(signer_name="Bapak Baru")
    scene.cohort.training.refresh_from_db()

    fresh = issuing.reissue(
        scene.siti.certificates.get(), name="Siti", reason="Nama salah", by=None, now=scene.now
    )

    old = frozen_of(scene.budi.certificates.get().edition)
    new = frozen_of(fresh.edition)
    assert (old.signer_name, new.signer_name) == ("Ibu Kepala", "Bapak Baru")
    assert (new.training, old.training != "Judul baru") == ("Judul baru", True)
    assert fresh.edition.template == template
    assert fresh.edition.pdf_size > 10_000


def test_the_nearest_template_counts(scene):
    training = scene.cohort.training
    facts = {"title": "Sertifikat", "body": "{nama}"}
    make = CertificateTemplate.objects.create
    make(name="semua", **facts)
    of_organiser = make(name="dinas", organiser=training.organiser, **facts)
    of_training = make(name="pelatihan", training=training, **facts)

    assert issuing.freeze(scene.cohort, kind="finished").template == of_training
    of_training.editions.all().delete()
    of_training.delete()
    assert issuing.freeze(scene.cohort, kind="finished").template == of_organiser


def test_a_revoked_one_is_not_given_again_by_the_next_run(issued):
    paper = issued.papers["Siti Aminah"]
    with pytest.raises(CertificateRefused, match="Tulis alasannya"):
        issuing.revoke(paper, reason=" ", by=issued.officer, now=issued.now)
    issuing.revoke(paper, reason="Bukan orangnya", by=issued.officer, now=issued.now)
    with pytest.raises(CertificateRefused, match="sudah dicabut"):
        issuing.revoke(paper, reason="Bukan orangnya", by=issued.officer, now=issued.now)

    assert give(issued) == 0
    paper.refresh_from_db()
    assert (paper.state, paper.revoked_by) == ("revoked", issued.officer)
    assert (counts_of(issued.cohort).revoked, counts_of(issued.cohort).issued) == (1, 2)


def test_a_reissued_one_replaces_the_old_with_the_name_as_written(issued):
    old = issued.papers["Siti Aminah"]

    new = issuing.reissue(
        old, name=" Siti  Aminah, S.E. ", reason="Nama salah", by=issued.officer, now=issued.now
    )

    old.refresh_from_db()
    assert (new.name, new.replaces, new.number != old.number) == ("Siti Aminah, S.E.", old, True)
    assert (old.state, old.revoke_reason) == ("revoked", "Diganti: Nama salah")
    assert counts_of(issued.cohort).revoked == 0
    with pytest.raises(CertificateRefused, match="sudah diganti"):
        issuing.reissue(old, name="Siti", reason="Sekali lagi", by=None, now=issued.now)
    assert invariants.violations() == []


def test_corrected_attendance_is_said_and_revokes_nothing(issued):
    Attendance.objects.filter(enrolment=issued.siti).update(minutes=30)
    close(issued.cohort)

    paper = issued.papers["Siti Aminah"]
    assert list(issuing.undeserved(Certificate.objects.all())) == [paper]
    assert counts_of(issued.cohort).undeserved == 1
    with pytest.raises(CertificateRefused, match="tidak berhak"):
        issuing.reissue(paper, name="Siti", reason="Nama salah", by=None, now=issued.now)
    paper.refresh_from_db()
    assert paper.state == "valid"


def test_who_came_may_get_a_paper_that_gives_way_once_she_finished(scene):
    assert give(scene, kind="attended") == 1
    Attendance.objects.filter(enrolment=scene.left).update(minutes=180)
    close(scene.cohort)

    assert (give(scene), give(scene, kind="attended")) == (4, 0)

    lesser, better = scene.left.certificates.order_by("pk")
    assert (lesser.kind, lesser.state, better.kind, better.state) == (
        *("attended", "revoked"),
        *("finished", "valid"),
    )
    assert better.replaces == lesser
    assert invariants.violations() == []


@pytest.mark.parametrize("count", [1, 3])
def test_issuing_asks_a_constant_number_of_queries(count, django_assert_num_queries):
    cohort, _ = closed_class([f"Orang {n}" for n in range(count)])

    with django_assert_num_queries(16):
        issue_certificates(cohort, by=None, now=timezone.now() + timedelta(minutes=1))


def test_a_late_mark_earns_a_certificate_with_the_next_run(issued):
    come(issued.absent)

    assert give(issued) == 1
