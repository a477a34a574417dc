import json
from functools import cache
from io import StringIO
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from participants.models import Business, Participant, Revenue
from partners.bazaars.figures import change_of
from partners.curation.services import preview, receive_list
from partners.models import (
    Application,
    CurationCall,
    CurationDecision,
    CurationResult,
    Disclosure,
    Partner,
    SalesRow,
)
from partners.space import overview
from trainings import invariants
from trainings.aftermath import absences, asking
from trainings.attendance.marks import EARLY
from trainings.models import Cohort, Enrolment, Feedback, Reminder, Trainer
from trainings.reminders import showing
from trainings.services import answers, rounds
from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.embedded.models import CaughtMail
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.services import process_file
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging.models import Campaign, Delivery, SendingAccount
from umkm_portal.pages.demo import courses, members, people, places, today
from umkm_portal.pages.management.commands import seed_demo
from umkm_portal.pages.tour.sample import sample_list
from umkm_portal.pages.tour.walk import Walk

pytestmark = pytest.mark.long

PEOPLE = 150
REAL_SERVER = "smtp://192.0.2.1:25"


@cache
def moment():
    """One for all: practice data written again after midnight has a class of the next day."""
    return timezone.now()


def seed(**options):
    out = StringIO()
    with patch.object(seed_demo, "timezone", SimpleNamespace(now=moment)):
        call_command("seed_demo", "--json", participants=PEOPLE, stdout=out, **options)
    return json.loads(out.getvalue().splitlines()[-1])


def counts():
    models = (Participant, Enrolment, Cohort, Campaign, Delivery, Organisation, User, CaughtMail)
    models += (Membership, Application, CurationResult, Disclosure, SalesRow, Revenue, ImportFile)
    return [model.objects.count() for model in models]


@pytest.fixture(scope="module")
def report(module_rows):
    """What seeding says; it is done where a real mail server is at hand."""
    with override_settings(EMAIL_URL=REAL_SERVER):
        yield seed()


@pytest.fixture
def seeded(db, report):
    return report


def test_practice_data_is_whole_and_repeating_changes_nothing(seeded):
    before = counts()

    again = seed()

    assert (seeded["participants"], seeded["new"]) == (PEOPLE, PEOPLE)
    assert again == {**seeded, "new": 0}
    assert counts() == before
    assert invariants.violations() + of_messaging.violations() == []
    _has_every_kind_of_cohort(seeded)
    _has_a_double()
    _has_two_campaigns()
    _has_people_with_a_story()
    _has_partners_and_trainers()
    _has_partners_at_work()
    _has_looked_back()
    _has_reminded()
    _has_staff_without_a_password()
    _leaves_the_sender_as_it_was()


def _has_every_kind_of_cohort(report):
    cohorts = {cohort.code: cohort for cohort in Cohort.objects.all()}
    assert len(report["cohorts"]) == len({told["code"] for told in report["cohorts"]}) == 10
    assert cohorts[courses.ONE_LEFT].free == 1
    full = cohorts[courses.FULL]
    assert full.free == 0
    assert full.enrolments.waiting().count() > 0
    session = today.todays_session(now=moment())
    assert (session.cohort.taken, session.marks.count()) == (today.COMING, 0)
    assert session.starts_at - EARLY < timezone.now()
    past = cohorts[courses.PAST]
    assert past.ends_at < timezone.now()
    assert {"attended", "no_show", "completed"} <= {e.state for e in past.enrolments.all()}
    assert {cohort.state for cohort in cohorts.values()} == {"open", "closed", "finished", "draft"}
    uninvited = [
        told for told in report["cohorts"] if not cohorts[told["code"]].enrolments.exists()
    ]
    ready = [told for told in uninvited if told["invitable"] > told["seats"] + 5]
    assert {(c.opens_at.minute, c.opens_at.second) for c in cohorts.values()} == {(0, 0)}
    assert {(c.closes_at.minute, c.closes_at.second) for c in cohorts.values()} == {(0, 0)}
    assert {told["code"] for told in ready} == {
        *(courses.TOUR, courses.UNINVITED, courses.CURATED),
    }


def _has_a_double():
    """The search at seeding found the one-word name in its two spellings."""
    pair = Walk().twins
    assert {pair.first.full_name, pair.second.full_name} == {"Sukarni", "Soekarni"}
    assert pair.state == "open"


def _has_two_campaigns():
    finished = Campaign.objects.get(kind="invitation", state=Campaign.State.DONE)
    assert finished.deliveries.exclude(state=Delivery.State.ACCEPTED).count() == 0
    half = Campaign.objects.get(kind="invitation", state=Campaign.State.PAUSED)
    states = set(half.deliveries.values_list("state", flat=True))
    assert states == {Delivery.State.ACCEPTED, Delivery.State.PENDING}
    accepted = Delivery.objects.filter(state=Delivery.State.ACCEPTED)
    assert set(accepted.values_list("public_id", flat=True)) == set(
        CaughtMail.objects.values_list("delivery", flat=True)
    )
    assert not Delivery.objects.filter(state="pending").exclude(campaign=half).exists()


def _has_people_with_a_story():
    owner = Participant.objects.get(full_name="Siti Aminah")
    stall = Business.objects.get(participant=owner)
    assert (stall.market, owner.email) == ("Pasar Tanah Abang", people.OWNER_EMAIL)
    assert Participant.objects.filter(full_name="Sukarni").exists()
    assert Participant.objects.get(full_name="Dedi Kurniawan").region.code == "32.73"
    rina, joko = Participant.objects.filter(full_name__in=["Rina Marlina", "Joko Santoso"])
    assert rina.phone == joko.phone
    file = ImportFile.objects.get(profile="register")
    assert (file.state, file.created_count, file.rejected_count) == ("done", PEOPLE, 0)


def _has_partners_and_trainers():
    partners = Organisation.objects.filter(kind=Organisation.Kind.PARTNER)
    assert set(partners.values_list("slug", flat=True)) == {"shopee", "tiktok"}
    influencers = Trainer.objects.filter(kind=Trainer.Kind.INFLUENCER, sessions__isnull=False)
    assert influencers.distinct().count() == 2


def _has_looked_back():
    """The past class has answers, reasons and a paid list; nobody is left to be asked."""
    past = Cohort.objects.get(code=courses.PAST)
    assert Feedback.objects.counting().filter(enrolment__cohort=past).count() > 5
    assert sum(one.people for one in absences.reasons([past.pk])) == 2
    assert past.transport_batches.get().paid_at is not None
    assert asking.ask_due(now=timezone.now()) == 0


def _has_reminded():
    """People of the class of this day were reminded before it, and waves ahead have a plan."""
    now = timezone.now()
    told = Reminder.objects.filter(turn__session=today.todays_session(now=now))
    found = set(told.values_list("turn__rule", "state"))
    assert ("hours", "queued") in found
    assert {state for _, state in found} == {"queued"}
    lines = showing.lines_of(Cohort.objects.get(code=courses.FULL), now=now)
    assert [line.planned for line in lines[:3]] == [12, 12, 12]


def _has_partners_at_work():
    """Open calls with applicants, and an earlier one that went all the way to sales."""
    shopee, tiktok = (Partner.objects.get(organisation__slug=s) for s in ("shopee", "tiktok"))
    applied = Application.objects.live()
    assert applied.filter(call__slug="bazaar-online", call__partner=shopee).count() > 20
    assert applied.filter(call__slug="live-selling", call__partner=tiktok).count() > 10
    assert CurationCall.objects.open(now=timezone.now()).count() == 2
    earlier = CurationCall.objects.get(slug="jajanan-daring")
    assert {"passed", "failed"} <= {
        result.outcome for result in CurationResult.objects.filter(call=earlier)
    }
    assert CurationDecision.objects.unmatched().count() == 2
    assert [step.label for step in overview.funnel(shopee) if not step.count] == []
    bazaar = earlier.bazaars.get()
    change = change_of(bazaar)
    assert change.people > 0
    assert change.after > change.before
    for slug, email in members.MANAGERS.items():
        user = User.objects.get(email=email)
        assert [p.organisation.slug for p in Partner.objects.of_member(user)] == [slug]


def test_sample_list_finds_everybody_but_three(seeded):
    call = CurationCall.objects.get(slug="bazaar-online")
    siti = Participant.objects.get(email=people.OWNER_EMAIL)

    file, _ = receive_list(
        [sample_list(call)], name="daftar.xlsx", call=call, uploader=None, now=timezone.now()
    )
    process_file(file.pk)

    file.refresh_from_db()
    seen = preview(file)
    assert (seen.unmatched, seen.to_repair, seen.repeated) == (0, 2, 0)  # the third lies further on
    assert seen.matched == file.total_rows - 2 > 100
    told = [row.problems[0] for row in file.rows.filter(action="reject")]
    assert {problem["column"] for problem in told} == {"Nomor WA"}
    assert siti.phone == "+6281255500101"  # what the tour says to type instead


def _has_staff_without_a_password():
    staff = User.objects.get(email=places.STAFF)
    assert (staff.is_staff, staff.has_usable_password()) == (True, False)
    assert staff.memberships.get().role == Membership.Role.HEAD_OFFICE


def _leaves_the_sender_as_it_was():
    assert SendingAccount.objects.get(channel="email").rate_per_second <= 20


def test_the_tour_invites_the_stall_owner_who_takes_the_last_seat(seeded):
    now = timezone.now()
    cohort = Cohort.objects.get(code=courses.TOUR)
    smallest = Cohort.objects.filter(state="open", rounds=None).order_by("seats").first()

    opened = rounds.open_round(cohort, actor=None, now=now)

    assert smallest == cohort
    owner = opened.enrolments.get(participant__email=people.OWNER_EMAIL)
    assert opened.the_campaign.audience.filter(subject_id=owner.pk).exists()
    neighbour = opened.enrolments.exclude(pk=owner.pk).order_by("pk").first()
    assert answers.accept(owner, now=now, via="tautan").state == "confirmed"
    assert answers.accept(neighbour, now=now, via="tautan").state == "waitlisted"
    answers.cancel(owner, now=now, via="tautan")
    neighbour.refresh_from_db()
    assert neighbour.state == "offered"


def test_practice_mail_never_leaves_through_a_real_server(seeded, settings):
    assert settings.EMAIL_URL == REAL_SERVER
    assert CaughtMail.objects.exists()
