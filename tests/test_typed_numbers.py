"""Numbers that no table holds, typed into addresses and forms: a friendly page, never an error."""

import pytest
from django.urls import reverse
from django.utils import timezone

from participants.contacts.checking import CodeWrong, check_code
from participants.contacts.contact import Contact
from tests.factories import (
    BusinessFactory,
    CurationListFactory,
    EnrolmentFactory,
    ParticipantFactory,
    SessionFactory,
    UserFactory,
)
from tests.staff import make_user
from trainings.audiences import people_of_cohorts
from umkm_portal.common.keyset import NEWER, OLDER

pytestmark = pytest.mark.django_db
FRIENDLY = {200, 302, 404, 422}
ROWS = (
    *("participants_licencerequest", "participants_datarequest", "partners_curationlist"),
    *("partners_application", "partners_salesreport", "partners_sharedlist"),
    *("messaging_suppression", "messaging_reply"),
)
LISTS = (
    *("participants_participant", "participants_duplicatepair", "partners_application"),
    *("partners_salesreport", "messaging_suppression"),
)


@pytest.fixture(params=["²", "፩", "٣", "9" * 5_000, "9" * 18, "-1", "1.5"], ids=lambda t: t[:20])
def typed(request):
    return request.param


@pytest.fixture
def superuser(client):
    user = make_user("superuser")
    client.force_login(user)
    return user


def test_staff_addresses(client, superuser, typed):
    version, cohort = CurationListFactory(), EnrolmentFactory().cohort
    names = [f"trainings_cohort_{name}" for name in ("signatures", "meeting", "certificate_file")]
    pages = [
        *(reverse(f"admin:{name}_change", args=[typed]) for name in ROWS),
        *(reverse(f"admin:{name}_changelist") for name in LISTS),
        *(reverse(f"admin:{name}", args=[cohort.pk]) for name in names),
        reverse("admin:participants_participant_counter"),
        reverse("admin:trainings_cohort_calendar"),
        reverse("admin:trainings_cohort_month"),
        reverse("admin:partners_curationlist_change", args=[version.pk]),
    ]
    asked = ("baru", "berkas", "mitra", "program", "sesi", "setelah", "tugas", OLDER, NEWER)
    pairs = reverse("admin:participants_duplicatepair_changelist")

    found = {page: client.get(page, dict.fromkeys(asked, typed)).status_code for page in pages}
    found["a page of pairs"] = client.get(pairs, {OLDER: f"1~{typed}"}).status_code

    assert {page: status for page, status in found.items() if status not in FRIENDLY} == {}


def test_staff_forms(client, superuser, typed):
    enrolment, session = EnrolmentFactory(), SessionFactory()
    cohort = enrolment.cohort_id
    forms = {
        reverse("admin:trainings_cohort_attendance", args=[cohort]): {"session": typed},
        reverse("admin:trainings_cohort_trainers", args=[cohort]): {"all": f"{typed}:confirmed"},
        reverse("admin:trainings_cohort_move", args=[cohort, enrolment.pk]): {"cohort": typed},
        reverse("trainings:door", args=[session.pk]): {"kursi": typed},
        reverse("trainings:door_guests", args=[session.pk]): {"peserta": typed},
        reverse("pages:kill"): {"pid": typed},
    }

    found = {page: client.post(page, data).status_code for page, data in forms.items()}

    assert {page: status for page, status in found.items() if status not in FRIENDLY} == {}


def test_a_persons_own_pages(client, typed):
    business = BusinessFactory(participant=ParticipantFactory(account=UserFactory()))
    client.force_login(business.participant.account)
    door = reverse("trainings:self_check_in")

    found = [
        client.post(reverse("mine:channels", args=[business.pk]), {"hapus": typed}),
        client.get(door, {"sesi": typed, "kode": "1"}),
        client.post(door, {"kursi": typed}),
    ]

    assert {answer.status_code for answer in found} <= FRIENDLY


def test_the_length_that_a_provider_tells(client, settings, typed):
    settings.WHATSAPP_APP_SECRET = "rahasia"

    answer = client.post(
        reverse("webhooks:whatsapp"), b"{}", content_type="application/json", CONTENT_LENGTH=typed
    )

    assert answer.status_code == 413


def test_a_cohort_of_an_audience_and_a_login_code(superuser, typed):
    people_of_cohorts({"values": [typed]}, superuser)

    with pytest.raises(CodeWrong):
        check_code(
            Contact("phone", "+6281234567890"), typed * 6, purpose="login", now=timezone.now()
        )
