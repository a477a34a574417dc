import pytest
from django.utils import timezone

from tests.messaging import scenes
from umkm_portal.messaging import ledger, services
from umkm_portal.messaging.services import frequency


@pytest.mark.django_db
def test_who_had_enough_this_week_gets_no_further_announcement_and_the_row_says_why(settings, now):
    settings.BULK_PER_WEEK = 2
    first = scenes.make_running(2)
    ledger.move_all(first, to="accepted", from_states=["pending"], now=now)
    second = scenes.make_running(1)

    third = scenes.make_running(3)

    assert scenes.states(second) == {"pending": 1}
    assert scenes.states(third) == {"cancelled": 1, "pending": 2}
    held = third.deliveries.get(state="cancelled")
    assert (held.recipient_key, held.error) == (1, frequency.reason())
    assert third.batches.get().cancelled == 1
    code = services.queue_one(
        scenes.SERVICE, recipient_key=1, subject_id=None, dedupe_key="kode",
        address="a@b.example", now=now,
    )  # fmt: skip
    assert code.state == "pending", "codes and confirmations are never held back"

    week_later = now + frequency.WINDOW + timezone.timedelta(minutes=1)
    for campaign in (second, third):
        ledger.move_all(campaign, to="cancelled", from_states=["pending"], now=now)
    fourth = scenes.make_campaign(1)
    services.start_campaign(fourth, now=week_later)
    services.expand_campaign(fourth, now=week_later)
    assert scenes.states(fourth) == {"pending": 1}
