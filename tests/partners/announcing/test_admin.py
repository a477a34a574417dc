"""The dinas announces, undoes, links rows and answers in the staff pages."""

import json

import pytest
from django.urls import reverse

from partners.models import Appeal, CurationResult
from tests.factories import (
    CurationDecisionFactory,
    CurationListFactory,
    MembershipFactory,
    ParticipantFactory,
)
from umkm_portal.accounts.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(client, scene):
    client.force_login(scene.head)
    return scene.head


def press(client, name, pk, **typed):
    answer = client.post(reverse(f"admin:partners_{name}", args=[pk]), typed, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_announcement_can_be_undone_from_its_page(client, scene, head):
    assert "Pesan dikirim mulai" in press(client, "curationlist_announce", scene.version.pk)
    scene.version.refresh_from_db()
    assert scene.version.state == "announcing"
    assert "sudah mengumumkan" in press(client, "curationlist_announce", scene.version.pk)

    assert "diurungkan" in press(client, "curationlist_undo", scene.version.pk)

    scene.version.refresh_from_db()
    assert (scene.version.state, scene.version.announce_at) == ("accepted", None)


def test_auditor_reads_and_presses_nothing(client, scene):
    client.force_login(MembershipFactory(role=Membership.Role.AUDITOR).user)

    page = client.get(reverse("admin:partners_curationlist_change", args=[scene.version.pk]))

    assert page.status_code == 200
    assert "Umumkan</button>" not in page.content.decode()


def test_row_is_linked_beside_its_candidates_or_by_code(client, scene, head):
    ani = ParticipantFactory(full_name="Ani Lestari", phone="+6281311112222")
    told = json.dumps({"phone": "081311112222", "owner_name": "Bu Ani"})
    row = CurationDecisionFactory(
        list=scene.version, participant=None, waiting="review", contact=told
    )

    page = client.get(reverse("admin:partners_curationdecision_change", args=[row.pk]))
    shown = page.content.decode()
    assert "Ani Lestari" in shown
    assert "Nomor HP sama" in shown
    assert "wa.me/6281311112222" in shown
    assert "tidak dikenal" in press(client, "curationdecision_link", row.pk, kode="JKP-0000-0000")
    press(client, "curationdecision_link", row.pk, kode=ani.code)

    row.refresh_from_db()
    assert (row.participant, row.matched_by, row.settled_by) == (ani, "staff", head)


def test_appeal_is_answered(client, scene, head):
    result = CurationResult.objects.create(
        call=scene.call, participant=scene.budi, list=scene.version, outcome="failed"
    )
    row = Appeal.objects.create(result=result, participant=scene.budi, text="Label sudah benar")
    assert (
        "Label sudah benar"
        in client.get(reverse("admin:partners_appeal_change", args=[row.pk])).content.decode()
    )

    press(client, "appeal_answer", row.pk, state="granted", answer="Betul, kami perbaiki")

    row.refresh_from_db()
    assert (row.state, row.answered_by) == ("granted", head)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("model", "queries"), [("curationlist", 10), ("curationdecision", 10), ("appeal", 10)]
)
def test_lists_run_a_constant_number_of_queries(
    client, scene, head, count, model, queries, django_assert_num_queries
):
    for _ in range(count):
        version = CurationListFactory()
        row = CurationDecisionFactory(list=version, participant=None, waiting="review")
        result = CurationResult.objects.create(
            call=version.call, participant=ParticipantFactory(), list=version, outcome="failed"
        )
        Appeal.objects.create(result=result, participant=result.participant, text="Keliru")
    assert row.pk
    address = f"/admin/partners/{model}/"
    client.get(address)

    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
