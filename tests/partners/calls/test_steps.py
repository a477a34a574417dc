"""The dinas's way and the short way are one flow; who takes a step follows role and area."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from partners.calls import steps
from partners.calls.steps import StepRefused, next_step, return_application, take_step, take_steps
from partners.models import Application, CurationCall
from tests.factories import (
    ApplicationFactory,
    CurationCallFactory,
    MembershipFactory,
    ParticipantFactory,
    RegionFactory,
)
from umkm_portal.accounts.models import Membership
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db
State = Application.State
Role = Membership.Role
Step = CurationCall.Step
ALL = ["verify", "validate", "forward"]


@pytest.fixture
def scene():
    """An application from Tanah Abang, with officers there, elsewhere and above."""
    here, there = (RegionFactory(code=c, level="district") for c in ("31.71.07", "31.74.01"))
    home = RegionFactory(code="31.71.07.1001")
    person = ParticipantFactory(region=home)

    def officer(role, region=None):
        return MembershipFactory(role=role, region=region).user

    return SimpleNamespace(
        application=ApplicationFactory(call=CurationCallFactory(steps=ALL), participant=person),
        mentor=officer(Role.DISTRICT, here),
        head_of_district=officer(Role.DISTRICT, here),
        elsewhere=officer(Role.DISTRICT, there),
        auditor=officer(Role.AUDITOR),
        head=officer(Role.HEAD_OFFICE),
    )


def test_application_goes_through_mentor_district_and_head_office(scene):
    row, now = scene.application, timezone.now()
    ready = Application.objects.ready()

    take_step(row, by=scene.mentor, now=now)
    with pytest.raises(StepRefused, match="petugas lain"):
        take_step(row, by=scene.mentor, now=now)
    take_step(row, by=scene.head_of_district, now=now)
    with pytest.raises(StepRefused, match="bukan untuk peran Anda"):
        take_step(row, by=scene.mentor, now=now)
    assert not ready.exists()
    take_step(row, by=scene.head, now=now)

    row.refresh_from_db()
    assert row.state == State.FORWARDED
    assert ready.get() == row
    assert list(row.events.order_by("pk").values_list("state", "actor")) == [
        (State.VERIFIED, scene.mentor.pk),
        (State.VALIDATED, scene.head_of_district.pk),
        (State.FORWARDED, scene.head.pk),
    ]


def test_officers_of_other_areas_auditors_and_strangers_take_no_step(scene):
    now = timezone.now()
    for officer in (scene.elsewhere, scene.auditor, MembershipFactory(role=Role.TRAINER).user):
        with pytest.raises(StepRefused):
            take_step(scene.application, by=officer, now=now)
        with pytest.raises(StepRefused):
            return_application(scene.application, by=officer, note="Kurang", now=now)

    scene.application.refresh_from_db()
    assert scene.application.state == State.SUBMITTED


@pytest.mark.parametrize(
    ("listed", "way"),
    [
        ([], [None]),
        (ALL, [Step.VERIFY, Step.VALIDATE, Step.FORWARD, None]),
        (["forward"], [Step.FORWARD, None]),
        (["verify", "forward"], [Step.VERIFY, Step.FORWARD, None]),
    ],
)
def test_steps_are_data_of_the_call(listed, way):
    call = CurationCallFactory.build(steps=listed)

    found, state = [], State.SUBMITTED
    while (step := next_step(call, state)) is not None:
        found.append(step)
        state = steps.REACHES[step]

    assert [*found, None] == way
    assert next_step(call, State.RETURNED) is None


def test_short_way_is_ready_at_once_and_a_withdrawn_one_never():
    short = ApplicationFactory()
    ApplicationFactory(call=short.call, state=State.WITHDRAWN)
    ApplicationFactory(call=CurationCallFactory(steps=["validate"]), state=State.VERIFIED)

    assert list(Application.objects.ready()) == [short]


def test_returned_application_tells_its_owner_what_to_repair(scene):
    with pytest.raises(StepRefused, match="Tulis apa"):
        return_application(scene.application, by=scene.mentor, note=" ", now=timezone.now())

    return_application(scene.application, by=scene.mentor, note="Foto buram", now=timezone.now())

    mail = Delivery.objects.get()
    assert (mail.recipient_key, mail.context["keterangan"]) == (
        scene.application.participant_id,
        "Foto buram",
    )


def test_many_at_once_say_which_stayed(scene):
    other = ApplicationFactory(call=scene.application.call)
    far = ParticipantFactory(region=RegionFactory(code="31.74.01.1001"))
    ApplicationFactory(call=scene.application.call, participant=far)

    progress = take_steps(
        Application.objects.exclude(pk=other.pk).order_by("pk"),
        by=scene.mentor,
        now=timezone.now(),
    )

    assert progress.taken == 1
    assert progress.refusals == [f"{far.full_name}: Lamaran ini di luar wilayah Anda."]
