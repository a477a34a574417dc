"""Reminders by the channel that reaches a person, and on by the next one while in time."""

import pytest

from participants.consents import give_consent
from participants.models import Consent
from tests.trainings.reminders.conftest import at, seat
from trainings import invariants
from trainings.models import Cohort, Reminder
from trainings.reminders import messages, services
from trainings.reminders.services import remind_due
from trainings.reminders.showing import next_for
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import (
    ChannelOrder,
    Delivery,
    DeliveryBatch,
    Fallover,
    WhatsAppTemplate,
)
from umkm_portal.messaging.services import prefer_channel, suppress

pytestmark = pytest.mark.django_db


@pytest.fixture
def phones(settings):
    """Practice phones beside email: all three channels can send."""
    settings.DEMO, settings.EMAIL_URL = True, "smtp://127.0.0.1:9"


def agree(enrolment):
    give_consent(
        enrolment.participant,
        purpose=Consent.Purpose.WHATSAPP,
        channel="loket",
        actor=None,
        now=at(1),
    )


def channels_of(*enrolments):
    """The channels of the reminders of each, in the order in which they were queued."""
    rows = Delivery.objects.filter(campaign__kind__startswith="reminder_").order_by("pk")
    found = list(rows.values_list("recipient_key", "channel"))
    return [[c for key, c in found if key == e.participant_id] for e in enrolments]


def become(enrolment, state, *, channel, error=""):
    rows = Delivery.objects.filter(campaign__kind="reminder_early", channel=channel)
    row = rows.get(recipient_key=enrolment.participant_id)
    states = ["pending", "accepted", "failed_permanent"]
    ledger.move([row.pk], to=state, from_states=states, now=at(8), error=error)
    return row


def sound():
    assert invariants.violations() + of_messaging.violations() == []


def test_each_is_reminded_by_the_first_channel_that_reaches_her(phones, cohort):
    by_mail, bounced = cohort.enrolments.order_by("pk")
    by_phone, by_whatsapp, wished, nowhere = (seat(cohort, email="") for _ in range(4))
    for enrolment in (by_whatsapp, wished):
        agree(enrolment)
    prefer_channel(wished.participant_id, channel="sms", now=at(1))
    type(nowhere.participant).objects.filter(pk=nowhere.participant_id).update(phone="")
    suppress(
        channel="email",
        address=bounced.participant.email,
        purpose="all",
        reason="hard_bounce",
        now=at(1),
    )
    assert next_for(by_phone, now=at(2))[0] == at(8)
    nowhere.participant.refresh_from_db()
    assert next_for(nowhere, now=at(2)) == []

    assert remind_due(now=at(8))["queued"] == 6
    assert remind_due(now=at(8, 10))["queued"] == 0

    told = channels_of(by_mail, bounced, by_phone, by_whatsapp, wished, nowhere)
    assert told == [["email"], ["sms"], ["sms"], ["whatsapp"], ["sms"], ["email"]]
    batches = DeliveryBatch.objects.filter(campaign__kind="reminder_early").order_by("channel")
    assert list(batches.values_list("channel", "account__channel", "size")) == [
        ("email", "email", 1),
        ("sms", "sms", 3),
        ("whatsapp", "whatsapp", 1),
    ]
    assert ChannelOrder.objects.count() == 1
    sound()


def test_whatsapp_needs_an_approved_text_for_the_rule_and_email_is_always_there(settings, cohort):
    settings.DEMO, settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID = False, "kunci", "555"
    settings.WHATSAPP_CODE_TEMPLATE = "kode"
    enrolment = seat(cohort, email="")
    agree(enrolment)

    remind_due(now=at(8))
    WhatsAppTemplate.objects.create(
        account=DeliveryBatch.objects.latest("pk").account._meta.model.objects.get_or_create(
            channel="whatsapp", is_default=True, defaults={"name": "WhatsApp utama"}
        )[0],
        name="besok",
        kind=messages.DAY.name,
        body="Yth. {{1}}, {{2}}",
        parameter_count=2,
        parameters=["nama", "judul"],
        state=WhatsAppTemplate.State.APPROVED,
    )
    remind_due(now=at(14))

    assert channels_of(enrolment) == [["email", "whatsapp"]]
    states = Delivery.objects.filter(recipient_key=enrolment.participant_id).order_by("pk")
    of_reminders = states.filter(campaign__kind__startswith="reminder_")
    assert list(of_reminders.values_list("state", flat=True)) == ["suppressed", "pending"]


def test_failure_leads_on_while_in_time_never_twice_and_never_from_uncertain(phones, cohort):
    first, second = cohort.enrolments.order_by("pk")
    third = seat(cohort)
    agree(first)
    remind_due(now=at(8))

    failed = become(first, "failed_permanent", channel="email", error="mailbox unknown")
    become(second, "uncertain", channel="email")
    become(third, "suppressed", channel="email", error="opt_out")
    counted = [remind_due(now=at(8, 10))["queued"] for _ in range(2)]

    assert counted == [1, 0]
    assert channels_of(first, second, third) == [["email", "whatsapp"], ["email"], ["email"]]
    successor = Delivery.objects.get(recipient_key=first.participant_id, channel="whatsapp")
    assert Fallover.objects.get(delivery=failed).successor == successor
    assert Reminder.objects.get(enrolment=first).delivery == successor
    assert successor.context["nama"] == first.participant.full_name
    assert messages.still_due([successor.pk]) == {successor.pk}
    become(first, "delivered", channel="email")
    assert messages.still_due([successor.pk]) == set()
    become(first, "failed_permanent", channel="whatsapp")
    assert remind_due(now=at(8, 11))["queued"] == 0
    sound()


def test_nobody_is_led_on_to_another_channel_of_a_session_that_began(phones, cohort):
    first = cohort.enrolments.order_by("pk").first()
    remind_due(now=at(8))
    become(first, "failed_permanent", channel="email")

    back = remind_due(now=at(15, 9))

    assert channels_of(first)[0] == ["email"]
    assert not Fallover.objects.exists()
    assert (back["queued"], back["missed"]) == (0, 5)
    assert set(Reminder.objects.filter(state="missed").values_list("reason", flat=True)) == {
        services.BEGUN
    }


@pytest.mark.parametrize("state", [Cohort.State.OPEN, Cohort.State.FINISHED])
def test_who_was_not_reminded_while_nobody_looked_for_weeks_is_named(cohort, state):
    remind_due(now=at(8))
    Cohort.objects.filter(pk=cohort.pk).update(state=state)

    back = remind_due(now=at(28))
    again = remind_due(now=at(28, 9, 1))

    assert (back["missed"], again["missed"]) == (6, 0)
    missed = Reminder.objects.filter(state="missed").values_list("turn__rule", flat=True)
    assert sorted(missed) == 2 * ["day"] + 2 * ["early"] + 2 * ["hours"]
