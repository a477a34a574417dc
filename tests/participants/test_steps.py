"""One person's page for staff: her path, her consents, whether she counts as active."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from participants.consents import give_consent
from participants.models import DuplicatePair, Participant, Stage, StageEvent
from participants.niks import facts_of
from tests.factories import OrganisationFactory, ParticipantFactory
from tests.staff import make_user

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def stages():
    for code, name in (("P1", "Pendaftaran"), ("P4", "Perizinan"), ("P5", "Pemasaran")):
        Stage.objects.create(code=code, name=name)


@pytest.fixture
def head(client):
    user = make_user("head")
    client.force_login(user)
    return user


def at(name, *args):
    return reverse(f"admin:participants_participant_{name}", args=args)


def step(person, **facts):
    ref = f"uji:{StageEvent.objects.count()}"
    facts = {"stage_id": "P4", "occurred_on": TODAY, "source_ref": ref, **facts}
    return StageEvent.objects.create(participant=person, **facts)


def press(client, name, *args, **data):
    """The page after a button, with its messages."""
    return client.post(at(name, *args), data, follow=True).content.decode()


def test_a_step_is_written_down_once_and_counts_as_activity(client, head):
    person, agency = ParticipantFactory(active_until=None), OrganisationFactory()
    day = TODAY - timedelta(days=5)
    facts = {"stage": "P4", "occurred_on": day, "organisation": agency.pk}

    assert "P4 Perizinan dicatat" in press(client, "step", person.pk, **facts)
    assert "sudah tercatat" in press(client, "step", person.pk, **facts)

    event = person.stage_events.get()
    assert (event.stage_id, event.occurred_on, event.organisation, event.actor) == (
        "P4",
        day,
        agency,
        head,
    )
    assert Participant.objects.get(pk=person.pk).is_active


def test_steps_to_come_and_registrations_are_refused(client, head):
    person = ParticipantFactory()
    tomorrow = TODAY + timedelta(days=1)

    assert "belum lewat" in press(client, "step", person.pk, stage="P4", occurred_on=tomorrow)
    press(client, "step", person.pk, stage="P1", occurred_on=TODAY)
    first = step(person, stage_id="P1")
    wrong = {"stage": "P4", "occurred_on": TODAY}
    assert "tidak dikoreksi" in press(client, "correct_step", person.pk, first.pk, **wrong)

    assert list(person.stage_events.all()) == [first]


def test_a_wrong_step_is_corrected_by_another_row(client, head):
    person = ParticipantFactory()
    wrong, never = step(person), step(person)
    facts = {"stage": "P5", "occurred_on": TODAY}

    press(client, "correct_step", person.pk, wrong.pk, **facts)
    page = press(client, "correct_step", person.pk, never.pk, **facts, is_void="on")
    again = press(client, "correct_step", person.pk, wrong.pk, **facts)

    assert [(e.stage_id, e.corrects) for e in StageEvent.objects.standing()] == [("P5", wrong)]
    assert "Koreksi langkah: tidak pernah terjadi" in page
    assert "sudah dikoreksi" in again
    other = step(ParticipantFactory())
    assert client.post(at("correct_step", person.pk, other.pk), facts).status_code == 404


def test_staff_decide_against_the_rule_with_a_reason(client, head):
    person = ParticipantFactory(last_activity_at=timezone.now())
    until = TODAY + timedelta(days=30)
    facts = {"is_active": "tidak", "until": until, "reason": "Cuti melahirkan"}

    assert "Tulis alasan" in press(client, "activity", person.pk, **facts | {"reason": " "})
    past = facts | {"until": TODAY - timedelta(days=1)}
    assert "sudah lewat" in press(client, "activity", person.pk, **past)
    assert Participant.objects.get(pk=person.pk).is_active
    page = press(client, "activity", person.pk, **facts)

    assert not Participant.objects.get(pk=person.pk).is_active
    assert "Cuti melahirkan" in page
    press(client, "activity_rule", person.pk)
    person = Participant.objects.get(pk=person.pk)
    assert (person.is_active, person.active_override) == (True, False)
    logged = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert [line.split(":")[0] for line in logged] == [
        f"Ditetapkan tidak aktif sampai {until:%d/%m/%Y}",
        "Keaktifan kembali mengikuti aturan",
    ]


def test_willingness_carries_its_date_and_source(client, head):
    person = ParticipantFactory(is_willing=False, willing_on=None)
    page = client.get(at("change", person.pk))
    form = page.context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields} | {"is_willing": "on"}
    data |= {"businesses-TOTAL_FORMS": 0, "businesses-INITIAL_FORMS": 0}

    client.post(at("change", person.pk), data)

    person = Participant.objects.get(pk=person.pk)
    assert (person.is_willing, person.willing_on) == (True, TODAY)
    assert person.willing_source == f"Dicatat petugas {head.full_name}"


def test_verifying_a_claim_names_the_officer_and_never_doubles_a_nik(client, head):
    facts = {**facts_of("3171990101900003"), "identity": "claimed"}
    claim, twin = ParticipantFactory(**facts), ParticipantFactory(**facts)
    answers = []
    for person in (claim, twin, ParticipantFactory()):
        form = client.get(at("change", person.pk)).context["adminform"].form
        data = {name: form[name].value() or "" for name in form.fields} | {"identity": "verified"}
        data |= {"businesses-TOTAL_FORMS": 0, "businesses-INITIAL_FORMS": 0}
        answers.append(client.post(at("change", person.pk), data))

    verified = Participant.objects.get(identity="verified")
    assert (verified, verified.verified_by) == (claim, head)
    assert verified.verified_how == "KTP dilihat petugas"
    assert "sudah terverifikasi pada data peserta lain" in answers[1].content.decode()
    assert "NIK-nya belum ada" in answers[2].content.decode()


def test_the_page_warns_of_a_twin_and_shows_standing_consents(client, head):
    person, twin = ParticipantFactory(), ParticipantFactory(full_name="Kembaran Saya")
    DuplicatePair.objects.create(first=person, second=twin, score=0.9)
    give_consent(person, purpose="photo", channel="uji", actor=head, now=timezone.now())

    page = client.get(at("change", person.pk)).content.decode()

    assert "Kembaran Saya" in page
    assert "Foto dan publikasi" in page


def test_an_auditor_reads_only(client):
    person = ParticipantFactory()
    client.force_login(make_user("auditor"))

    assert client.post(at("step", person.pk)).status_code == 403
    assert client.post(at("activity", person.pk)).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_a_constant_number_of_queries(client, head, count, django_assert_num_queries):
    person = ParticipantFactory()
    OrganisationFactory.create_batch(count)
    for _ in range(count):
        step(person, organisation=OrganisationFactory())
        give_consent(person, purpose="photo", channel="uji", actor=head, now=timezone.now())
        DuplicatePair.objects.create(first=person, second=ParticipantFactory(), score=0.9)

    with django_assert_num_queries(30):
        client.get(at("change", person.pk))
