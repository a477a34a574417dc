"""An owner on her own pages at 390 px without JavaScript; accessible at both widths."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from participants.consents import OWN_PAGE, give_consent, has_consent
from participants.licences import ask_licence, move_licence
from participants.models import DataRequest
from participants.reference import load_reference_data
from tests.browser.conftest import PHONE as PHONE_SIZE
from tests.codes import code_to
from tests.factories import (
    BusinessFactory,
    CohortFactory,
    EnrolmentFactory,
    ParticipantFactory,
    UserFactory,
)
from trainings.models import Enrolment
from trainings.services import answers

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
PHONE = "+6281234567890"
MOST_BYTES = 60_000


@pytest.fixture
def siti(live_server):
    """Siti with a daughter on the same account, an invitation, a ticket and a licence to repair."""
    load_reference_data()
    account = UserFactory(email=None, phone=PHONE, phone_verified_at=timezone.now())
    siti = ParticipantFactory(full_name="Siti Aminah", account=account, phone=PHONE)
    ParticipantFactory(full_name="Wulan Sari", account=account, phone=PHONE)
    BusinessFactory(participant=siti, name="Dapur Siti").channels.create(platform="store")
    siti.invitation = EnrolmentFactory(participant=siti)
    answers.join(CohortFactory(), siti, now=timezone.now(), via="tautan")
    give_consent(siti, purpose="photo", channel=OWN_PAGE, actor=account, now=timezone.now())
    siti.licence = ask_licence(
        siti, kind="nib", wants_delivery=False, actor=account, now=timezone.now()
    )
    move_licence(siti.licence, to="needs_fix", reason="Buram", actor=None, now=timezone.now())
    return siti


def test_owner_answers_switches_withdraws_and_asks_for_deletion(
    new_context, live_server, siti, settings
):
    settings.DEMO, settings.SMS_URL = False, "http://127.0.0.1:9/"
    page = new_context(java_script_enabled=False, viewport=PHONE_SIZE).new_page()
    page.goto(live_server.url + reverse("account_login"))
    page.get_by_label("Nomor HP atau email").fill("0812 3456 7890")
    page.get_by_role("button", name="Kirim kode").click()
    page.get_by_label("Kode 6 angka").fill(code_to(PHONE))
    page.get_by_role("button", name="Masuk").click()
    assert page.url == f"{live_server.url}/saya/"

    page.get_by_role("button", name="Ya, saya hadir").click()
    assert page.get_by_role("heading", name="Kursi Anda aman").is_visible()
    page.get_by_role("main").get_by_role("link", name="Beranda saya").click()
    assert page.get_by_label("Kode QR tiket").count() == 2

    page.get_by_role("main").get_by_role("link", name="Ganti orang").first.click()
    page.get_by_role("button", name="Buka halaman Wulan Sari").click()
    assert "Wulan Sari" in page.inner_text("h1")
    assert page.get_by_label("Kode QR tiket").count() == 0
    page.get_by_role("main").get_by_role("link", name="Ganti orang").first.click()
    page.get_by_role("button", name="Buka halaman Siti Aminah").click()

    page.get_by_role("link", name="Persetujuan dan pesan").click()
    page.get_by_role("button", name="Tarik persetujuan Foto dan publikasi").click()
    assert page.get_by_text("Persetujuan ditarik.").is_visible()

    page.get_by_role("main").get_by_role("link", name="Beranda saya").click()
    page.get_by_role("link", name="Permintaan data").click()
    page.get_by_role("link", name="Hapus data saya").click()
    page.get_by_role("button", name="Ya, minta data saya dihapus").click()
    assert page.get_by_text("Permintaan penghapusan data dikirim.").is_visible()

    siti.invitation.refresh_from_db()
    assert siti.invitation.state == Enrolment.State.CONFIRMED
    assert not has_consent(siti, "photo")
    assert DataRequest.objects.get().kind == "deletion"


@pytest.mark.long
def test_own_pages_are_accessible_light_and_fit(any_width, live_server, siti, violations):
    page, client = any_width, Client()
    client.force_login(siti.account)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    sizes = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(f"{live_server.url}/saya/", wait_until="networkidle")
    assert sum(sizes) <= MOST_BYTES

    found = {}
    for path in (
        *("", "ganti/", "profil/", "persetujuan/", "usaha/", "usaha/baru/", "data/"),
        *("permintaan/", "permintaan/?jenis=deletion", "perizinan/", "perizinan/ajukan/"),
        *(f"usaha/{siti.businesses.get().pk}/", f"perizinan/{siti.licence.pk}/"),
    ):
        page.goto(f"{live_server.url}/saya/{path}")
        found[path] = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[path] += ["wider than the screen"]

    assert not any(found.values()), found
