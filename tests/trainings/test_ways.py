"""By which channel news of a place goes: by her order, on real engines, through the real path."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import CohortFactory, ParticipantFactory, SessionFactory, in_days
from tests.trainings.scenes import approve_text, invite, seat, willing
from trainings import after_messages, change_messages, invariants, messages, ways
from trainings.models import Cohort, EnrolmentEvent, Session
from trainings.services import answers, cancelling, changes, notices
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging.models import Delivery, SendingAccount, WhatsAppTemplate
from umkm_portal.messaging.services import prefer_channel, suppress
from umkm_portal.messaging.services.outbox import work_everything

pytestmark = pytest.mark.django_db
TOLD = (*notices.KINDS, change_messages.SCHEDULE_CHANGED, change_messages.COHORT_CANCELLED)
TELLING = [
    pytest.param(messages.CONFIRMATION, notices.tell_seat, id="confirmation"),
    pytest.param(messages.WAITING, notices.tell_waiting, id="waiting"),
    pytest.param(messages.OFFER, notices.tell_offer, id="offer"),
    pytest.param(messages.CANCELLED, notices.tell_cancelled, id="cancelled"),
    pytest.param(change_messages.CARRIED, notices.tell_carried, id="carried"),
    pytest.param(change_messages.FORFEITED, notices.tell_forfeited, id="forfeited"),
]


def first(person, kind=messages.CONFIRMATION):
    return ways.first_way(person.pk, kind)


def stop(channel, address, *, purpose="all", reason="hard_bounce"):
    facts = {"purpose": purpose, "reason": reason, "now": timezone.now()}
    suppress(channel=channel, address=address, **facts)


def sound():
    assert invariants.violations() + of_messaging.violations() == []


def news():
    """(kind, channel, state) of all messages, in the order in which they were written."""
    rows = Delivery.objects.order_by("pk")
    return list(rows.values_list("campaign__kind", "channel", "state"))


def test_the_first_way_follows_her_order_consent_and_what_is_ready(engines):
    approve_text(engines.whatsapp, messages.CONFIRMATION)
    both, on_phone, no_consent = willing(), willing(email=""), ParticipantFactory(email="")
    wished = willing()
    prefer_channel(wished.pk, channel="whatsapp", now=timezone.now())
    bounced, nowhere = willing(), ParticipantFactory(email="", phone="")
    stop("email", bounced.email)

    found = [first(p) for p in (both, on_phone, no_consent, wished, bounced, nowhere)]

    assert found == [
        ("email", both.email),
        ("whatsapp", on_phone.phone),
        ("sms", no_consent.phone),
        ("whatsapp", wished.phone),
        ("whatsapp", bounced.phone),
        ("email", ""),
    ]


def test_without_text_or_account_the_next_is_taken_and_without_any_email(engines, settings):
    on_phone, wished = willing(email=""), willing()
    prefer_channel(wished.pk, channel="whatsapp", now=timezone.now())

    assert [first(on_phone).channel, first(wished).channel] == ["sms", "email"]

    approve_text(engines.whatsapp, messages.CONFIRMATION)
    assert [first(on_phone).channel, first(wished).channel] == ["whatsapp", "whatsapp"]
    assert first(on_phone, messages.OFFER).channel == "sms"

    WhatsAppTemplate.objects.update(state=WhatsAppTemplate.State.PAUSED)
    SendingAccount.objects.filter(channel="sms").update(state=SendingAccount.State.OFF)
    assert [first(on_phone), first(wished)] == [("email", ""), ("email", wished.email)]
    settings.SMS_URL = ""
    assert first(on_phone) == ("email", "")


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_seat_line_offer_change_and_end_reach_who_has_only_a_phone(engines, channel):
    if channel == "whatsapp":
        approve_text(engines.whatsapp, *TOLD)
    now, cohort = timezone.now(), CohortFactory(seats=1)
    SessionFactory(cohort=cohort, starts_at=in_days(11), ends_at=in_days(11, hour=12))
    owner, waiting = (seat(cohort, willing(email="")) for _ in range(2))
    work_everything()
    answers.cancel(owner, now=now, via="tautan")
    work_everything()
    answers.accept(waiting, now=now, via="tautan")
    session = Session.objects.filter(cohort=cohort).order_by("starts_at").first()
    day = timedelta(days=1)
    facts = {"venue": session.venue, "link": "", "by": None, "now": now}
    changes.move_session(
        session, starts_at=session.starts_at + day, ends_at=session.ends_at + day, **facts
    )
    changes.tell_changes(now=now + changes.QUIET)
    work_everything()
    fresh = Cohort.objects.get(pk=cohort.pk)
    cancelling.cancel_cohort(fresh, reason="Pengajar sakit", by=None, now=now + 2 * changes.QUIET)
    work_everything()

    assert news() == [
        ("confirmation", channel, "accepted"),
        ("waiting", channel, "accepted"),
        ("cancelled", channel, "accepted"),
        ("offer", channel, "accepted"),
        ("confirmation", channel, "accepted"),
        ("schedule_changed", channel, "accepted"),
        ("cohort_cancelled", channel, "accepted"),
    ]
    taken = engines.whatsapp if channel == "whatsapp" else engines.sms
    assert len(taken.accepted) == 7
    if channel == "whatsapp":
        names = [message["template"]["name"] for message in taken.accepted]
        assert sorted(names) == sorted(kind for kind, _, _ in news())
    assert engines.mail.received() == []
    sound()


@pytest.mark.parametrize(("kind", "tell"), TELLING)
def test_each_single_message_goes_by_her_first_way_once(engines, kind, tell):
    approve_text(engines.whatsapp, kind)
    enrolment = invite(CohortFactory(), willing(email=""))
    event = EnrolmentEvent.objects.get(enrolment=enrolment)

    for _ in range(2):
        tell(enrolment, event=event)

    assert news() == [(kind.name, "whatsapp", "pending")]
    sound()


def test_who_has_no_way_stands_there_with_the_reason(engines):
    seat(CohortFactory(), ParticipantFactory(email="", phone=""))
    work_everything()

    row = Delivery.objects.get()
    assert (row.channel, row.state, row.error) == ("email", "suppressed", "Tidak ada alamat.")


def test_who_refused_everything_on_her_channel_is_not_followed_to_another(engines):
    approve_text(engines.whatsapp, messages.CONFIRMATION)
    person = willing()
    stop("email", person.email, reason="complaint")
    bulk_only = willing()
    stop("email", bulk_only.email, purpose="bulk", reason="opt_out")

    cohort = CohortFactory()
    refused, told = seat(cohort, person), seat(cohort, bulk_only)
    work_everything()

    rows = Delivery.objects.order_by("pk").values_list("subject_id", "channel", "state")
    assert list(rows) == [(refused.pk, "email", "suppressed"), (told.pk, "email", "accepted")]
    sound()


@pytest.mark.parametrize(
    ("wish", "email", "statements"),
    [("", "ada@contoh.example", 2), ("email", "ada@contoh.example", 2), ("whatsapp", "", 17)],
    ids=["usual", "wishes email", "by phone"],
)
def test_a_plain_yes_of_who_is_told_by_email_is_two_statements(engines, wish, email, statements):
    approve_text(engines.whatsapp, messages.CONFIRMATION)
    cohort = CohortFactory()
    first_of_all, person = willing(email="satu@contoh.example"), willing(email=email)
    if wish:
        prefer_channel(person.pk, channel=wish, now=timezone.now())
    seat(cohort, first_of_all)
    seat(cohort, willing(email=""))
    enrolment = invite(cohort, person)

    with CaptureQueriesContext(connection) as ran:
        answers.accept(enrolment, now=timezone.now(), via="tautan")

    sql = [q["sql"] for q in ran.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(sql) == statements, sql
    sound()


@pytest.mark.parametrize("kind", [*TOLD, after_messages.CERTIFICATE], ids=lambda kind: kind.name)
def test_an_sms_is_one_part_with_the_longest_date_and_a_link_of_jakarta(kind):
    link = f"https://pelatihan.jakarta.go.id/u/{'x' * 40}/"
    longest = {
        "tanggal": "Selasa 30 September 2026",
        "batas": "Selasa 30 September 2026, 17.00 WIB",
        "urutan": "123",
        "gelombang": "12",
        "perihal": "Sertifikat diganti",
    }

    text = kind.wording["sms"][1].format(**{**kind.variables, **longest, "tautan": link})

    assert text.isascii()
    assert len(text) <= 160, len(text)
