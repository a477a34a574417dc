"""Calls and applications in the staff pages."""

import pytest
from django.urls import reverse

from partners.models import Application, CurationCall
from tests.factories import (
    ApplicationFactory,
    CurationCallFactory,
    MembershipFactory,
    ParticipantFactory,
    PartnerFactory,
    RegionFactory,
    SegmentFactory,
)
from umkm_portal.accounts.models import Membership

pytestmark = pytest.mark.django_db
APPLICATIONS = "/admin/partners/application/"
CALLS = "/admin/partners/curationcall/"
EMPTY_QUOTAS = {
    "quotas-TOTAL_FORMS": "0",
    "quotas-INITIAL_FORMS": "0",
}


@pytest.fixture
def head(client):
    user = MembershipFactory().user
    client.force_login(user)
    return user


@pytest.fixture
def mentor():
    region = RegionFactory(code="31.71.07", level="district")
    return MembershipFactory(role=Membership.Role.DISTRICT, region=region).user


def test_call_is_written_in_lines_and_opened(client, head):
    segment = SegmentFactory(rules={"bersedia": "ya"})
    typed = {
        "partner": PartnerFactory().pk,
        "title": "Bazar Daring",
        "slug": "bazar-daring",
        "about": "",
        "opens_at_0": "01/11/2026",
        "opens_at_1": "08:00",
        "closes_at_0": "31/12/2099",
        "closes_at_1": "17:00",
        "criteria_lines": "Punya NIB\n\n Foto produk ",
        "audience": segment.slug,
        "quota": "323",
        "step_choices": ["forward", "verify"],
        "rubric_lines": "Kemasan | 30 | Label rapi\nLegalitas",
        "needs": "",
        **EMPTY_QUOTAS,
    }

    answer = client.post(f"{CALLS}add/", typed)

    assert answer.status_code == 302, answer.context["errors"]
    call = CurationCall.objects.get()
    assert call.criteria == ["Punya NIB", "Foto produk"]
    assert call.rubric == [
        {"aspect": "Kemasan", "weight": 30, "hint": "Label rapi"},
        {"aspect": "Legalitas", "weight": 0, "hint": ""},
    ]
    assert (call.steps, call.rules) == (["verify", "forward"], {"bersedia": "ya"})
    address = reverse("admin:partners_curationcall_change", args=[call.pk])
    assert "Bersedia dilatih: Ya" in client.get(address).content.decode()
    client.post(reverse("admin:partners_curationcall_press", args=[call.pk, "buka"]))
    call.refresh_from_db()
    assert call.state == CurationCall.State.OPEN


def test_call_without_criteria_is_not_opened(client, head):
    call = CurationCallFactory(state="draft")

    address = reverse("admin:partners_curationcall_press", args=[call.pk, "buka"])
    answer = client.post(address, follow=True)

    assert "sedikitnya satu syarat" in answer.content.decode()
    call.refresh_from_db()
    assert call.state == "draft"


def test_mentor_moves_applications_of_her_area_only(client, mentor):
    call = CurationCallFactory(steps=["verify"])
    here, there = (
        ApplicationFactory(
            call=call, participant=ParticipantFactory(region=RegionFactory(code=code))
        )
        for code in ("31.71.07.1001", "31.74.01.1001")
    )
    client.force_login(mentor)

    listed = client.get(f"{APPLICATIONS}?menunggu=saya").content.decode()
    assert here.participant.full_name in listed
    assert there.participant.full_name not in listed
    assert client.get(f"{APPLICATIONS}{there.pk}/change/").status_code == 404
    assert "Sudah diperiksa" in client.get(f"{APPLICATIONS}{here.pk}/change/").content.decode()
    client.post(
        APPLICATIONS,
        {"action": "take_next_step", "_selected_action": [here.pk, there.pk]},
    )

    assert list(Application.objects.order_by("pk").values_list("state", flat=True)) == [
        "verified",
        "submitted",
    ]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("address", "queries"), [(APPLICATIONS, 11), (CALLS, 10)])
def test_lists_run_a_constant_number_of_queries(
    client, head, count, address, queries, django_assert_num_queries
):
    for _ in range(count):
        ApplicationFactory(call=CurationCallFactory(steps=["verify"]))
    client.get(address)

    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
