"""The page on queues and health in a real browser, empty and with troubles.

PICTURES=folder keeps screenshots there.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.browser.test_look import keep
from tests.browser.test_staff import OF_THE_THEME, staff_page
from tests.pages.test_operations import fill
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import Alert, WebhookEvent
from umkm_portal.messaging.operations import pulses, tallies

__all__ = ["staff_page"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_page_fits_and_can_be_read(staff_page, live_server, violations):
    page, width = staff_page, staff_page.viewport_size["width"]
    wrong = {}
    for name, prepare in (("kosong", lambda: None), ("gangguan", set_up)):
        prepare()
        page.goto(f"{live_server.url}/admin/pengiriman/", wait_until="networkidle")
        keep(page, f"kesehatan-{name}", width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        over = page.evaluate("document.documentElement.scrollWidth") - width
        if found or over > 0:
            wrong[name] = (found, over)

    assert wrong == {}, wrong
    assert page.problems == []


def set_up():
    now = timezone.now()
    fill(3)
    account = default_account("email")
    account.state, account.state_reason = "broken", "Server SMTP tidak dapat dipakai: 421"
    account.save()
    for minutes in range(60):
        count = 40 + 25 * (minutes % 7)
        tallies.add(account.pk, {("accepted", ""): count}, now=now - timedelta(minutes=minutes))
    pulses.note("urgent", answered_at=now)
    pulses.note(pulses.SWEEP, answered_at=now)
    WebhookEvent.objects.create(source="whatsapp", key="a")
    Alert.objects.create(
        key="queue:bulk", sentence="Antrean “Massal” tidak memberi kabar.", since=now
    )
