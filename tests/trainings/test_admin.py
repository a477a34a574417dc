"""Cohorts in the staff pages: lists, Undang, answers by telephone, waiting line, printable list."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from participants.models import DataAccess
from tests.factories import (
    CohortFactory,
    EnrolmentFactory,
    ParticipantFactory,
    RegionFactory,
    VenueFactory,
    in_days,
)
from tests.staff import answers as answers_of
from tests.staff import make_user
from trainings import wording
from trainings.followups import open_followups
from trainings.models import Cohort, Enrolment, EnrolmentEvent
from trainings.services import answers, rounds
from umkm_portal.messaging.models import Campaign, Channel, Delivery

pytestmark = pytest.mark.django_db
COHORTS = reverse("admin:trainings_cohort_changelist")
State = Enrolment.State
PAGES = ("invite", "paste", "answers", "waiting", "print", "transfer")


def page(name, cohort, *args):
    return reverse(f"admin:trainings_cohort_{name}", args=[cohort.pk, *args])


@pytest.fixture
def head(client):
    client.user = make_user("head")
    client.force_login(client.user)
    return client


def text_of(response):
    return response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_a_cohort_are_for_the_roles_that_work_there(client, name):
    cohort = CohortFactory()

    found = answers_of(client, page(name, cohort))

    office_only = 403 if name in ("invite", "paste", "transfer") else 200
    assert found == {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 403,
        "auditor": office_only,
        "city": office_only,
        "head": 200,
        "superuser": 200,
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_cohort_that_does_not_exist_is_not_found(head, name):
    assert head.get(reverse(f"admin:trainings_cohort_{name}", args=[4711])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_cohort_list_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for cohort in CohortFactory.create_batch(count):
        EnrolmentFactory(cohort=cohort, state=State.WAITLISTED, arrival_no=1)

    with django_assert_num_queries(9):
        head.get(COHORTS)


def test_cohort_list_shows_free_seats_and_the_waiting_line(head):
    cohort = CohortFactory(seats=2, taken=1)
    EnrolmentFactory(cohort=cohort, state=State.WAITLISTED, arrival_no=1)

    found = text_of(head.get(COHORTS))

    assert "1 kursi lagi dari 2" in found
    assert head.get(COHORTS).context["cl"].result_list[0].waiting == 1


@pytest.mark.parametrize("count", [1, 3])
def test_answers_page_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    cohort = CohortFactory()
    EnrolmentFactory.create_batch(count, cohort=cohort)

    with django_assert_num_queries(12):
        head.get(page("answers", cohort))


# --- Undang


def test_undang_shows_who_is_invited_and_why_others_are_not(head):
    cohort = CohortFactory(seats=1, people_per_seat=1)
    ParticipantFactory(full_name="Orang Terpilih", last_served_on=None)
    ParticipantFactory(full_name="Belum Bersedia", is_willing=False)

    found = head.get(page("invite", cohort))

    plan = found.context["plan"]
    assert (plan.chosen, plan.excluded_by_reason) == (1, {"not_willing": 1})
    assert "Belum Bersedia" in text_of(found)
    assert "Belum bersedia dilatih" in text_of(found)
    assert not Enrolment.objects.exists()


def test_undang_counts_again_for_another_group(head):
    cohort = CohortFactory(seats=5)
    ParticipantFactory(region=RegionFactory(code="31.71.01.1001"))
    ParticipantFactory(region=RegionFactory(code="32.73.01.1001"))

    found = head.get(page("invite", cohort), {"segment": "jakarta", "everyone": "on"})

    assert (found.context["plan"].chosen, found.context["plan"].is_everyone) == (1, True)


@pytest.mark.parametrize("choice", [{}, {"any_hour": "on"}, {"everyone": "on"}])
def test_the_message_previews_the_deadline_that_the_round_will_have(head, choice, settings):
    settings.DEMO = False
    cohort = CohortFactory(seats=1, starts_at=in_days(30))
    ParticipantFactory()

    shown = head.post(page("preview", cohort), {"body": "Sebelum {batas}", **choice})
    approve(head, cohort, **choice)

    opened = cohort.rounds.get()
    assert wording.deadline(opened.deadline_at) in text_of(shown)


def approve(head, cohort, **facts):
    data = {
        "segment": "aktif-bersedia",
        "subject": "Undangan {judul}",
        "body": "Yth. {nama}, datanglah. {tautan}",
        **facts,
    }
    return head.post(page("approve", cohort), data)


def test_approving_invites_and_starts_the_campaign_with_the_text_typed(head):
    cohort = CohortFactory(seats=1, people_per_seat=2)
    ParticipantFactory.create_batch(3)

    response = approve(head, cohort, any_hour="on")

    campaign = Campaign.objects.get(kind="invitation")
    assert response["Location"] == reverse("admin:messaging_campaign_change", args=[campaign.pk])
    assert cohort.enrolments.filter(state=State.INVITED).count() == 2
    assert (campaign.state, campaign.audience_count) == (Campaign.State.EXPANDING, 2)
    assert (campaign.approved_by, campaign.ignores_hours) == (head.user, True)
    assert campaign.templates.get().body == "Yth. {nama}, datanglah. {tautan}"


def test_a_message_with_an_unknown_variable_is_refused_and_nobody_is_invited(head):
    cohort = CohortFactory()
    ParticipantFactory()

    response = approve(head, cohort, body="Yth. {nma}")

    assert response.status_code == 422
    assert "{nma}" in text_of(response)
    assert not Enrolment.objects.exists()
    assert not Campaign.objects.exists()


def test_a_full_cohort_refuses_a_round_with_its_sentence(head):
    cohort = CohortFactory(seats=1, taken=1)
    ParticipantFactory()

    response = approve(head, cohort)

    assert response.status_code == 422
    assert "Semua kursi gelombang ini sudah terisi" in text_of(response)
    assert not Campaign.objects.exists()


def test_an_auditor_may_not_approve(client):
    cohort = CohortFactory()
    ParticipantFactory()
    client.force_login(make_user("auditor"))

    assert approve(client, cohort).status_code == 403
    assert not Enrolment.objects.exists()


def test_preview_fills_in_the_facts_of_the_cohort(head):
    cohort = CohortFactory(training__title="Jualan Daring")

    found = head.post(page("preview", cohort), {"subject": "{judul}", "body": "Halo {nama}"})

    assert "<b>Jualan Daring</b>Halo Siti Aminah" in text_of(found)
    assert "berhenti" in text_of(found).lower()


def test_pasting_a_code_and_a_wrong_line_tells_what_became_of_each(head):
    cohort = CohortFactory()
    person = ParticipantFactory()

    found = head.post(page("paste", cohort), {"text": f"{person.code}\nhalo"})

    result = found.context["result"]
    assert [line.is_invited for line in result.lines] == [True, False]
    assert cohort.enrolments.get().participant == person


# --- Answers by telephone


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("ya", State.CONFIRMED),
        ("tidak", State.DECLINED),
        ("lain", State.WANTS_OTHER_DATE),
        ("bukan", State.NOT_MINE),
    ],
)
def test_an_answer_by_telephone_is_recorded_with_who_took_it(head, answer, state):
    enrolment = EnrolmentFactory()

    head.post(
        page("record", enrolment.cohort, enrolment.pk), {"answer": answer, "note": "Kata suami"}
    )

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.answer_via) == (state, answers.VIA_PHONE)
    assert enrolment.answered_by == head.user
    assert enrolment.events.get().actor == head.user


def test_a_refused_answer_comes_back_as_its_sentence(head):
    enrolment = EnrolmentFactory()

    found = head.post(
        page("record", enrolment.cohort, enrolment.pk), {"answer": "batal"}, follow=True
    )

    assert "Tidak ada kursi atau tempat di daftar tunggu" in text_of(found)
    enrolment.refresh_from_db()
    assert enrolment.state == State.INVITED


def test_an_auditor_may_not_record_an_answer(client):
    enrolment = EnrolmentFactory()
    client.force_login(make_user("auditor"))

    response = client.post(page("record", enrolment.cohort, enrolment.pk), {"answer": "ya"})

    assert response.status_code == 403
    enrolment.refresh_from_db()
    assert enrolment.state == State.INVITED


def test_a_city_office_records_for_its_own_people_only(client):
    cohort = CohortFactory()
    mine, other = (
        EnrolmentFactory(cohort=cohort, participant__region=RegionFactory(code=code))
        for code in ("31.74.01.1001", "31.71.01.1001")
    )
    client.force_login(make_user("city"))

    seen = text_of(client.get(page("answers", cohort)))
    allowed = client.post(page("record", cohort, mine.pk), {"answer": "tidak"})
    refused = client.post(page("record", cohort, other.pk), {"answer": "tidak"})

    assert mine.participant.full_name in seen
    assert other.participant.full_name not in seen
    assert (allowed.status_code, refused.status_code) == (302, 404)
    other.refresh_from_db()
    assert other.state == State.INVITED


def test_an_answer_is_not_recorded_under_another_cohort(head):
    enrolment, other = EnrolmentFactory(), CohortFactory()

    assert head.post(page("record", other, enrolment.pk), {"answer": "ya"}).status_code == 404


def test_a_wrong_address_stays_a_task_until_staff_close_it(head):
    enrolment = EnrolmentFactory()
    answers.not_mine(enrolment, now=timezone.now(), via=answers.VIA_LINK)
    cohort = enrolment.cohort
    task = "1 undangan salah alamat"

    before = text_of(head.get(reverse("admin:index")))
    head.post(page("handle", cohort, enrolment.pk))
    after = text_of(head.get(reverse("admin:index")))

    assert task in before
    assert task not in after
    assert EnrolmentEvent.objects.filter(enrolment=enrolment, via="ditangani").count() == 1


def test_a_person_moves_to_another_wave_and_her_task_is_closed(head):
    cohort = CohortFactory()
    other = CohortFactory(training=cohort.training, seats=3)
    seated, later = EnrolmentFactory.create_batch(2, cohort=cohort)
    now = timezone.now()
    answers.accept(seated, now=now, via=answers.VIA_LINK)
    answers.ask_other_date(later, note="", now=now, via=answers.VIA_LINK)

    for enrolment in (seated, later):
        head.post(page("move", cohort, enrolment.pk), {"cohort": other.pk})

    assert other.enrolments.filter(state=State.CONFIRMED).count() == 2
    seated.refresh_from_db()
    assert seated.state == State.CANCELLED
    assert not open_followups().exists()


def test_nobody_is_moved_to_another_training(head):
    enrolment, other = EnrolmentFactory(), CohortFactory()

    response = head.post(page("move", enrolment.cohort, enrolment.pk), {"cohort": other.pk})

    assert response.status_code == 404
    assert not other.enrolments.exists()


# --- Waiting line and printable list


def test_waiting_line_is_shown_in_its_order_and_a_priority_needs_a_reason(head):
    cohort = CohortFactory(seats=1, taken=1)
    first, second = (
        EnrolmentFactory(cohort=cohort, state=State.WAITLISTED, arrival_no=n) for n in (1, 2)
    )

    head.post(page("prioritise", cohort, second.pk), {"priority": 5, "reason": " "})
    refused = head.get(page("waiting", cohort)).context["line"]
    head.post(
        page("prioritise", cohort, second.pk), {"priority": 5, "reason": "Penyandang disabilitas"}
    )
    moved = head.get(page("waiting", cohort)).context["line"]

    assert [row.pk for _, row in refused] == [first.pk, second.pk]
    assert [row.pk for _, row in moved] == [second.pk, first.pk]


def test_people_without_an_address_are_printed_per_district_and_marked_when_told(head):
    cohort = CohortFactory(seats=5)
    district = RegionFactory(code="31.71.99", name="Kecamatan Gambir", level="district")
    region = RegionFactory(code="31.71.99.1001", parent=district)
    person = ParticipantFactory(email="", region=region)
    ParticipantFactory()
    rounds.open_round(cohort, actor=head.user, now=timezone.now())

    shown = head.get(page("print", cohort))
    [district] = shown.context["districts"]
    head.post(page("told", cohort, district.rows[0].enrolment_id))
    again = head.get(page("print", cohort))
    [access] = DataAccess.objects.filter(participant=person)
    assert (access.kind, access.actor) == ("export", head.user)
    assert access.purpose == f"Daftar cetak undangan {cohort.code}"

    assert (district.place, [line.name for line in district.rows]) == (
        "Kecamatan Gambir",
        [person.full_name],
    )
    assert district.rows[0].chat_link.startswith("https://wa.me/62812")
    assert again.context["count"] == 0
    told = Delivery.objects.get(channel=Channel.MANUAL)
    assert (told.recipient_key, told.actor) == (person.pk, head.user)


def test_printable_list_asks_a_constant_number_of_queries(head):
    asked = []
    for count in (1, 1, 3):  # the first one fills caches
        cohort = CohortFactory(seats=5)
        ParticipantFactory.create_batch(count, email="")
        rounds.open_round(cohort, actor=head.user, now=timezone.now())
        with CaptureQueriesContext(connection) as seen:
            head.get(page("print", cohort))
        asked.append(len(seen))

    assert asked[1] == asked[2] < 20


# --- The form of a cohort


def form_data(head, cohort, **changes):
    form = head.get(reverse("admin:trainings_cohort_change", args=[cohort.pk]))
    data = {}
    for name, field in form.context["adminform"].form.fields.items():
        value = form.context["adminform"].form[name].value()
        if hasattr(field.widget, "decompress"):
            for index, part in enumerate(field.widget.decompress(value)):
                data[f"{name}_{index}"] = part or ""
        else:
            data[name] = "" if value is None or value is False else value
    for prefix in ("sessions", "budget_lines", "quotas"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data | changes


def test_fewer_seats_wait_until_people_cancel(head):
    cohort = CohortFactory(seats=5, session=None)
    for enrolment in EnrolmentFactory.create_batch(3, cohort=cohort):
        answers.accept(enrolment, now=timezone.now(), via=answers.VIA_LINK)

    response = head.post(
        reverse("admin:trainings_cohort_change", args=[cohort.pk]), form_data(head, cohort, seats=2)
    )

    assert response.status_code == 302
    cohort.refresh_from_db()
    assert (cohort.seats, cohort.seats_target, cohort.taken) == (3, 2, 3)


def test_a_cohort_is_not_cancelled_over_the_heads_of_its_people(head):
    cohort = CohortFactory(session=None)
    enrolment = EnrolmentFactory(cohort=cohort)
    address = reverse("admin:trainings_cohort_change", args=[cohort.pk])

    refused = head.post(address, form_data(head, cohort, state="cancelled"))
    answers.decline(enrolment, reason="", now=timezone.now(), via=answers.VIA_PHONE)
    allowed = head.post(address, form_data(head, cohort, state="cancelled"))

    assert "tab Pindah dan batal" in text_of(refused)
    assert allowed.status_code == 302
    cohort.refresh_from_db()
    assert cohort.state == Cohort.State.CANCELLED


def test_only_a_plan_can_be_deleted(head):
    plan, living = (
        CohortFactory(state=Cohort.State.DRAFT, session=None),
        CohortFactory(session=None),
    )

    statuses = [
        head.post(
            reverse("admin:trainings_cohort_delete", args=[cohort.pk]), {"post": "yes"}
        ).status_code
        for cohort in (plan, living)
    ]

    assert statuses == [302, 403]
    assert list(Cohort.objects.values_list("pk", flat=True)) == [living.pk]


def test_venue_reads_money_as_people_write_it(head):
    venue = VenueFactory()
    address = reverse("admin:trainings_venue_change", args=[venue.pk])
    data = {"name": venue.name, "address": "Jl. Baru", "capacity": 40, "cost_per_day": "1,5 juta"}
    data |= {"unavailable-TOTAL_FORMS": 0, "unavailable-INITIAL_FORMS": 0}

    assert head.post(address, data).status_code == 302

    venue.refresh_from_db()
    assert venue.cost_per_day == 1_500_000


def test_dates_of_a_cohort_follow_its_sessions(head):
    cohort = CohortFactory(session=None, starts_at=in_days(3))
    local = timezone.localtime(in_days(7, hour=13))
    changes = {
        "ignore_clashes": "on",  # whatever day it is
        "sessions-TOTAL_FORMS": 1,
        "sessions-0-starts_at_0": f"{local:%d/%m/%Y}",
        "sessions-0-starts_at_1": "13:00",
        "sessions-0-ends_at_0": f"{local:%d/%m/%Y}",
        "sessions-0-ends_at_1": "15:00",
    }

    response = head.post(
        reverse("admin:trainings_cohort_change", args=[cohort.pk]),
        form_data(head, cohort, **changes),
    )

    assert response.status_code == 302
    cohort.refresh_from_db()
    assert (cohort.starts_at, cohort.ends_at) == (in_days(7, hour=13), in_days(7, hour=15))
