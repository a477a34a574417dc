import uuid
from datetime import timedelta

import icalendar
import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    CohortFactory,
    DeliveryFactory,
    EnrolmentFactory,
    ParticipantFactory,
    SessionFactory,
    in_days,
)
from trainings.models import Cohort, Enrolment
from trainings.services import answers
from trainings.tickets import token_of
from umkm_portal.common import codes, tokens
from umkm_portal.common.qr import qr_code

pytestmark = pytest.mark.django_db
State = Enrolment.State


def link(enrolment):
    """The address in the message of this enrolment."""
    delivery = DeliveryFactory(recipient_key=enrolment.participant_id, subject_id=enrolment.pk)
    return reverse("trainings:answer", args=[tokens.sign("answer", delivery.public_id)])


def seated(enrolment):
    answers.accept(enrolment, now=timezone.now(), via=answers.VIA_LINK)
    enrolment.refresh_from_db()
    assert enrolment.state == State.CONFIRMED
    return enrolment


@pytest.fixture
def siti():
    return EnrolmentFactory(participant=ParticipantFactory(full_name="Siti Aminah"))


# --- Looking


def test_answer_page_shows_the_invitation_and_changes_nothing(client, siti):
    body = client.get(link(siti)).content.decode()

    siti.refresh_from_db()
    assert siti.state == State.INVITED
    assert "Anda diundang" in body
    assert "Untuk Siti Aminah" in body
    assert "Balas sebelum" in body
    assert siti.training.title in body


@pytest.mark.parametrize("state", list(State))
def test_answer_page_can_show_every_state(client, state):
    enrolment = EnrolmentFactory(state=state, arrival_no=1)

    response = client.get(link(enrolment))

    assert response.status_code == 200
    assert "<h1>" in response.content.decode()


@pytest.mark.parametrize("cohort_state", [Cohort.State.CANCELLED, Cohort.State.FINISHED])
def test_answer_page_of_a_closed_wave_takes_no_answer(client, siti, cohort_state):
    address = link(siti)
    Cohort.objects.filter(pk=siti.cohort_id).update(state=cohort_state)

    shown = client.get(address)
    answered = client.post(address, {"jawaban": "ya"})

    assert 'value="ya"' not in shown.content.decode()
    assert answered.status_code == 409
    siti.refresh_from_db()
    assert siti.state == State.INVITED


def test_links_are_bound_to_their_purpose(client, siti):
    other = tokens.sign("ticket", siti.public_id)
    unknown = tokens.sign("answer", uuid.uuid4())

    for token in (other, unknown, "a" * 40, "pendek"):
        response = client.get(reverse("trainings:answer", args=[token]))
        assert response.status_code == 404
        assert "Masukkan kode undangan" in response.content.decode()
        assert "Siti" not in response.content.decode()


def test_a_delivery_about_nothing_opens_nothing(client, siti):
    delivery = DeliveryFactory(recipient_key=siti.participant_id, subject_id=None)
    token = tokens.sign("answer", delivery.public_id)

    assert client.get(reverse("trainings:answer", args=[token])).status_code == 404


def test_answer_page_is_never_cached_or_indexed(client, siti):
    response = client.get(link(siti))

    assert "no-store" in response["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in response.content.decode()


# --- Answering


def test_yes_takes_a_seat_and_shows_the_ticket(client, siti):
    response = client.post(link(siti), {"jawaban": "ya"}, follow=True)

    siti.refresh_from_db()
    body = response.content.decode()
    assert siti.state == State.CONFIRMED
    assert siti.answer_via == answers.VIA_LINK
    assert "Kursi Anda aman" in body
    assert codes.display(siti.short_code) in body
    assert 'aria-label="Kode QR tiket"' in body


def test_yes_to_a_full_wave_shows_the_place_in_line(client):
    cohort = CohortFactory(seats=1)
    first, second, third = (EnrolmentFactory(cohort=cohort) for _ in range(3))
    for enrolment in (first, second):
        client.post(link(enrolment), {"jawaban": "ya"})

    before = client.get(link(third)).content.decode()
    after = client.post(link(third), {"jawaban": "ya"}, follow=True)

    assert "Ya, masuk daftar tunggu" in before
    assert "Anda di daftar tunggu" in after.content.decode()
    assert after.context["queue_position"] == 2
    assert 'aria-label="Kode QR tiket"' not in after.content.decode()


@pytest.mark.parametrize(
    ("word", "state", "heading"),
    [
        ("tidak", State.DECLINED, "Jawaban Anda: tidak bisa"),
        ("jadwal-lain", State.WANTS_OTHER_DATE, "Permintaan jadwal lain dicatat"),
        ("bukan-saya", State.NOT_MINE, "Terima kasih sudah memberi tahu"),
    ],
)
def test_other_answers_are_asked_and_then_written_down(client, siti, word, state, heading):
    address = link(siti)

    asked = client.get(address, {"jawab": word})
    siti.refresh_from_db()
    assert siti.state == State.INVITED
    assert f'name="jawaban" value="{word}"' in asked.content.decode()

    done = client.post(address, {"jawaban": word, "alasan": "  Jaga toko  "}, follow=True)
    siti.refresh_from_db()
    assert siti.state == state
    assert siti.reason == ("" if word == "bukan-saya" else "Jaga toko")
    assert heading in done.content.decode()


def test_the_same_link_cancels_until_the_class_starts(client, siti):
    seated(siti)
    address = link(siti)
    assert "jawab=batal" in client.get(address).content.decode()

    response = client.post(address, {"jawaban": "batal", "alasan": "Sakit"}, follow=True)

    siti.refresh_from_db()
    assert siti.state == State.CANCELLED
    assert "Kehadiran dibatalkan" in response.content.decode()


def test_nothing_is_cancelled_once_the_class_has_started(client, siti):
    seated(siti)
    Cohort.objects.filter(pk=siti.cohort_id).update(starts_at=timezone.now() - timedelta(hours=1))
    address = link(siti)

    shown = client.get(address).content.decode()
    response = client.post(address, {"jawaban": "batal"})

    siti.refresh_from_db()
    assert "jawab=batal" not in shown
    assert response.status_code == 409
    assert "sudah dimulai" in response.content.decode()
    assert siti.state == State.CONFIRMED


def test_a_cancelled_seat_goes_to_the_next_in_line(client):
    cohort = CohortFactory(seats=1)
    first, second = (EnrolmentFactory(cohort=cohort) for _ in range(2))
    for enrolment in (first, second):
        client.post(link(enrolment), {"jawaban": "ya"})

    client.post(link(first), {"jawaban": "batal"})

    second.refresh_from_db()
    assert second.state == State.OFFERED
    body = client.get(link(second)).content.decode()
    assert "Ada kursi untuk Anda" in body
    client.post(link(second), {"jawaban": "ya"})
    second.refresh_from_db()
    assert second.state == State.CONFIRMED


def test_an_unknown_answer_changes_nothing(client, siti):
    response = client.post(link(siti), {"jawaban": "mungkin"})

    siti.refresh_from_db()
    assert response.status_code == 400
    assert siti.state == State.INVITED


def test_answering_needs_the_forms_own_token(siti, settings):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post(link(siti), {"jawaban": "ya"})

    siti.refresh_from_db()
    assert response.status_code == 403
    assert "terlalu lama terbuka" in response.content.decode()
    assert siti.state == State.INVITED


def test_a_code_answers_like_a_link(client, siti):
    opened = client.post(reverse("trainings:invitation"), {"kode": siti.short_code})

    client.post(opened.url, {"jawaban": "ya"})

    siti.refresh_from_db()
    assert (siti.state, siti.answer_via) == (State.CONFIRMED, answers.VIA_CODE)


# --- Ticket


def test_ticket_shows_code_name_and_qr(client, siti):
    seated(siti)

    body = client.get(reverse("trainings:ticket", args=[token_of(siti)])).content.decode()

    assert codes.display(siti.short_code) in body
    assert "Siti Aminah" in body
    assert "style=" not in body


def test_ticket_without_a_seat_is_gone(client, siti):
    address = reverse("trainings:ticket", args=[token_of(siti)])

    response = client.get(address)

    assert response.status_code == 410
    assert "Siti" not in response.content.decode()


def test_ticket_of_a_cancelled_wave_says_so(client, siti):
    seated(siti)
    Cohort.objects.filter(pk=siti.cohort_id).update(state=Cohort.State.CANCELLED)

    body = client.get(reverse("trainings:ticket", args=[token_of(siti)])).content.decode()

    assert "Kelas ini dibatalkan." in body


@pytest.mark.parametrize("name", ["ticket", "calendar"])
def test_ticket_addresses_refuse_foreign_tokens(client, siti, name):
    seated(siti)
    for token in (tokens.sign("answer", siti.public_id), tokens.sign("ticket", uuid.uuid4())):
        response = client.get(reverse(f"trainings:{name}", args=[token]))
        assert response.status_code == 404


def test_qr_code_holds_no_style():
    svg = qr_code("https://portal.example/tiket/abc/", label="Kode QR tiket")

    assert svg.startswith("<svg role=")
    assert "style=" not in svg


def test_calendar_holds_every_session_in_jakarta_time(client, siti):
    SessionFactory(cohort=siti.cohort, starts_at=in_days(11), ends_at=in_days(11, hour=12))
    seated(siti)

    response = client.get(reverse("trainings:calendar", args=[token_of(siti)]))

    assert response["Content-Type"].startswith("text/calendar")
    calendar = icalendar.Calendar.from_ical(response.content)
    events = calendar.walk("VEVENT")
    assert [event["dtstart"].dt.hour for event in events] == [9, 9]
    assert {event["dtstart"].params["TZID"] for event in events} == {"Asia/Jakarta"}
    assert len(calendar.walk("VTIMEZONE")) == 1
    assert codes.display(siti.short_code) in events[0]["description"]


def test_calendar_without_a_seat_is_not_given(client, siti):
    address = reverse("trainings:calendar", args=[token_of(siti)])

    assert client.get(address).status_code == 404
