"""The tab Sertifikat and the templates."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from participants.models import DataAccess
from tests.factories import MembershipFactory, RegionFactory
from tests.staff import make_user
from tests.trainings.certificates.conftest import closed_class
from trainings.certificates import batches, issuing
from trainings.certificates.issuing import issue_certificates
from trainings.models import CertificateBatch, CertificateTemplate
from umkm_portal.accounts.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture
def officer(client, scene):
    client.force_login(scene.officer)
    return client


def page(name, cohort, *args):
    return reverse(f"admin:trainings_cohort_{name}", args=[cohort.pk, *args])


def text_of(response):
    return response.content.decode()


def test_from_the_button_to_the_file_for_the_printer(officer, scene):
    tab = page("certificates", scene.cohort)
    assert "Terbitkan 3 sertifikat" in text_of(officer.get(tab))

    officer.post(page("issue", scene.cohort))
    waiting = text_of(officer.get(tab, headers={"X-Fragment": "1"}))
    batches.work_batch(scene.cohort.certificate_batches.get().pk)
    done = text_of(officer.get(tab))
    file = officer.get(page("certificate_file", scene.cohort))
    one = officer.get(
        page("certificate_paper", scene.cohort), {"nomor": scene.siti.certificates.get().number}
    )

    assert "Menunggu giliran" in waiting
    assert "<html" not in waiting
    assert "3 halaman siap dicetak" in done
    assert b"".join(file.streaming_content).startswith(b"%PDF")
    assert one.content.startswith(b"%PDF")
    accesses = DataAccess.objects.filter(actor=scene.officer, kind="export")
    assert accesses.filter(participant=scene.siti.participant).count() == 1
    assert officer.get(page("certificate_preview", scene.cohort)).content.startswith(b"%PDF")


def test_revoking_and_reissuing_need_a_reason_and_stay_readable(officer, issued):
    tab = page("certificates", issued.cohort)
    siti, budi = issued.papers["Siti Aminah"], issued.papers["Budi Hartono"]

    no_reason = officer.post(page("revoke", issued.cohort, siti.pk), follow=True)
    officer.post(page("revoke", issued.cohort, siti.pk), {"alasan": "Salah orang"})
    officer.post(
        page("reissue", issued.cohort, budi.pk), {"nama": "Budi H.", "alasan": "Nama salah"}
    )

    assert "Tulis alasannya" in text_of(no_reason)
    shown = text_of(officer.get(tab))
    assert "Salah orang" in shown
    assert "Diganti: Nama salah" in shown
    only = text_of(officer.get(tab, {"lihat": "berlaku", "q": "budi"}))
    assert "Budi H." in only
    assert "Siti Aminah" not in only


def test_lost_right_is_said_on_the_page(officer, issued):
    type(issued.siti).objects.filter(pk=issued.siti.pk).update(state="attended")
    tab = page("certificates", issued.cohort)

    assert "1 sertifikat berlaku milik orang" in text_of(officer.get(tab))
    narrowed = text_of(officer.get(tab, {"lihat": "tidak-berhak"}))
    assert "Tidak berhak lagi</span>" in narrowed
    assert "Budi Hartono" not in narrowed


def test_a_district_sees_its_own_people_and_issues_nothing(client, issued):
    area = RegionFactory(code="31.71.07", level="district")
    client.force_login(MembershipFactory(role=Membership.Role.DISTRICT, region=area).user)
    tab = page("certificates", issued.cohort)
    number = issued.papers["Siti Aminah"].number

    assert "Siti Aminah" not in text_of(client.get(tab))
    paper = client.get(page("certificate_paper", issued.cohort), {"nomor": number})
    assert paper.status_code == 404
    assert client.post(page("issue", issued.cohort)).status_code == 403
    assert client.get(page("certificate_file", issued.cohort)).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_tab_asks_a_constant_number_of_queries(client, count, django_assert_num_queries):
    cohort, _ = closed_class([f"Orang {n}" for n in range(count)])
    issue_certificates(cohort, by=None, now=timezone.now())
    client.force_login(make_user("head"))
    client.get(page("certificates", cohort))

    with django_assert_num_queries(18):
        client.get(page("certificates", cohort))


def picture():
    target = BytesIO()
    Image.new("RGBA", (900, 300), (0, 0, 0, 0)).save(target, "PNG")
    return SimpleUploadedFile("ttd.png", target.getvalue(), content_type="image/png")


def test_templates_are_checked_and_keep_their_pictures(officer, scene, settings):
    address = reverse("admin:trainings_certificatetemplate_add")
    facts = {
        **{"name": "Umum", "kind": "finished", "title": "Sertifikat", "place": "Jakarta"},
        **{"lesson_minutes": 45, "signer_name": "Ibu Kepala"},
    }

    wrong = officer.post(address, facts | {"body": "{nama} {nik}"})
    broken = officer.post(
        address,
        facts | {"body": "{nama}", "logo": SimpleUploadedFile("a.png", b"no picture")},
    )
    right = officer.post(address, facts | {"body": "{nama}", "signature": picture()})

    assert "tidak dikenal" in text_of(wrong)
    assert "Gambar ini tidak terbaca" in text_of(broken)
    assert right.status_code == 302
    template = CertificateTemplate.objects.get()
    assert (settings.MEDIA_ROOT / template.signature_path).is_file()
    listed = officer.get(reverse("admin:trainings_certificatetemplate_changelist"))
    assert "Semua pelatihan" in text_of(listed)
    issue_certificates(scene.cohort, by=None, now=timezone.now())
    preview = officer.get(page("certificate_preview", scene.cohort))
    assert b"/Subtype /Image" in preview.content


def test_the_last_jobs_are_listed_with_the_files_that_are_kept(officer, issued, scene):
    for kind in ("finished", "attended", "finished"):
        job = batches.request_batch(scene.cohort, kind=kind, by=scene.officer, now=timezone.now())
        batches.work_batch(job.pk)
    first, lesser, last = CertificateBatch.objects.order_by("pk")
    first.expires_at = timezone.now()
    first.save()
    issuing.revoke(scene.left.certificates.get(), reason="Salah orang", by=None, now=timezone.now())
    CertificateBatch.objects.create(
        cohort=scene.cohort, kind="finished", state="failed", error=batches.BROKEN
    )

    shown = text_of(officer.get(page("certificates", scene.cohort)))
    file = page("certificate_file", scene.cohort)

    assert "4 penerbitan terakhir" in shown
    assert [f"?tugas={job.pk}" in shown for job in (first, lesser, last)] == [False, False, True]
    assert f">{scene.officer}<" in shown.replace("\n", "")
    for told in ("Berkas sudah dihapus", "Ada yang dicabut atau diganti", batches.BROKEN):
        assert told in shown
    taken = officer.get(file, {"tugas": last.pk})
    assert b"".join(taken.streaming_content).startswith(b"%PDF")
    refused = officer.get(file, {"tugas": lesser.pk}, follow=True)
    assert "dicabut atau diganti sejak" in text_of(refused)
    stranger = closed_class(["Orang lain"])[0]
    assert officer.get(page("certificate_file", stranger), {"tugas": last.pk}).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_more_jobs_ask_no_more_queries(officer, issued, scene, count, django_assert_num_queries):
    for _ in range(count):
        job = batches.request_batch(scene.cohort, kind="finished", by=None, now=timezone.now())
        batches.work_batch(job.pk)
    officer.get(page("certificates", scene.cohort))

    with django_assert_num_queries(21):
        officer.get(page("certificates", scene.cohort))
