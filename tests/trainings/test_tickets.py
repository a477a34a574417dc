"""Ticket as page, PDF and calendar; the link of an online class close to its time."""

from datetime import timedelta

import icalendar
import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import CohortFactory, EnrolmentFactory, ParticipantFactory, SessionFactory
from trainings.models import Cohort, Session
from trainings.services import answers, cancelling, changes
from trainings.tickets import token_of

pytestmark = pytest.mark.django_db
LINK = "https://rapat.example/kelas-kita"


@pytest.fixture
def now():
    return timezone.now()


def online(*, begins, **facts):
    """A seat in an online class that begins so far from now."""
    cohort = CohortFactory(
        mode=Cohort.Mode.ONLINE, session=None, starts_at=timezone.now() + timedelta(days=1), **facts
    )
    session = SessionFactory(cohort=cohort, venue=None, link=LINK)
    seat = answers.accept(EnrolmentFactory(cohort=cohort), now=timezone.now(), via="tautan")
    span = {"starts_at": timezone.now() + begins, "ends_at": timezone.now() + begins * 2}
    if begins < timedelta(0):
        span["ends_at"] = timezone.now() + timedelta(hours=1)
    Session.objects.filter(pk=session.pk).update(**span)
    return seat


def address(name, seat, *args):
    return reverse(f"trainings:{name}", args=[token_of(seat), *args])


def page(client, seat):
    return client.get(address("ticket", seat)).content.decode()


def events(client, seat, *args):
    name = "session_calendar" if args else "calendar"
    response = client.get(address(name, seat, *args))
    assert response.status_code == 200
    calendar = icalendar.Calendar.from_ical(response.content)
    return str(calendar["method"]), calendar.walk("VEVENT")


def test_the_link_of_an_online_class_is_shown_to_seats_from_an_hour_before(client):
    early, soon = online(begins=timedelta(minutes=70)), online(begins=timedelta(minutes=59))
    running = online(begins=timedelta(minutes=-20))
    waiting = online(begins=timedelta(minutes=30), seats=0)

    assert LINK not in page(client, early)
    assert "Tautan kelas muncul di sini" in page(client, early)
    assert LINK in page(client, soon)
    assert LINK in page(client, running)
    assert LINK not in page(client, waiting)
    for seat in (early, soon):
        for name in ("calendar", "ticket_pdf"):
            assert LINK.encode() not in client.get(address(name, seat)).content
    public = client.get(soon.cohort.get_absolute_url()).content.decode()
    assert LINK not in public


def test_calendar_entries_keep_their_identity_and_count_their_changes(client, now):
    cohort = CohortFactory()
    second = SessionFactory(cohort=cohort, title="Praktik")
    seat = answers.accept(EnrolmentFactory(cohort=cohort), now=now, via="tautan")
    first = cohort.sessions.order_by("pk").first()
    _, before = events(client, seat)

    later = {"starts_at": first.starts_at + timedelta(days=1)}
    later["ends_at"] = first.ends_at + timedelta(days=1)
    changes.move_session(first, **later, venue=first.venue, link="", by=None, now=now)
    changes.cancel_session(second, by=None, now=now)
    method, after = events(client, seat)
    alone_method, alone = events(client, seat, second.pk)

    assert {str(event["uid"]) for event in before} == {str(event["uid"]) for event in after}
    assert {int(event["sequence"]) for event in before} == {0}
    known = {str(event["uid"]): event for event in after}
    moved = next(event for uid, event in known.items() if f"-{first.pk}@" in uid)
    gone = next(event for uid, event in known.items() if f"-{second.pk}@" in uid)
    assert (int(moved["sequence"]), str(moved["status"])) == (1, "CONFIRMED")
    assert moved["dtstart"].dt == later["starts_at"]
    assert (int(gone["sequence"]), str(gone["status"])) == (1, "CANCELLED")
    assert (method, alone_method, len(alone)) == ("PUBLISH", "CANCEL", 1)
    assert client.get(address("session_calendar", seat, 4711)).status_code == 404


def test_who_leaves_or_whose_class_ends_takes_it_out_of_the_calendar(client, now):
    leaver = answers.accept(EnrolmentFactory(), now=now, via="tautan")
    _, first = events(client, leaver)
    answers.cancel(leaver, now=now, via="tautan")
    method, left = events(client, leaver)
    answers.accept(leaver, now=now, via="tautan")
    _, back = events(client, leaver)
    assert (method, str(left[0]["status"])) == ("CANCEL", "CANCELLED")
    numbers = [int(found[0]["sequence"]) for found in (first, left, back)]
    assert numbers == sorted(set(numbers))

    cancelling.cancel_cohort(leaver.cohort, reason="Banjir", by=None, now=now)
    method, ended = events(client, leaver)
    assert (method, str(ended[0]["status"])) == ("CANCEL", "CANCELLED")
    assert int(ended[0]["sequence"]) > numbers[-1]


@pytest.mark.parametrize("name", ["Siti Aminah", "Zoë Łukasz 李 bin " + "Panjang " * 30])
def test_the_ticket_is_a_page_to_print(client, now, name):
    cohort = CohortFactory()
    SessionFactory.create_batch(9, cohort=cohort)
    person = ParticipantFactory(full_name=name[:120])
    seat = answers.join(cohort, person, now=now, via="telepon")

    response = client.get(address("ticket_pdf", seat))

    assert response["Content-Type"] == "application/pdf"
    assert f"tiket-{cohort.code}.pdf" in response["Content-Disposition"]
    assert response.content.startswith(b"%PDF-")
    assert b"/Count 1" in response.content
    assert b"PlusJakartaSans-Bold" in response.content
    assert len(response.content) < 60_000
    answers.cancel(seat, now=now, via="tautan")
    assert client.get(address("ticket_pdf", seat)).status_code == 404
