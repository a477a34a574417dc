"""Changing the wave, tickets of changed classes, and the officer's tab, in a real browser."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_answering import link, plain_page  # noqa: F401 - a fixture
from tests.browser.test_look import SMALL, keep
from tests.browser.test_public import OVERFLOW
from tests.browser.test_staff import OF_THE_THEME
from tests.factories import CohortFactory, ParticipantFactory, SessionFactory, in_days
from tests.staff import make_user
from tests.trainings.scenes import invite, seat
from trainings.models import Cohort, Enrolment
from trainings.services import cancelling, changes
from trainings.tickets import token_of

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def waves():
    """A wave with a seat of Siti's, one with free seats, and a full one."""
    mine = CohortFactory(seats=1, number=1)
    free = CohortFactory(training=mine.training, seats=8, number=2, starts_at=in_days(17))
    CohortFactory(training=mine.training, seats=0, number=3, starts_at=in_days(24))
    return seat(mine, ParticipantFactory(full_name="Siti Aminah")), free


@pytest.fixture
def faults(any_width, live_server, violations):
    """`faults(address, name)`: what is wrong with a page; keeps its picture under the name."""
    page = any_width
    width = page.viewport_size["width"]

    def run(address, name):
        if not address.startswith("http"):
            address = live_server.url + address
        page.goto(address, wait_until="networkidle")
        keep(page, name, width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        found += [f"wider by {over}"] if (over := page.evaluate(OVERFLOW)) > 0 else []
        return found + (page.evaluate(SMALL) if width < 500 else [])

    return run


def online_seat():
    """A seat in an online class about to begin; one of its sessions was cancelled."""
    cohort = CohortFactory(mode=Cohort.Mode.ONLINE, session=None, number=4)
    begins = timezone.now() + timedelta(minutes=30)
    for number, title in enumerate(("Siaran langsung", "Praktik", "Tanya jawab")):
        SessionFactory(
            cohort=cohort,
            venue=None,
            link="https://rapat.example/kelas",
            title=title,
            starts_at=begins + timedelta(days=number),
            ends_at=begins + timedelta(days=number, hours=2),
        )
    found = seat(cohort)
    changes.cancel_session(cohort.sessions.get(title="Praktik"), by=None, now=timezone.now())
    return found


def test_pages_of_changed_classes_can_be_read_by_everybody(faults, live_server, waves):
    siti, _ = waves
    asked = invite(siti.cohort)
    online = online_seat()
    ended = seat(CohortFactory(number=5))
    cancelling.cancel_cohort(ended.cohort, reason="Banjir", by=None, now=timezone.now())
    ticket = reverse("trainings:ticket", args=[token_of(online)])

    assert faults(link(live_server, siti), "kursi") == []
    assert faults(f"{link(live_server, siti)}?jawab=pindah", "pindah") == []
    assert faults(f"{link(live_server, asked)}?jawab=jadwal-lain", "jadwal-lain") == []
    assert faults(link(live_server, online), "kursi-daring") == []
    assert faults(ticket, "tiket-daring") == []
    assert faults(online.cohort.get_absolute_url(), "gelombang-daring") == []
    assert faults(link(live_server, ended), "batal") == []


def test_the_tab_of_transfers_can_be_read_by_everybody(faults, any_width, live_server, waves):
    siti, free = waves
    for person in ParticipantFactory.create_batch(3, email=""):
        seat(siti.cohort, person)
    session = siti.cohort.sessions.get()
    changes.cancel_session(
        SessionFactory(cohort=siti.cohort, title="Praktik"), by=None, now=timezone.now()
    )
    changes.tell_changes(now=timezone.now() + changes.QUIET)
    client = Client()
    client.force_login(make_user("head"))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    any_width.context.add_cookies([cookie])
    page = reverse("admin:trainings_cohort_transfer", args=[siti.cohort_id])

    assert session.cohort_id == siti.cohort_id
    assert faults(page, "staf-pindah") == []
    any_width.get_by_label("Alasan").fill("Gedung banjir")
    any_width.get_by_label("Gelombang pengganti").select_option(str(free.pk))
    any_width.get_by_role("button", name="Batalkan dan kabari").click()
    any_width.get_by_text("Semua orang sudah dipindahkan").wait_for()
    assert faults(page, "staf-dibatalkan") == []
    assert Enrolment.objects.filter(cohort=free, state="confirmed").count() == 1


def test_owner_changes_her_wave_and_takes_her_ticket_along(plain_page, live_server, waves):  # noqa: F811
    siti, free = waves
    plain_page.goto(link(live_server, siti))
    plain_page.get_by_role("link", name="Pindah ke gelombang lain").click()
    plain_page.get_by_role("button", name="Pilih gelombang ini").click()

    assert plain_page.get_by_role("heading", name="Kursi Anda aman").is_visible()
    assert "Gelombang 2" in plain_page.inner_text("main")
    with plain_page.expect_download() as download:
        plain_page.get_by_role("link", name="Unduh PDF").click()
    assert download.value.suggested_filename == f"tiket-{free.code}.pdf"
    with plain_page.expect_download() as download:
        plain_page.get_by_role("link", name="Simpan sesi ini ke kalender").click()
    assert download.value.suggested_filename.endswith(".ics")
