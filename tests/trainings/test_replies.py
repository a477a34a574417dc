"""Short answers by WhatsApp, from what is posted to us to the seat."""

from functools import partial

import pytest
from django.utils import timezone

from participants.consents import give_consent, has_consent
from participants.copies import copy_of
from participants.erasing import anonymise
from participants.models import Consent
from tests.at_once import at_once
from tests.factories import (
    CohortFactory,
    MembershipFactory,
    ParticipantFactory,
    RegionFactory,
    UserFactory,
)
from tests.trainings.scenes import invite, seat
from trainings import invariants
from trainings.models import Enrolment
from trainings.services import answers
from umkm_portal.accounts.models import Membership
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging import services
from umkm_portal.messaging.models import Delivery, Reply, Suppression
from umkm_portal.messaging.services.replies import Inbound, ReplyRefused

pytestmark = pytest.mark.django_db
PHONE = "+6281200000001"


def say(text, *, key="wamid.1", phone=PHONE, form="text", answers_ref=""):
    now = timezone.now()
    inbound = Inbound(
        channel="whatsapp",
        key=key,
        address=phone,
        text=text,
        form=form,
        received_at=now,
        answers_ref=answers_ref,
    )
    return services.receive_reply(inbound, now=now)


def state_of(enrolment):
    return Enrolment.objects.get(pk=enrolment.pk).state


def test_yes_takes_the_seat_and_confirms_it_as_any_answer_does():
    enrolment = invite(CohortFactory(seats=1), ParticipantFactory(phone=PHONE))

    reply = say("ya kak")

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.answer_via) == ("confirmed", answers.VIA_WHATSAPP)
    assert (reply.state, reply.recipient_key) == ("recorded", enrolment.participant_id)
    assert reply.note.startswith("Pasti ikut: ")
    told = Delivery.objects.get(campaign__kind="confirmation")
    assert told.subject_id == enrolment.pk
    assert say("tidak", key="wamid.1") is None
    assert state_of(enrolment) == "confirmed"
    assert invariants.violations() == of_messaging.violations() == []


def test_no_declines_and_a_full_wave_puts_a_yes_in_the_line():
    cohort = CohortFactory(seats=1)
    seat(cohort)
    person = ParticipantFactory(phone=PHONE)
    enrolment = invite(cohort, person)

    waits = say("y")
    assert (state_of(enrolment), waits.state) == ("waitlisted", "recorded")

    other = invite(CohortFactory(), person)
    assert say("tdk bisa", key="wamid.2").state == "recorded"
    assert state_of(other) == "declined"


def test_latest_invitation_is_meant_unless_the_message_answered_names_another():
    person = ParticipantFactory(phone=PHONE)
    first, second, third = (invite(CohortFactory(), person) for _ in range(3))
    message = services.queue_one(
        "invitation",
        recipient_key=person.pk,
        subject_id=first.pk,
        dedupe_key="1",
        address=PHONE,
        channel="email",
        now=timezone.now(),
    )
    Delivery.objects.filter(pk=message.pk).update(channel="whatsapp", provider_ref="wamid.first")

    say("ya", answers_ref="wamid.first")
    assert [state_of(e) for e in (first, second, third)] == ["confirmed", "invited", "invited"]

    say("tidak", key="wamid.2")
    assert [state_of(e) for e in (first, second, third)] == ["confirmed", "invited", "declined"]


def test_what_is_not_beyond_doubt_waits_in_the_inbox_with_its_reason():
    region = RegionFactory()
    mother, child = (ParticipantFactory(phone=PHONE, region=region) for _ in range(2))
    cohort = CohortFactory()
    hers, its = invite(cohort, mother), invite(cohort, child)

    shared = say("ya")
    asks = say("jam berapa kak?", key="wamid.2")
    voice = say("", key="wamid.3", form="audio")
    thumb = say("👍", key="wamid.4", form="reaction")

    assert [state_of(e) for e in (hers, its)] == ["invited", "invited"]
    assert [r.state for r in (shared, asks, voice, thumb)] == ["open", "open", "open", "recorded"]
    assert "beberapa orang" in shared.note
    assert (shared.region, shared.recipient_key) == (region, None)

    its_no = answers.decline(its, reason="", now=timezone.now(), via="tautan")
    assert say("ya", key="wamid.5").state == "recorded"
    assert (state_of(hers), its_no.state) == ("confirmed", "declined")
    nothing = say("ya", key="wamid.6")
    assert nothing.note == "Tidak ada undangan yang menunggu jawaban."
    assert say("tidak", key="wamid.7").state == "open"  # a seat is given back by no single word
    assert state_of(hers) == "confirmed"


def test_refused_answer_waits_in_the_inbox_with_the_sentence():
    person, training = ParticipantFactory(phone=PHONE), CohortFactory()
    seat(training, person)
    again = invite(CohortFactory(training=training.training), person)

    reply = say("ya")

    assert (reply.state, state_of(again)) == ("open", "invited")
    assert "gelombang lain" in reply.note


def test_staff_record_what_they_read():
    staff = UserFactory(is_staff=True)
    mother, child = (ParticipantFactory(phone=PHONE) for _ in range(2))
    hers, its = (invite(CohortFactory(), person) for person in (mother, child))
    reply = say("saya dan anak saya ikut")
    now = timezone.now()

    with pytest.raises(ReplyRefused):
        services.record_by_staff(
            reply, kind="invitation", subject_id=0, word="yes", actor=staff, now=now
        )
    services.record_by_staff(
        reply, kind="invitation", subject_id=its.pk, word="yes", actor=staff, now=now
    )

    reply.refresh_from_db()
    its.refresh_from_db()
    assert (its.state, its.answered_by, state_of(hers)) == ("confirmed", staff, "invited")
    assert (reply.state, reply.handled_by, reply.recipient_key) == ("answered", staff, child.pk)
    with pytest.raises(ReplyRefused):
        services.close_reply(reply, state="closed", note="", actor=staff, now=now)


def test_stop_withdraws_the_consent_of_everybody_at_the_number_and_what_waits():
    people = [ParticipantFactory(phone=PHONE) for _ in range(2)]
    now = timezone.now()
    facts = {"purpose": Consent.Purpose.WHATSAPP, "channel": "uji", "actor": None, "now": now}
    for person in people:
        give_consent(person, **facts)
    waiting = services.queue_one(
        "invitation",
        recipient_key=people[1].pk,
        subject_id=1,
        dedupe_key="1",
        address=PHONE,
        channel="email",
        now=now,
    )
    Delivery.objects.filter(pk=waiting.pk).update(channel="whatsapp")

    reply = say("STOP")

    assert reply.state == "recorded"
    assert not any(has_consent(person, Consent.Purpose.WHATSAPP) for person in people)
    stopped = Suppression.objects.get()
    assert (stopped.channel, stopped.address, stopped.reason) == ("whatsapp", PHONE, "opt_out")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == ("suppressed", "opt_out")
    assert of_messaging.violations() == []


def test_reply_is_in_her_copy_and_goes_with_her():
    person = ParticipantFactory(phone=PHONE)
    say("kapan ada kelas foto?")

    (told,) = [s.rows for s in copy_of(person) if s.model is Reply]
    assert told[0]["text"] == "kapan ada kelas foto?"
    anonymise(person, actor=None, now=timezone.now())
    reply = Reply.objects.get()
    assert (reply.text, reply.address) == (None, "")


def test_inbox_of_an_area_holds_what_people_there_wrote():
    here, there = RegionFactory(), RegionFactory()
    ParticipantFactory(phone=PHONE, region=here)
    reply = say("halo")
    staff = {}
    for name, region in (("here", here), ("there", there)):
        member = MembershipFactory(role=Membership.Role.DISTRICT, region=region)
        staff[name] = member.user

    assert list(Reply.objects.for_user(staff["here"])) == [reply]
    assert not Reply.objects.for_user(staff["there"]).exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_and_one_seat_answer_at_once():
    cohort = CohortFactory(seats=1)
    phones = [f"+62812000000{n:02}" for n in range(10, 14)]
    for phone in phones:
        invite(cohort, ParticipantFactory(phone=phone))

    says = [partial(say, "ya", key=f"wamid.{phone}", phone=phone) for phone in phones]
    assert at_once(*says) == []

    cohort.refresh_from_db()
    assert cohort.taken == 1
    assert Reply.objects.filter(state="recorded").count() == len(phones)
    assert invariants.violations() == []
