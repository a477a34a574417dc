from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import CohortFactory, EnrolmentFactory, ParticipantFactory
from trainings import messages
from trainings.models import Enrolment
from trainings.services import answers, rounds
from umkm_portal.common import codes
from umkm_portal.messaging import kinds
from umkm_portal.messaging.models import Channel, Delivery
from umkm_portal.messaging.services import expand_campaign, preview_messages

pytestmark = pytest.mark.django_db
KINDS = ["invitation", "confirmation", "waiting", "offer", "cancelled"]
KINDS += ["schedule_changed", "cohort_cancelled", "carried", "forfeited"]
KINDS += ["feedback", "absence", "certificate"]


@pytest.fixture
def now():
    return timezone.now()


def told(enrolment, kind):
    return Delivery.objects.filter(subject_id=enrolment.pk, campaign__kind=kind)


def yes(enrolment, now):
    return answers.accept(enrolment, now=now, via="tautan")


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_registered_and_fills_all_its_placeholders(name):
    preview = preview_messages(kinds.get(name), channel=Channel.EMAIL)

    text = f"{preview}"
    assert "{" not in text.replace("{'", "")
    assert "Siti Aminah" in text


def test_a_seat_is_confirmed_by_mail_in_the_same_transaction(now):
    enrolment = EnrolmentFactory()

    yes(enrolment, now)

    delivery = told(enrolment, "confirmation").get()
    assert delivery.address == enrolment.participant.email
    assert delivery.context["kode"] == codes.display(enrolment.short_code)
    assert delivery.context["judul"] == enrolment.training.title


def test_the_waiting_are_told_their_place(now):
    cohort = CohortFactory(seats=0)
    enrolments = [yes(EnrolmentFactory(cohort=cohort), now) for _ in range(2)]

    places = [told(enrolment, "waiting").get().context["urutan"] for enrolment in enrolments]

    assert places == ["1", "2"]


def test_the_next_in_line_is_told_of_the_seat_and_its_deadline(now):
    cohort = CohortFactory(seats=1)
    owner, first = (yes(EnrolmentFactory(cohort=cohort), now) for _ in range(2))

    answers.cancel(owner, now=now, via="tautan")

    assert told(owner, "cancelled").count() == 1
    offer = told(first, "offer").get()
    assert offer.context["batas"].endswith("WIB")
    assert told(first, "waiting").get().state == Delivery.State.CANCELLED


def test_the_invitation_says_who_what_when_where_and_until_when(now):
    cohort = CohortFactory()
    person = ParticipantFactory(full_name="Nur")
    opened = rounds.open_round(cohort, actor=None, now=now)

    expand_campaign(opened.campaign, now=now)

    delivery = Delivery.objects.get(campaign=opened.campaign)
    enrolment = opened.enrolments.get()
    assert (delivery.recipient_key, delivery.subject_id) == (person.pk, enrolment.pk)
    assert delivery.context == {"nama": "Nur", "kode": codes.display(enrolment.short_code)}
    shared = messages.INVITATION.shared_context(opened.campaign)
    assert shared["judul"] == cohort.training.title
    assert shared["tempat"].startswith(cohort.sessions.get().venue.name)
    assert shared["batas"].endswith("WIB")


def test_an_answer_cancels_the_invitation_that_still_waits(now):
    ParticipantFactory()
    opened = rounds.open_round(CohortFactory(), actor=None, now=now)
    expand_campaign(opened.campaign, now=now)

    answers.accept(opened.enrolments.get(), now=now, via="telepon")

    assert Delivery.objects.get(campaign=opened.campaign).state == Delivery.State.CANCELLED


def test_only_those_who_have_not_answered_still_want_an_invitation(now):
    cohort = CohortFactory()
    waits, answered, seated, late = (EnrolmentFactory(cohort=cohort) for _ in range(4))
    yes(answered, now)
    wave = CohortFactory(training=cohort.training)
    yes(EnrolmentFactory(cohort=wave, participant=seated.participant), now)
    Enrolment.objects.filter(pk=late.pk).update(state=Enrolment.State.EXPIRED)
    ids = [enrolment.pk for enrolment in (waits, answered, seated, late)]

    assert messages.INVITATION.still_wanted(None, ids) == {waits.pk}


def test_nobody_wants_an_invitation_to_a_class_that_has_begun(now):
    begun = CohortFactory(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=2))

    assert messages.INVITATION.still_wanted(None, [EnrolmentFactory(cohort=begun).pk]) == set()


def test_a_person_without_an_address_leaves_a_row_that_says_so(now):
    enrolment = EnrolmentFactory(participant__email="")

    yes(enrolment, now)

    assert told(enrolment, "confirmation").get().state == Delivery.State.SUPPRESSED
