import itertools
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.at_once import at_once
from tests.messaging import scenes
from tests.messaging.webhooks.posts import (
    bundle,
    message,
    post_email,
    post_whatsapp,
    status,
)
from umkm_portal.common import retention
from umkm_portal.messaging import directory, invariants, ledger, services
from umkm_portal.messaging.directory import Located
from umkm_portal.messaging.models import (
    Delivery,
    DeliveryEvent,
    Reply,
    Suppression,
    WebhookEvent,
)
from umkm_portal.messaging.services.reported import Report, apply_reports
from umkm_portal.messaging.webhooks.processing import KEEP_TRYING, work_events

pytestmark = pytest.mark.django_db
ORDER = {"sent": 1, "failed": 2, "delivered": 3, "read": 4}
NAMES = {1: "accepted", 2: "failed_permanent", 3: "delivered", 4: "read"}


def in_state(state, count=1):
    """Deliveries of a running campaign whose counters agree."""
    rows = list(scenes.make_running(count).deliveries.order_by("pk"))
    ledger.move([row.pk for row in rows], to=state, from_states=["pending"], now=timezone.now())
    return rows


def state_of(delivery):
    return Delivery.objects.get(pk=delivery.pk).state


def test_reports_bring_a_message_home_and_an_uncertain_one_to_certainty(client):
    first, second = in_state("accepted")[0], in_state("uncertain")[0]

    post_whatsapp(
        client,
        bundle(
            status("delivered", delivery=first.public_id, ref="wamid.A"),
            status("sent", delivery=second.public_id, ref="wamid.B"),
        ),
    )
    done = work_events()

    assert done == {"done": 1}
    assert (state_of(first), state_of(second)) == ("delivered", "accepted")
    assert Delivery.objects.get(pk=second.pk).provider_ref == "wamid.B"
    event = WebhookEvent.objects.get()
    assert (event.state, event.body, event.due_at) == ("done", None, None)
    assert DeliveryEvent.objects.count() == 2
    assert invariants.violations() == []


@given(
    events=st.lists(st.sampled_from([*ORDER]), min_size=1, max_size=5),
    start=st.sampled_from(["accepted", "uncertain", "sending", "failed_temporary"]),
    cuts=st.sets(st.integers(1, 4)),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_order_and_bundling_of_reports_ends_in_the_same_state(events, start, cuts):
    delivery = in_state(start)[0]
    reports = [
        Report(
            channel="whatsapp",
            source="whatsapp",
            key=f"{delivery.pk}:{name}",
            state=NAMES[ORDER[name]],
            happened_at=timezone.now(),
            public_id=delivery.public_id,
            provider_ref="wamid.X",
        )
        for name in events
    ]
    edges = [0, *sorted(cut for cut in cuts if cut < len(reports)), len(reports)]

    for first, last in itertools.pairwise(edges):
        apply_reports(reports[first:last], now=timezone.now())

    reached = max(ORDER[name] for name in events)
    reached = max(reached, 1) if start == "accepted" else reached
    assert state_of(delivery) == NAMES[reached]
    assert invariants.violations() == []


def test_failure_of_an_earlier_attempt_does_not_touch_the_new_one():
    delivery = in_state("accepted")[0]
    Delivery.objects.filter(pk=delivery.pk).update(provider_ref="wamid.new")
    facts = {"channel": "whatsapp", "source": "whatsapp", "happened_at": timezone.now()}
    late = Report(
        key="old",
        state="failed_permanent",
        public_id=delivery.public_id,
        provider_ref="wamid.old",
        **facts,
    )

    apply_reports([late], now=timezone.now())

    assert state_of(delivery) == "accepted"
    assert DeliveryEvent.objects.filter(delivery=delivery).count() == 1


def test_report_known_already_changes_nothing_after_a_retry(client):
    delivery = in_state("accepted")[0]
    failed = status("failed", delivery=delivery.public_id, errors=[{"code": 131026, "title": "x"}])
    post_whatsapp(client, bundle(failed))
    work_events()
    assert state_of(delivery) == "failed_permanent"
    services.retry_failed(delivery.campaign, now=timezone.now())

    post_whatsapp(client, bundle(failed, status("sent", ref="wamid.else")))
    work_events()

    assert state_of(delivery) == "pending"
    assert invariants.violations() == []


def test_report_without_our_name_is_found_by_the_providers_and_the_phone(client, monkeypatch):
    delivery = in_state("accepted")[0]
    Delivery.objects.filter(pk=delivery.pk).update(
        provider_ref="wamid.HBgL", channel="whatsapp", address="+6281200000001"
    )
    monkeypatch.setattr(directory, "_owners", [lambda channel, address: [Located(1, None)]])

    post_whatsapp(client, bundle(status("read", ref="wamid.HBgL")))
    work_events()

    assert state_of(delivery) == "read"


def test_unknown_message_is_looked_for_again_for_a_day_and_then_let_go(client):
    delivery = in_state("uncertain")[0]
    post_whatsapp(client, bundle(status("sent", ref="wamid.unknown")))
    now = timezone.now()

    assert work_events(now=now) == {"waiting": 1}
    event = WebhookEvent.objects.get()
    assert event.body
    assert event.due_at > now
    assert work_events(now=now) == {}
    assert work_events(now=now + KEEP_TRYING + timedelta(seconds=9)) == {"unmatched": 1}
    event.refresh_from_db()
    assert (event.body, event.due_at, event.note) == (None, None, "1 pesan belum dikenal.")
    assert state_of(delivery) == "uncertain"


def test_what_nobody_can_read_does_not_hold_up_the_others(client, monkeypatch):
    delivery = in_state("accepted")[0]
    post_email(client, [{"no": "event"}])
    post_whatsapp(client, bundle(status("read", delivery=delivery.public_id)))
    post_whatsapp(client, {"entry": [{"changes": [{"value": {"statuses": [7, {"id": 1}]}}]}]})
    post_whatsapp(client, {"entry": "x"})

    work_events()

    assert state_of(delivery) == "read"
    states = sorted(WebhookEvent.objects.values_list("source", "state"))
    assert states == [("email:postmark", "waiting"), *[("whatsapp", "done")] * 3]


def postmark(record, delivery, *, address="siti@contoh.example", host="localhost", **more):
    ref = f"<{delivery.public_id}@{host}>"
    return {"RecordType": record, "Email": address, "MessageID": "b7bc", "ref": ref, **more}


@pytest.mark.parametrize(
    ("record", "more", "state", "stopped"),
    [
        ("Delivery", {}, "delivered", None),
        ("Open", {}, "read", None),
        ("Bounce", {"Type": "HardBounce", "ID": 1}, "failed_permanent", ("all", "hard_bounce")),
        ("Bounce", {"Type": "SoftBounce", "ID": 2}, "failed_permanent", None),
        ("Bounce", {"Type": "Transient", "ID": 3}, "accepted", None),
        ("SpamComplaint", {"Type": "SpamComplaint", "ID": 4}, "delivered", ("bulk", "complaint")),
    ],
)
def test_email_reports_move_states_and_stop_dead_addresses(
    client, settings, record, more, state, stopped
):
    settings.PORTAL_URL = "http://localhost:8000"
    delivery = in_state("accepted")[0]

    assert post_email(client, postmark(record, delivery, **more)).status_code == 200
    work_events()

    assert state_of(delivery) == state
    found = Suppression.objects.values_list("purpose", "reason").first()
    assert found == stopped
    assert WebhookEvent.objects.get().state == "done"
    assert invariants.violations() == []


def test_bounce_of_an_unknown_message_stops_the_address_all_the_same(client):
    data = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 9, "Email": "Mati@Contoh.example"}

    post_email(client, data)
    work_events()

    assert Suppression.objects.get().address == "mati@contoh.example"
    assert WebhookEvent.objects.get().state == "waiting"


def test_somebody_nobody_knows_lands_in_the_inbox_once(client):
    for at in (1, 2):  # the provider tells it again, in other bytes
        post_whatsapp(client, bundle(messages=[message("YA", at=1_700_000_000 + at)]))
        work_events()

    reply = Reply.objects.get()
    assert (reply.word, reply.state, reply.text) == ("yes", "open", "YA")
    assert reply.note == "Nomor ini tidak ada di data peserta."


def test_raw_events_and_the_words_of_old_replies_go_by_age(client, settings, now):
    post_whatsapp(client, bundle(messages=[message("stop")]))
    work_events()
    later = now + timedelta(days=max(91, settings.WEBHOOK_DAYS + 1))

    found = {job.name: job.label for job in retention.all_jobs()}
    purged = {p.name: (p.removed, p.error) for p in retention.purge(now=later)}

    assert {"webhook_events", "replies"} <= found.keys()
    assert (purged["webhook_events"], purged["replies"]) == ((1, ""), (1, ""))
    reply = Reply.objects.get()
    assert (reply.text, reply.address, reply.word) == (None, "", "stop")


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_do_everything_once(client):
    deliveries = in_state("accepted", 12)
    for delivery in deliveries:
        for name in ("delivered", "read"):
            told = status(name, delivery=delivery.public_id, ref=f"wamid.{delivery.pk}")
            post_whatsapp(client, bundle(told))
            post_whatsapp(client, bundle(told, status("sent", ref="", delivery="")))
    post_whatsapp(client, bundle(messages=[message("halo")]))

    assert at_once(*[partial(work_events, seconds=20)] * 4) == []

    assert set(Delivery.objects.values_list("state", flat=True)) == {"read"}
    assert DeliveryEvent.objects.count() == 24
    assert Reply.objects.count() == 1
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"done"}
    assert invariants.violations() == []


def test_outbox_command_works_reports_too(client):
    delivery = in_state("accepted")[0]
    post_whatsapp(client, bundle(status("read", delivery=delivery.public_id)))

    call_command("deliver")

    assert state_of(delivery) == "read"
