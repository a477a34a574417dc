from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from participants.consents import give_consent
from participants.models import Consent, Participant
from tests.factories import MembershipFactory, ProgrammeFactory
from tests.staff import make_user
from tests.trainings.aftermath.conftest import come, grown, rate
from tests.trainings.scenes import approve_text
from trainings import after_messages, invariants
from trainings.aftermath import asking, feedback
from trainings.aftermath.ratings import ratings_of, with_rating
from trainings.models import Cohort, Feedback, FeedbackQuestion, ReminderRule, Trainer
from trainings.services import fallovers
from umkm_portal.accounts.models import Membership
from umkm_portal.common import tokens
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging.models import Delivery
from umkm_portal.messaging.services import prefer_channel
from umkm_portal.messaging.services.outbox import work_everything

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def link(enrolment, page=""):
    token = tokens.sign("invitation", enrolment.public_id)
    return reverse("trainings:answer", args=[token]) + page


def test_each_person_is_asked_once_and_the_day_after_by_the_message_that_fits_her(after):
    ended = after.cohort.ends_at
    night = timezone.localtime(ended).replace(hour=23, minute=59)

    assert asking.ask_due(now=night) == 0
    assert asking.ask_due(now=ended + DAY) == 2
    come(after.budi, by=after.officer)  # a mark that came late
    assert asking.ask_due(now=ended + 2 * DAY) == 0

    told = Delivery.objects.filter(campaign__kind__in=["feedback", "absence"])
    assert told.get(campaign__kind="feedback").context["hasil"].startswith("Anda lulus.")
    assert sorted(told.values_list("recipient_key", "campaign__kind")) == sorted(
        [(after.siti.participant_id, "feedback"), (after.budi.participant_id, "absence")]
    )


def test_who_has_answered_is_neither_asked_nor_reminded(after):
    rate(after.siti, after.now)

    assert asking.ask_due(now=after.now + DAY) == 1
    wanted = asking.after_messages.FEEDBACK.still_wanted(None, [after.siti.pk])
    assert wanted == set()
    assert asking.after_messages.ABSENCE.still_wanted(None, [after.budi.pk]) == {after.budi.pk}


def test_an_old_class_is_not_asked_about_nor_one_whose_programme_does_not_want_it(after):
    assert asking.ask_due(now=after.now + 31 * DAY) == 0

    programme = ProgrammeFactory()
    ReminderRule.objects.create(programme=programme, name="after", amount=1, is_on=False)
    type(after.cohort.training).objects.update(programme=programme)
    assert asking.ask_due(now=after.now + DAY) == 0


def test_the_page_takes_an_answer_and_its_change_for_two_weeks(client, after):
    page = link(after.siti, "kesan/")
    fields = {"first": 5, "second": 4, "third": 3, f"trainer_{after.trainer.pk}": 5}

    asked = client.get(page).content.decode()
    wrong = client.post(page, {"first": 5})
    client.post(page, fields | {"comment": "=Bagus", "may_name": "on"})
    client.post(page, fields | {"first": 2, "comment": "Cukup"})

    row = Feedback.objects.get()
    assert "Apakah isi kelas berguna" in asked
    assert "Andi Prasetyo" in asked
    assert wrong.status_code == 422
    assert "Belum terkirim" in wrong.content.decode()
    scores = dict(row.scores.values_list("slot", "score"))
    assert scores == {"first": 2, "second": 4, "third": 3, "trainer": 5}
    assert (row.comment, row.may_name, row.via) == ("Cukup", False, "kode")
    done = client.get(page).content.decode()
    assert "Ubah jawaban" in done
    assert "2 dari 5 · Kurang berguna" in done
    Feedback.objects.update(answered_at=after.now - 15 * DAY)
    assert "Ubah jawaban" not in client.get(page).content.decode()
    assert client.post(page, fields).status_code == 200
    assert Feedback.objects.get().scores.get(slot="first").score == 2


def test_the_link_of_the_message_leads_to_its_question_and_on_to_the_class(client, after):
    asking.ask_due(now=after.now + DAY)
    mail = Delivery.objects.get(campaign__kind="feedback")
    address = reverse("trainings:answer", args=[tokens.sign("answer", mail.public_id)])

    led = client.get(address)

    assert led.url == f"{address}kesan/"
    assert client.get(led.url).status_code == 200
    shown = client.get(f"{address}?lihat=kelas").content.decode()
    assert "Bagaimana kelasnya?" in shown


@pytest.mark.parametrize("page", ["kesan/", "alasan/"])
def test_a_page_that_does_not_concern_her_says_so_and_takes_nothing(client, after, page):
    other = after.budi if page == "kesan/" else after.siti
    fields = {"first": 5, "second": 4, "third": 3, "reason": "lupa"}

    found = client.post(link(other, page), fields)

    assert found.status_code == 200
    assert "<form" not in found.content.decode().partition("<main")[2].partition("</main")[0]
    assert not Feedback.objects.exists()


def test_texts_stay_with_the_answers_and_kinds_have_their_own(after):
    rate(after.siti, after.now)
    old = feedback.averages([after.cohort.pk])
    FeedbackQuestion.objects.create(kind="", slot="first", text="Umum?", words="a,b,c,d,e")
    own = FeedbackQuestion.objects.create(
        kind=after.cohort.training.kind, slot="first", text="Khusus?", words="a,b,c,d,e"
    )
    (rani,) = grown(after, 1)

    rate(rani, after.now, score=2)

    found = {one.text: (one.shown, one.count) for one in feedback.averages([after.cohort.pk])}
    assert found[old[0].text] == ("4,0", 1)
    assert found["Khusus?"] == ("2,0", 1)
    assert found[old[1].text] == ("3,0", 2)
    assert Feedback.objects.get(enrolment=rani).scores.get(slot="first").word == "b"
    assert own.scale == ["a", "b", "c", "d", "e"]


def test_the_answer_of_somebody_whose_attendance_was_undone_counts_no_more(after):
    (rani,) = grown(after, 1)
    rate(rani, after.now, score=5)
    rate(after.siti, after.now, score=3)
    before = feedback.averages_by_cohort([after.cohort.pk])[after.cohort.pk]

    type(after.siti).objects.filter(pk=after.siti.pk).update(state="no_show")

    after_that = feedback.averages_by_cohort([after.cohort.pk])[after.cohort.pk]
    assert (before.shown, before.count) == ("4,0", 2)
    assert (after_that.shown, after_that.count) == ("5,0", 1)


@pytest.mark.parametrize("count", [1, 3])
def test_ratings_of_trainers_are_one_query(after, count, django_assert_num_queries):
    for one in grown(after, count):
        rate(one, after.now, trainers={after.trainer.pk: 5})
    rate(after.siti, after.now, trainers={after.trainer.pk: 1, 999_999: 5})

    with django_assert_num_queries(1):
        found = ratings_of([after.trainer.pk], least=1)
    with django_assert_num_queries(1):
        (row,) = with_rating(Trainer.objects.all(), least=1)

    average = (5 * count + 1) / (count + 1)
    assert found[after.trainer.pk] == (average, count + 1)
    assert (row.rating_average, row.rating_count) == (average, count + 1)
    assert invariants.violations() == []


def test_trainers_see_an_average_from_five_answers_on(client, after):
    """Her own and others'; staff see it before and are told to keep it to themselves."""
    member = MembershipFactory(role=Membership.Role.TRAINER).user
    after.trainer.account = member
    after.trainer.save()
    tab = reverse("admin:trainings_cohort_trainers", args=[after.cohort.pk])
    pages = (tab, reverse("admin:trainings_trainer_changelist"))

    def shown(user):
        client.force_login(user)
        return ["4,0 dari 5" in client.get(page).content.decode() for page in pages]

    for one in grown(after, 4):
        rate(one, after.now, score=4, trainers={after.trainer.pk: 4})
    few = shown(member), shown(make_user("head"))
    kept = client.get(reverse("admin:trainings_aftermath")).content.decode()
    rate(after.siti, after.now, trainers={after.trainer.pk: 4})

    assert few == ([False, False], [True, True])
    assert "hanya petugas" in kept
    assert shown(member) == [True, True]


def test_who_has_only_a_phone_is_asked_there_and_whom_it_misses_by_the_next(engines, after):
    approve_text(engines.whatsapp, after_messages.FEEDBACK, after_messages.ABSENCE)
    siti, budi = after.siti.participant, after.budi.participant
    for person in (siti, budi):
        facts = {"purpose": Consent.Purpose.WHATSAPP, "channel": "loket", "actor": None}
        give_consent(person, **facts, now=after.now)
    Participant.objects.filter(pk=siti.pk).update(email="")
    prefer_channel(budi.pk, channel="whatsapp", now=after.now)
    engines.whatsapp.unknown = {budi.phone[1:]}

    Cohort.objects.update(ends_at=after.cohort.ends_at - DAY)

    assert asking.ask_due(now=after.now) == 2
    work_everything()
    assert [fallovers.follow_failures(now=after.now) for _ in range(2)] == [1, 0]
    work_everything()

    told = Delivery.objects.filter(campaign__kind__in=["feedback", "absence"]).order_by("pk")
    assert list(told.values_list("recipient_key", "channel", "state")) == [
        (siti.pk, "whatsapp", "accepted"),
        (budi.pk, "whatsapp", "failed_permanent"),
        (budi.pk, "email", "accepted"),
    ]
    assert invariants.violations() + of_messaging.violations() == []
