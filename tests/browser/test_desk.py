"""A campaign from the first step to the running page, in a real browser, narrow and wide.

PICTURES=folder keeps screenshots there.
"""

import pytest
from django.urls import reverse

from tests.browser.test_look import keep
from tests.browser.test_staff import OF_THE_THEME, staff_page
from tests.factories import CohortFactory, EnrolmentFactory, ParticipantFactory, SegmentFactory
from umkm_portal.messaging.models import Campaign, Suppression

__all__ = ["staff_page"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def make_people():
    """Four who get email and one only SMS, one who opted out, one without an address."""
    ParticipantFactory.create_batch(3)
    stopped = ParticipantFactory(full_name="Raden Ajeng Siti Aminah Nurhasanah Kusumawardhani")
    Suppression.objects.create(channel="email", address=stopped.email, reason="opt_out")
    ParticipantFactory(email="")
    ParticipantFactory(email="", phone="")
    SegmentFactory(name="Kuliner Jakarta Timur yang belum pernah ikut pelatihan apa pun")
    EnrolmentFactory(cohort=CohortFactory(training__title="Berjualan lewat siaran langsung"))


def test_a_campaign_goes_the_whole_way_from_a_purpose_to_its_page(
    staff_page, live_server, violations, settings
):
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    make_people()
    page, width, wrong = staff_page, staff_page.viewport_size["width"], {}

    def look(name):
        keep(page, f"desk {name}", width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        over = page.evaluate("document.documentElement.scrollWidth") - width
        if found or over > 0:
            wrong[name] = (found, over)

    page.goto(live_server.url + reverse("admin:messaging_campaign_changelist"))
    page.get_by_role("link", name="Kampanye baru").click()
    look("new")
    page.get_by_label("Pengumuman").check()
    page.get_by_label("Judul kampanye").fill("Bazar Desember, pemberitahuan pertama")
    page.get_by_role("button", name="Buat rancangan, lanjut").click()

    page.get_by_label("Semua peserta terdaftar").check()
    page.get_by_role("button", name="Hitung", exact=True).click()
    page.get_by_text("Contoh penerima").wait_for()
    assert page.locator("#reached-count").inner_text() == "4"  # by email
    look("audience")
    page.get_by_role("button", name="Simpan, lanjut").click()

    page.get_by_label("SMS", exact=True).check()
    body = page.locator("#body-email")
    body.fill("Yth. Bapak/Ibu ")
    page.locator("[data-target=body-email]", has_text="{nama}").click()
    body.press_sequentially(", datang ke bazar {tempat}.")
    page.get_by_text("Isian {tempat} tidak dikenal").first.wait_for()
    look("wrong text")
    body.fill("Yth. Bapak/Ibu {nama}, datang ke bazar di Blok G.")
    page.locator("#desk-frames").get_by_text("datang ke bazar di Blok G").wait_for()
    page.locator("summary", has_text="Teks SMS").click()
    sms = page.locator("#body-sms")
    sms.fill("Bazar di Blok G, Jakpreneur. Balas STOP untuk berhenti.")
    page.locator("#desk-frames").get_by_text("Balas STOP").wait_for()
    look("texts")
    page.get_by_role("button", name="Simpan, lanjut").click()

    page.get_by_label("Tidak sebelum").wait_for()
    look("times")
    page.get_by_role("button", name="Simpan, lanjut").click()

    page.get_by_text("sampai saat itu bisa diurungkan").wait_for()
    look("check")
    page.get_by_role("button", name="Kirim ke 5 orang").click()
    page.get_by_role("button", name="Urungkan").wait_for()
    look("campaign")

    assert wrong == {}, wrong
    assert page.problems == []
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.audience_count, campaign.excluded_count) == ("approved", 5, 2)
