"""The staff pages in a real browser: narrow and wide, with the theme's scripts under our CSP."""

from datetime import date

import pytest
from django.conf import settings
from django.urls import reverse

from participants.models import DuplicatePair
from tests.factories import (
    CampaignFactory,
    CohortFactory,
    EnrolmentFactory,
    ExportFileFactory,
    ParticipantFactory,
    SegmentFactory,
)
from tests.staff import make_user
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import Campaign, DeliveryBatch

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]

OF_THE_THEME = ("landmark-unique", "aria-input-field-name", "empty-table-header")
"""What the theme's own scroll areas and search boxes break; nothing of ours may join them."""


@pytest.fixture
def staff_page(any_width, live_server, client):
    """A page where a member of the head office is logged in; it notes what goes wrong."""
    client.force_login(make_user("head"))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    any_width.context.add_cookies([cookie])
    any_width.problems = []
    any_width.on(
        "console", lambda m: any_width.problems.append(m.text) if m.type == "error" else None
    )
    any_width.on("pageerror", lambda error: any_width.problems.append(str(error)))
    any_width.on(
        "request",
        lambda r: (
            None
            if r.url.startswith((live_server.url, "data:"))
            else any_width.problems.append(r.url)
        ),
    )
    return any_width


def twins():
    """Two records that staff compare; long words must wrap on a phone."""
    long = {"full_name": "Siti Aminah Nurhasanah Kusumawardhani", "email": f"{'a' * 40}@b.example"}
    first, second = ParticipantFactory(), ParticipantFactory(**long, birth_date=date(1984, 4, 12))
    return DuplicatePair.objects.create(
        first=first, second=second, score=0.91, reasons=["nomor HP sama", "nama mirip"]
    )


@pytest.mark.long
def test_staff_pages_fit_work_and_load_nothing_from_elsewhere(staff_page, live_server, violations):
    ParticipantFactory.create_batch(2)
    cohort = EnrolmentFactory(cohort=CohortFactory(seats=4)).cohort
    campaign = CampaignFactory(state=Campaign.State.DONE, subject_id=cohort.pk)
    page, width = staff_page, staff_page.viewport_size["width"]
    pages = [reverse("admin:index"), reverse("admin:participants_participant_changelist")]
    pages += [reverse("admin:messaging_campaign_change", args=[campaign.pk])]
    segment, export = SegmentFactory(rules={"aktif": "ya"}), ExportFileFactory()
    pages += [reverse("admin:participants_segment_change", args=[segment.pk])]
    pages += [reverse("admin:participants_duplicatepair_changelist")]
    pages += [reverse("admin:participants_duplicatepair_change", args=[twins().pk])]
    pages += [reverse("admin:participants_merge_changelist")]
    pages += [reverse("admin:participants_exportfile_change", args=[export.pk])]
    pages += [reverse(f"admin:participants_{name}_add") for name in ("segment", "exportfile")]
    for name in ("change", "invite", "answers", "waiting", "print", "paste"):
        pages.append(reverse(f"admin:trainings_cohort_{name}", args=[cohort.pk]))

    for address in pages:
        page.goto(live_server.url + address)

        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        ours = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        assert ours == [], address
    assert page.problems == []


def test_message_preview_follows_the_typing(staff_page, live_server):
    cohort = CohortFactory(training__title="Jualan Daring")
    ParticipantFactory()
    staff_page.goto(live_server.url + reverse("admin:trainings_cohort_invite", args=[cohort.pk]))

    staff_page.fill("#message-body", "Ayo ikut {judul}")
    staff_page.locator("#message-preview", has_text="Ayo ikut Jualan Daring").wait_for()
    staff_page.fill("#message-body", "Ayo ikut {jdul}")
    staff_page.locator("#message-preview", has_text="{jdul} tidak dikenal").wait_for()

    assert staff_page.problems == []


def test_the_bar_of_a_campaign_follows_the_rows_and_the_buttons_its_state(staff_page, live_server):
    campaign = CampaignFactory(state=Campaign.State.RUNNING, audience_count=2, expanded_to=2)
    batch = DeliveryBatch.objects.create(
        campaign=campaign, number=1, channel="email", account=default_account("email"), pending=2
    )
    staff_page.goto(
        live_server.url + reverse("admin:messaging_campaign_change", args=[campaign.pk])
    )
    assert staff_page.get_by_role("button", name="Jeda").is_visible()

    DeliveryBatch.objects.filter(pk=batch.pk).update(pending=0, accepted=2)
    staff_page.locator("[data-poll]", has_text="Diterima server: 2").wait_for()
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.DONE)
    staff_page.get_by_role("button", name="Jeda").wait_for(state="detached")

    assert staff_page.problems == []
