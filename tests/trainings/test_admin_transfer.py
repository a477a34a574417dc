"""The tab on which people move to another wave, and sessions that officers move in the plan."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import CohortFactory, EnrolmentFactory, ParticipantFactory, in_days
from tests.staff import make_user
from tests.trainings.scenes import approve_text, willing
from tests.trainings.test_admin import form_data, page
from trainings import change_messages
from trainings.models import Attendance, Cohort, SessionChange
from trainings.services import answers, changes, forfeits
from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import Campaign
from umkm_portal.messaging.services import expand_campaign
from umkm_portal.messaging.services.outbox import work_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(client):
    client.user = make_user("head")
    client.force_login(client.user)
    return client


def join(cohort, *people):
    return [answers.join(cohort, one, now=timezone.now(), via="telepon") for one in people]


@pytest.mark.parametrize("count", [1, 3])
def test_transfer_page_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    cohort = CohortFactory(seats=0)
    join(cohort, *ParticipantFactory.create_batch(count, email=""))
    CohortFactory.create_batch(count, training=cohort.training)
    session = cohort.sessions.get()
    for n in range(count):
        facts = {"venue": None, "link": f"https://rapat.example/{n}"}
        span = {"starts_at": session.starts_at, "ends_at": session.ends_at}
        changes.move_session(session, **span, **facts, by=head.user, now=timezone.now())

    with django_assert_num_queries(14):
        found = head.get(page("transfer", cohort))

    assert found.context["found"].waiting == count
    assert len(found.context["changes"]) == count
    assert f"Pindahkan {count} orang" in found.content.decode()


def test_officer_carries_the_line_and_cancels_with_a_successor(head):
    cohort = CohortFactory(seats=1)
    following = CohortFactory(training=cohort.training, seats=1)
    seated, waiting = ParticipantFactory.create_batch(2)
    join(cohort, seated, waiting)

    carried = head.post(page("carry", cohort), {"wave": following.pk}, follow=True)
    offered = following.enrolments.get(participant=waiting).state
    refused = head.post(page("cancel", cohort), {"wave": following.pk, "reason": " "})
    data = {"wave": following.pk, "reason": "Gedung banjir"}
    cancelled = head.post(page("cancel", cohort), data, follow=True)

    assert "1 orang dipindahkan" in carried.content.decode()
    assert offered == "offered"
    assert refused.status_code == 422
    assert "Tulis alasan" in refused.content.decode()
    text = cancelled.content.decode()
    assert "Gedung banjir" in text
    assert "Semua orang sudah dipindahkan" in text
    cohort.refresh_from_db()
    assert (cohort.state, cohort.cancelled_by) == (Cohort.State.CANCELLED, head.user)
    assert following.enrolments.get(participant=seated).state == "waitlisted"


def test_a_cancelled_wave_stays_so_and_names_those_to_be_called(head):
    cohort = CohortFactory()
    join(cohort, ParticipantFactory(full_name="Tanpa Surel", email=""))
    head.post(page("cancel", cohort), {"wave": "", "reason": "Gedung banjir"})
    expand_campaign(Campaign.objects.get(kind="cohort_cancelled"), now=timezone.now())
    address = reverse("admin:trainings_cohort_change", args=[cohort.pk])

    shown = head.get(page("transfer", cohort)).content.decode()
    reopened = head.post(address, form_data(head, cohort, state="open"))

    assert "Perlu ditelepon (1)" in shown
    assert "Tanpa Surel" in shown
    assert "Pembatalan sudah dikabarkan" in reopened.content.decode()


def test_who_was_told_by_the_next_channel_need_not_be_called(head, engines):
    approve_text(engines.whatsapp, change_messages.COHORT_CANCELLED)
    cohort = CohortFactory()
    both = willing(full_name="Dua Saluran")
    for person in (both, willing(full_name="Surel Saja", phone="")):
        join(cohort, person)
    head.post(page("cancel", cohort), {"wave": "", "reason": "Gedung banjir"})
    campaign = Campaign.objects.get(kind="cohort_cancelled")
    expand_campaign(campaign, now=timezone.now())
    ledger.move(
        list(campaign.deliveries.values_list("pk", flat=True)),
        to="failed_permanent",
        from_states=["pending"],
        now=timezone.now(),
    )
    work_everything()

    shown = head.get(page("transfer", cohort)).content.decode()

    assert "Perlu ditelepon (1)" in shown
    assert "Surel Saja" in shown
    assert "Dua Saluran" not in shown
    assert [message["to"] for message in engines.whatsapp.accepted] == [both.phone[1:]]


def test_a_session_moved_in_the_plan_of_a_published_wave_is_a_change(head):
    cohort = CohortFactory(seats=2)
    session = cohort.sessions.get()
    join(cohort, ParticipantFactory())
    local = timezone.localtime(in_days(7, hour=13))
    data = form_data(
        head,
        cohort,
        **{
            "ignore_clashes": "on",  # whatever day it is
            "sessions-TOTAL_FORMS": 2,
            "sessions-INITIAL_FORMS": 1,
            "sessions-0-id": session.pk,
            "sessions-0-cohort": cohort.pk,
            "sessions-0-title": "Praktik",
            "sessions-0-venue": session.venue_id,
            "sessions-0-starts_at_0": f"{local:%d/%m/%Y}",
            "sessions-0-starts_at_1": "13:00",
            "sessions-0-ends_at_0": f"{local:%d/%m/%Y}",
            "sessions-0-ends_at_1": "15:00",
            "sessions-1-starts_at_0": f"{local:%d/%m/%Y}",
            "sessions-1-starts_at_1": "16:00",
            "sessions-1-ends_at_0": f"{local:%d/%m/%Y}",
            "sessions-1-ends_at_1": "17:00",
        },
    )
    address = reverse("admin:trainings_cohort_change", args=[cohort.pk])

    saved = head.post(address, data)

    assert saved.status_code == 302
    session.refresh_from_db()
    assert (session.starts_at, session.sequence, session.title) == (
        in_days(7, hour=13),
        1,
        "Praktik",
    )
    kinds = SessionChange.objects.order_by("pk").values_list("kind", "changed_by")
    assert sorted(kinds) == [("added", head.user.pk), ("moved", head.user.pk)]
    cohort.refresh_from_db()
    assert cohort.starts_at == in_days(7, hour=13)


def test_officer_gives_a_forfeited_seat_back(head):
    cohort = CohortFactory(seats=2, forfeit_minutes=15)
    here, late = join(cohort, *ParticipantFactory.create_batch(2))
    Attendance.objects.create(
        session=cohort.sessions.get(), enrolment=here, came_at=cohort.starts_at, via="scan"
    )
    forfeits.forfeit(cohort.pk, now=cohort.starts_at + timedelta(minutes=15))

    shown = head.get(page("answers", cohort)).content.decode()
    head.post(page("seat", cohort, late.pk))

    assert shown.count("Kembalikan kursi") == 1
    late.refresh_from_db()
    assert late.state == "confirmed"
    other = EnrolmentFactory(cohort=cohort)
    refused = head.post(page("seat", cohort, other.pk), follow=True)
    assert "tidak dilepas karena terlambat" in refused.content.decode()
