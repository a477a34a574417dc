import csv
import os
import re
import socket
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from participants.duplicates.finding import find_pairs
from participants.duplicates.merging import merge, undo_merge
from tests.factories import (
    BusinessFactory,
    CampaignFactory,
    CohortFactory,
    DeliveryFactory,
    EnrolmentFactory,
    InvitationRoundFactory,
    ParticipantFactory,
)
from tests.pages.registration.conftest import lists, owner
from tests.trainings.planning.scene import make_plan
from trainings.attendance.marks import mark
from trainings.models import Session, Training
from trainings.planning.readiness import open_cohort
from trainings.services import answers
from umkm_portal.accounts.models import User
from umkm_portal.common import codes
from umkm_portal.embedded.models import CaughtMail
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging.models import DeliveryBatch, SendingAccount
from umkm_portal.pages.demo import courses
from umkm_portal.pages.demo.places import furnish
from umkm_portal.pages.tour.steps import steps
from umkm_portal.pages.tour.walk import OFFICER, Walk, officer

pytestmark = pytest.mark.django_db
__all__ = ["lists", "owner"]
KEYS = [
    *("import", "invite", "send", "answer", "waiting"),
    *("campaign", "watch", "untold", "person", "health"),
    *("ready", "scan", "certificate", "register", "merge"),
    *("curate", "announce", "train"),
]


@pytest.fixture(autouse=True)
def _practice(settings):
    settings.DEMO = True


@pytest.fixture
def invited():
    """A round of two people for one seat, its mails caught; the second owns a stall."""
    cohort = CohortFactory(seats=1)
    campaign = CampaignFactory(audience_count=2, state="running")
    opened = InvitationRoundFactory(cohort=cohort, campaign=campaign, created_by=officer(), size=2)
    people = [ParticipantFactory(full_name=name) for name in ("Suparti", "Siti Aminah")]
    BusinessFactory(participant=people[1], market="Pasar Tanah Abang")
    rows = [EnrolmentFactory(cohort=cohort, participant=person, round=opened) for person in people]
    account = SendingAccount.objects.filter(channel="email").first()
    account = account or SendingAccount.objects.create(channel="email", name="Uji")
    DeliveryBatch.objects.create(
        campaign=campaign, number=1, channel="email", account=account, size=2, accepted=2
    )
    for row in rows:
        delivery = DeliveryFactory(
            campaign=campaign,
            recipient_key=row.participant_id,
            subject_id=row.pk,
            batch_number=1,
            state="accepted",
        )
        caught(delivery, subject=f"Undangan untuk {row.participant.full_name}")
    return rows


def caught(delivery, **facts):
    return CaughtMail.objects.create(
        message_id=f"<{uuid.uuid4()}@uji>",
        delivery=delivery.public_id,
        recipient=delivery.address,
        text="Buka https://portal.example/u/abc/",
        **{"subject": "Undangan", **facts},
    )


def done(language="id"):
    return {step.key: step.is_done for step in steps(Walk(), language=language)}


def ticks(key):
    found = next(step for step in steps(Walk(), language="id") if step.key == key)
    return [(tick.label, tick.is_done) for tick in found.ticks]


def yes(enrolment):
    answers.accept(enrolment, now=timezone.now(), via=answers.VIA_LINK)


def test_tour_exists_on_practice_data_only(client, settings):
    mail = caught(DeliveryFactory())
    pages = [reverse(f"pages:{name}") for name in ("tour", "books", "mailbox", "sample")]
    pages.append(reverse("pages:mail", args=[mail.pk]))
    assert {client.get(page).status_code for page in pages} == {200}

    settings.DEMO = False

    assert {client.get(page).status_code for page in pages} == {404}
    assert client.post(reverse("pages:login_practice")).status_code == 404
    assert client.post(reverse("pages:kill"), {"pid": "1"}).status_code == 404
    assert not User.objects.filter(email=OFFICER).exists()


def test_tour_starts_with_nothing_done(client):
    CohortFactory()

    response = client.get(reverse("pages:tour"))

    assert done() == dict.fromkeys(KEYS, False)
    assert response.context["current"] == "import"
    assert User.objects.count() == 0


def test_tour_speaks_english_when_asked(client):
    body = client.get(reverse("pages:tour"), {"bahasa": "en"}).content.decode()

    assert "The whole way in fifteen minutes" in body
    assert '<div lang="en">' in body
    assert "Seluruh jalan" not in body


def test_every_step_says_something_in_both_languages(invited):
    indonesian, english = (steps(Walk(), language=language) for language in ("id", "en"))

    for first, second in zip(indonesian, english, strict=True):
        assert first.title != second.title
        assert first.text != second.text
        assert len(first.ticks) == len(second.ticks)


def test_import_ticks_when_the_officers_file_is_stored():
    file = ImportFile.objects.create(sha256="x", profile="p", name="contoh.csv")
    file.state = ImportFile.State.DONE
    file.save()
    assert not done()["import"]

    ImportFile.objects.update(uploader=officer())

    assert done()["import"]


def test_invite_ticks_from_the_officers_own_round_only(invited):
    assert done()["invite"]

    other = CampaignFactory()
    walk = Walk()
    InvitationRoundFactory(campaign=other)

    assert walk.campaign != other
    assert Walk().campaign == walk.campaign


def test_books_balance_only_when_everybody_has_one_mail(invited):
    assert Walk().books.is_balanced

    extra = CaughtMail.objects.first()
    extra.pk, extra.message_id = None, "<lagi@uji>"
    extra.save()

    assert not Walk().books.is_balanced


def test_books_do_not_balance_while_somebody_is_missing(invited):
    Walk().campaign.batches.update(accepted=1)

    assert not Walk().books.is_balanced


def test_send_needs_pause_takeover_and_balance(invited):
    campaign = Walk().campaign
    campaign.state, campaign.options = "done", {"paused_by": None}
    campaign.save()
    assert not done()["send"]

    campaign.batches.update(attempt=3)

    assert done()["send"]


def test_the_stall_owners_mail_comes_first(invited):
    assert Walk().owner_mail.subject == "Undangan untuk Siti Aminah"


def test_answer_ticks_when_a_yes_came_by_mail(invited):
    answers.accept(invited[0], now=timezone.now(), via=answers.VIA_PHONE)
    assert not done()["answer"]


def test_waiting_ticks_through_the_whole_exchange(invited):
    owner, waiting = invited[1], invited[0]
    yes(owner)
    assert done()["answer"]
    yes(waiting)
    assert Walk().waited == waiting
    answers.cancel(owner, now=timezone.now(), via=answers.VIA_LINK)
    walk = Walk()
    assert (walk.has_cancelled, walk.moved_up) == (True, waiting)
    assert not done()["waiting"]

    told = DeliveryFactory(campaign__kind="offer", subject_id=waiting.pk)
    caught(told)

    assert done()["waiting"]


def test_register_ticks_when_an_owner_has_come_to_her_seat(owner, settings):
    settings.DEMO = True
    cohort = CohortFactory()
    siti = owner()
    assert not done()["register"]

    siti.get(f"/daftar/?gelombang={cohort.code}")
    siti.register()

    walk = Walk()
    assert done()["register"]
    assert (walk.newcomer.full_name, walk.newcomer_place.cohort) == ("Siti Aminah", cohort)
    assert walk.newcomer_place.state == "confirmed"


def test_merge_ticks_when_the_officer_joined_the_planted_double():
    twins = [
        ParticipantFactory(full_name=name, phone="+6281255500102", birth_date="1969-07-01")
        for name in ("Sukarni", "Soekarni")
    ]
    find_pairs(now=timezone.now())
    assert Walk().twins.first == twins[0]
    assert not done()["merge"]

    joined = merge(twins[1], twins[0], actor=officer(), now=timezone.now())
    assert done()["merge"]

    undo_merge(joined, actor=officer(), now=timezone.now())
    assert not done()["merge"]


def test_ready_ticks_when_the_draft_lacks_nothing_and_is_published():
    assert not done()["ready"]
    cohort = make_plan(code=courses.DRAFT)
    Training.objects.update(materials="")
    assert ticks("ready")[0] == ("Lengkap: 5 dari 6", False)

    open_cohort(cohort, by=officer(), now=timezone.now(), override_reason="Materi menyusul")

    assert ticks("ready")[0] == ("Lengkap: 5 dari 6, terbit dengan alasan", True)
    assert done()["ready"]


def test_scan_makes_a_class_of_today_and_ticks_when_its_ticket_is_shown_twice(client):
    furnish()
    ParticipantFactory.create_batch(3)
    page = client.get(reverse("pages:tour")).content.decode()
    assert "Buat kelas hari ini" in page

    for _ in range(2):
        client.post(reverse("pages:todays_class"))

    session = Session.objects.get()
    ticket = session.cohort.enrolments.order_by("arrival_no").first()
    assert session.cohort.taken == 3
    assert codes.display(ticket.short_code) in client.get(reverse("pages:tour")).content.decode()
    assert not done()["scan"]
    for _ in range(2):
        mark(
            session,
            read=ticket.short_code,
            **{"kind": "in", "via": "code", "key": uuid.uuid4(), "by": officer()},
            **{"happened_at": timezone.now(), "now": timezone.now()},
        )
    assert done()["scan"]


def test_officer_comes_in_with_one_click(client):
    response = client.post(reverse("pages:login_practice"), {"tujuan": "/coba/"})

    assert response.url == "/coba/"
    user = User.objects.get(email=OFFICER)
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.is_staff


@pytest.mark.parametrize("target", ["https://jahat.example/", "//jahat.example", ""])
def test_login_leads_nowhere_else(client, target):
    response = client.post(reverse("pages:login_practice"), {"tujuan": target})

    assert response.url == "/admin/"


def test_login_needs_a_press_of_the_button(client):
    assert client.get(reverse("pages:login_practice")).status_code == 405


def test_kill_ends_only_a_process_that_holds_the_tours_messages(client, invited):
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        client.post(reverse("pages:kill"), {"pid": str(sleeper.pid)})
        assert sleeper.poll() is None

        Walk().campaign.batches.update(
            worker=f"{socket.gethostname()[:60]}:{sleeper.pid}",
            lease_until=timezone.now() + timedelta(seconds=60),
        )
        assert f"kill -9 {sleeper.pid}" in client.get(reverse("pages:tour")).content.decode()
        client.post(reverse("pages:kill"), {"pid": str(sleeper.pid)})

        assert sleeper.wait(timeout=5) == -9
        assert "mati, menunggu diambil alih" in client.get(reverse("pages:tour")).content.decode()
    finally:
        sleeper.kill()
        sleeper.wait()


def test_kill_spares_processes_of_other_machines_and_itself(client, invited):
    Walk().campaign.batches.update(
        worker=f"mesin-lain:{os.getpid()}", lease_until=timezone.now() + timedelta(seconds=60)
    )

    response = client.post(reverse("pages:kill"), {"pid": str(os.getpid())})

    assert response.status_code == 302


def test_mailbox_finds_by_recipient(client):
    wanted = caught(DeliveryFactory(address="siti@contoh.example"), subject="Untuk Siti")
    caught(DeliveryFactory(address="budi@contoh.example"), subject="Untuk Budi")

    body = client.get(reverse("pages:mailbox"), {"penerima": "SITI"}).content.decode()

    assert "Untuk Siti" in body
    assert "Untuk Budi" not in body
    assert reverse("pages:mail", args=[wanted.pk]) in body


@pytest.mark.parametrize("count", [1, 3])
def test_mailbox_runs_a_constant_number_of_queries(client, count, django_assert_num_queries):
    for _ in range(count):
        caught(DeliveryFactory())

    with django_assert_num_queries(2):
        response = client.get(reverse("pages:mailbox"))

    assert len(response.context["page"].object_list) == count


def test_mail_shows_links_but_runs_nothing(client):
    mail = caught(DeliveryFactory(), subject="<script>alert(1)</script>")
    mail.text = "Buka https://portal.example/u/abc/ <img src=x onerror=alert(1)>"
    mail.save()

    body = client.get(reverse("pages:mail", args=[mail.pk])).content.decode()

    assert '<a href="https://portal.example/u/abc/"' in body
    assert "<script>alert" not in body
    assert "<img" not in body


def test_mail_without_text_shows_its_html_as_text(client):
    mail = caught(DeliveryFactory())
    mail.text, mail.html = "", "<p>Halo <b>Siti</b></p><script>x</script>"
    mail.save()

    body = client.get(reverse("pages:mail", args=[mail.pk])).content.decode()

    assert "Halo Siti" in body
    assert "<b>Siti" not in body


def test_sample_file_is_messy_and_the_same_each_time(client):
    response = client.get(reverse("pages:sample"))

    rows = list(csv.reader(response.content.decode("utf-8-sig").splitlines(), delimiter=";"))
    niks = [row[rows[0].index("NIK")] for row in rows[1:]]
    assert response["Content-Disposition"] == 'attachment; filename="peserta-berantakan.csv"'
    assert len(niks) == 120
    assert any(nik and not re.fullmatch(r"\d{16}", nik) for nik in niks)
    assert all(nik[4:6] == "99" for nik in niks if re.fullmatch(r"\d{16}", nik))
    assert client.get(reverse("pages:sample")).content == response.content
