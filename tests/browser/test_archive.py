"""A campaign in the archive, in a real browser, narrow and wide. PICTURES=folder keeps pictures."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_look import keep
from tests.browser.test_staff import OF_THE_THEME, staff_page
from tests.factories import ParticipantFactory
from tests.messaging.archive.conftest import make_old
from tests.messaging.conftest import _own_kinds
from umkm_portal.messaging.archive import running

__all__ = ["_own_kinds", "staff_page"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_an_archived_campaign_and_one_of_its_people(staff_page, live_server, violations):
    now, page, wrong = timezone.now(), staff_page, {}
    people = [ParticipantFactory(pk=key, full_name=f"Siti Aminah {key}") for key in (1, 2)]
    campaign = make_old(60, now=now)
    running.run(now)
    addresses = {
        "archived campaign": reverse("admin:messaging_campaign_change", args=[campaign.pk]),
        "archived list": reverse("admin:messaging_campaign_list", args=[campaign.pk, "gagal"]),
        "archived person": reverse("admin:participants_participant_change", args=[people[1].pk]),
        "campaigns": reverse("admin:messaging_campaign_changelist"),
    }

    for name, address in addresses.items():
        page.goto(live_server.url + address)
        width = page.viewport_size["width"]
        keep(page, name, width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        over = page.evaluate("document.documentElement.scrollWidth") - width
        if found or over > 0:
            wrong[name] = (found, over)

    assert wrong == {}
    page.goto(live_server.url + addresses["archived person"])
    assert page.get_by_text("(arsip)").count() == 2
