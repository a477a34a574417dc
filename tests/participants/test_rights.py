"""What a person can ask of the register: a copy of everything, correction, rest, oblivion."""

import json
import uuid
from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.utils import timezone

from participants import handlers, niks
from participants.access import record_access
from participants.consents import give_consent, has_consent, reaches_of, resume_channel
from participants.contacts import Contact
from participants.copies import copy_of
from participants.duplicates.merging import merge, undo_merge
from participants.erasing import anonymise
from participants.licences import ask_licence, move_licence
from participants.models import (
    DataAccess,
    DataRequest,
    DuplicatePair,
    Participant,
    Referral,
    Registration,
    SalesChannel,
)
from participants.profiles import correct_profile, state_revenue
from participants.reference import load_reference_data
from participants.registration import drafts
from participants.requests import RequestRefused, ask, fulfil, refuse, withdraw
from participants.search import refresh_search
from tests.factories import (
    BusinessFactory,
    CohortFactory,
    DeliveryFactory,
    ParticipantFactory,
    UserFactory,
)
from tests.staff import make_user
from trainings import invariants
from trainings.models import Enrolment
from trainings.services import answers
from umkm_portal.accounts.models import User
from umkm_portal.imports.models import ImportFile, ImportRow
from umkm_portal.messaging.models import Channel, DeliveryEvent, Suppression
from umkm_portal.messaging.services.outbox import work_everything

pytestmark = pytest.mark.django_db
NOW = timezone.now()
PHONE, NIK = "+6281298765432", "3171994101900003"


def lived_person(name, account, **facts):
    """A person of whom every part of the portal knows something."""
    mark = name.split()[0]
    person = ParticipantFactory(full_name=name, phone=PHONE, account=account, **facts)
    business = BusinessFactory(participant=person, name=f"Dapur {mark}", products=f"Kue {mark}")
    SalesChannel.objects.create(business=business, platform="shopee", store_link=f"s.id/{mark}")
    month = {"first": date(2026, 10, 1), "last": date(2026, 10, 31)}
    state_revenue(business, **month, amount=5_000_000, actor=account, now=NOW)
    give_consent(person, purpose="photo", channel="x", actor=account, now=NOW)
    person.stage_events.create(stage_id="P1", occurred_on=NOW.date(), source_ref=f"r:{person.pk}")
    person.mentorships.create(organisation=CohortFactory().training.organiser)
    Referral.objects.create(participant=person, region=person.region, service="Izin")
    licence = ask_licence(
        person, kind="halal", note=mark, wants_delivery=True, address=mark, actor=None, now=NOW
    )
    move_licence(licence, to="needs_fix", reason=f"Foto {mark} buram", actor=None, now=NOW)
    ask(person, kind="correction", text=f"Nama saya {mark}", account=account, now=NOW)
    answers.decline(
        answers.join(CohortFactory(seats=0), person, now=NOW, via="tautan"),
        reason=f"{mark} sakit",
        now=NOW,
        via="tautan",
    )
    answers.join(CohortFactory(), person, now=NOW, via="tautan")
    sent = DeliveryFactory(
        recipient_key=person.pk, address=person.email, context={"nama": name}, error=f"550 {mark}"
    )
    DeliveryEvent.objects.create(delivery=sent, key=f"e{person.pk}", state="read", detail=mark)
    file = ImportFile.objects.create(name="d.csv", profile="register", sha256=f"{person.pk:064}")
    ImportRow.objects.create(
        file=file, row_no=1, target_id=person.pk, clean={"full_name": name}, raw=name
    )
    record_access(
        [person.pk], kind=DataAccess.Kind.NIK, actor=UserFactory(), purpose=f"KTP {mark}", now=NOW
    )
    LogEntry.objects.log_actions(UserFactory().pk, [person], CHANGE, f"{mark}", single_object=True)
    person.address = f"Jalan {mark} 1"
    person.save()
    refresh_search([person.pk])
    return person


@pytest.fixture
def family():
    """Two people with one phone and one account."""
    load_reference_data()
    account = UserFactory(phone=PHONE, email="keluarga@contoh.example")
    EmailAddress.objects.create(user=account, email=account.email)
    siti = lived_person("Sitirahma Hadijah", account, email="sitirahma@contoh.example")
    for column, value in niks.facts_of(NIK).items():
        setattr(siti, column, value)
    siti.save()
    return siti, lived_person("Wulandari Kusuma", account, email="wulandari@contoh.example")


def rows_of(person):
    """How many rows of each table are about her, found by walking the models."""
    found = {}
    for model in apps.get_models():
        ours = "Participant" in {model.__name__} or model._meta.app_label == "admin"
        if ours or model._meta.auto_created:
            continue
        for field in model._meta.concrete_fields:
            is_key = field.related_model is Participant
            if is_key or field.name in ("recipient_key", "target_id"):
                count = model._default_manager.filter(**{field.name: person.pk}).count()
                found[model._meta.label] = found.get(model._meta.label, 0) + count
    return {label: count for label, count in found.items() if count}


def test_her_copy_holds_every_row_about_her_and_nobody_elses(family):
    siti, wulan = family
    DuplicatePair.objects.create(first=siti, second=wulan, score=0.9, reasons=["phone"])
    copy = {section.name: section.rows for section in copy_of(siti)}
    text = json.dumps(copy, default=str)

    assert {label: len(copy.get(label, [])) for label in rows_of(siti)} == rows_of(siti)
    assert len(rows_of(siti)) > 12
    for child in ("SalesChannel", "Revenue", "LicenceEvent"):
        assert copy[f"participants.{child}"], child
    assert len(copy["trainings.EnrolmentEvent"]) == 5
    assert {"accounts.User", "admin.LogEntry", "messaging.DeliveryEvent"} <= copy.keys()
    assert "Sitirahma" in text
    for trace in ("Wulandari", "wulandari", NIK, wulan.code, siti.nik_index):
        assert trace not in text, trace


def traces(*words):
    """Tables in which a word is found in any column of any row."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for word in words:
                cursor.execute(f'SELECT 1 FROM "{table}" t WHERE t::text ILIKE %s', [f"%{word}%"])
                found += [(table, word)] if cursor.fetchone() else []
    return found


def test_forgetting_leaves_no_trace_of_her_and_all_of_the_other(family):
    siti, wulan = family
    index = siti.nik_index
    old = ParticipantFactory(full_name="Sitirahma Lama", phone="+6281211112222")
    merge(old, siti, actor=None, now=NOW)
    Suppression.objects.create(channel="sms", address=PHONE, purpose="bulk", reason="opt_out")
    Suppression.objects.create(channel="email", address=siti.email, reason="opt_out")
    assert len(traces("sitirahma")) > 15
    others = rows_of(wulan)

    assert anonymise(siti, actor=None, now=NOW)
    assert not anonymise(siti, actor=None, now=NOW)

    assert traces("sitirahma", "81211112222", index, NIK) == []
    siti.refresh_from_db()
    assert (siti.status, siti.phone, siti.nik, siti.account) == ("anonymised", "", None, None)
    assert rows_of(wulan) == others
    assert wulan.account.participants.get() == wulan
    assert Suppression.objects.get().address == PHONE, "the other one stopped it, too"
    assert invariants.violations() == []

    anonymise(wulan, actor=None, now=NOW)
    assert traces("sitirahma", "wulandari", "81298765432", "keluarga@contoh") == []
    assert not User.objects.filter(pk=wulan.account_id).exists()


def test_forgetting_reaches_what_only_mentions_her(family):
    """A draft of a new registration, samples of a file, the log about her account, images of a
    merge of two others that moved her place in a line."""
    siti, wulan = family
    drafts.begin(
        Contact("email", siti.email),
        public_id=uuid.uuid4(),
        name="Sitirahma",
        cohort_code="",
        now=NOW,
    )
    Registration.objects.update(contact=siti.email)
    ImportFile.objects.filter(rows__target_id=siti.pk).update(
        state="done", samples=[{"Nama": "Sitirahma"}]
    )
    account = siti.account
    LogEntry.objects.log_actions(UserFactory().pk, [account], CHANGE, "Sitirahma")
    source, target = ParticipantFactory(full_name="A"), ParticipantFactory(full_name="A")
    cohort = CohortFactory(seats=2)
    other_wave = CohortFactory(training=cohort.training)
    for one, place in ((source, cohort), (target, other_wave), (wulan, cohort), (siti, cohort)):
        answers.join(place, one, now=NOW, via="tautan")
    Enrolment.objects.filter(participant=siti).update(priority_reason="Sitirahma hamil")
    merge(source, target, actor=None, now=NOW)
    assert ("participants_mergedrow", "sitirahma") in traces("sitirahma")

    anonymise(siti, actor=None, now=NOW)
    anonymise(wulan, actor=None, now=NOW)

    assert traces("sitirahma", "keluarga@contoh") == []


def test_the_copy_of_a_record_joined_twice_holds_all_three_and_no_stranger():
    """First into second, second into third; a merge with a stranger was taken back."""
    account = UserFactory()
    first = ParticipantFactory(full_name="Sitirahma Satu")
    second = ParticipantFactory(full_name="Sitirahma Dua")
    third = ParticipantFactory(full_name="Sitirahma Tiga", account=account)
    stranger = ParticipantFactory(full_name="Wulandari", phone="+6281277778888")
    BusinessFactory(participant=stranger, name="Wulandari Snack")
    DeliveryFactory(recipient_key=first.pk, context={"nama": "Sitirahma pesan pertama"})
    merge(first, second, actor=None, now=NOW)
    merge(second, third, actor=None, now=NOW)
    hers = {"full_name": "source", "phone": "source"}
    wrong = merge(stranger, third, choices=hers, ktp_seen=True, actor=None, now=NOW)
    undo_merge(wrong, actor=None, now=NOW)

    third.refresh_from_db()
    text = json.dumps({s.name: s.rows for s in copy_of(third)}, default=str)

    for own in ("Sitirahma Satu", "Sitirahma Dua", "Sitirahma Tiga", "Sitirahma pesan pertama"):
        assert own in text, own
    for trace in ("Wulandari", stranger.code, "77778888"):
        assert trace not in text, trace
    stranger.refresh_from_db()
    text = json.dumps({s.name: s.rows for s in copy_of(stranger)}, default=str)
    assert third.code not in text
    assert "Sitirahma" not in text
    ids = [row["pgh_id"] for s in copy_of(third) if s.name.endswith("History") for row in s.rows]
    assert len(ids) == len(set(ids))

    anonymise(stranger, actor=None, now=NOW)
    assert traces("wulandari", "77778888") == []
    assert "sitirahma" in {trace for _, trace in traces("sitirahma")}
    anonymise(third, actor=None, now=NOW)
    assert traces("sitirahma") == []


def test_staff_keep_their_account_when_they_are_forgotten_as_owners():
    person = ParticipantFactory(account=UserFactory(is_staff=True))

    anonymise(person, actor=None, now=NOW)

    assert User.objects.filter(is_staff=True).exists()


def test_what_was_verified_waits_for_staff_and_the_rest_is_written_at_once():
    person = ParticipantFactory(full_name="Siti", identity="verified")
    officer = UserFactory()
    facts = {"full_name": "Siti Aminah", "address": "Jalan Baru", "birth_date": date(1990, 1, 2)}

    request = correct_profile(person, facts=facts, account=None, now=NOW)
    correct_profile(person, facts={"full_name": "Siti Aminah S"}, account=None, now=NOW)

    person.refresh_from_db()
    assert (person.full_name, person.address) == ("Siti", "Jalan Baru")
    request.refresh_from_db()
    assert request.proposed == {"full_name": "Siti Aminah S", "birth_date": "1990-01-02"}
    assert request.due_at == NOW + timedelta(hours=72)
    fulfil(request, answer="Sudah.", actor=officer, now=NOW)
    person.refresh_from_db()
    assert (person.full_name, person.birth_date) == ("Siti Aminah S", date(1990, 1, 2))
    with pytest.raises(RequestRefused, match="sudah dijawab"):
        refuse(request, answer="Tidak", actor=officer, now=NOW)


def test_requests_are_asked_once_answered_once_and_taken_back():
    person = ParticipantFactory()
    resume_channel(person, Channel.WHATSAPP, actor=None, now=NOW)
    rest = ask(person, kind="restriction", account=None, now=NOW)
    with pytest.raises(RequestRefused, match="masih menunggu"):
        ask(person, kind="restriction", account=None, now=NOW)
    deletion = ask(person, kind="deletion", account=None, now=NOW - timedelta(hours=73))
    assert list(DataRequest.objects.overdue(now=NOW)) == [deletion]
    with pytest.raises(RequestRefused, match="Tulis alasannya"):
        refuse(deletion, answer="", actor=None, now=NOW)

    assert withdraw(deletion, now=NOW)
    assert not withdraw(deletion, now=NOW)
    fulfil(rest, answer="", actor=None, now=NOW)

    person.refresh_from_db()
    assert (person.is_willing, person.status) == (False, "active")
    assert not has_consent(person, "whatsapp")
    assert [reach.is_on for reach in reaches_of(person)] == [False, False, False]


def test_a_request_for_oblivion_is_fulfilled_and_keeps_that_it_was_asked(family, sink):
    siti, _ = family
    request = ask(siti, kind="deletion", text="Hapus Sitirahma", account=None, now=NOW)

    fulfil(request, answer="Data Sitirahma dihapus.", actor=UserFactory(), now=NOW)

    request.refresh_from_db()
    assert (request.state, request.text, request.answer) == ("done", "", "")
    assert traces("sitirahma") == [("messaging_delivery", "sitirahma")], "the last message waits"
    work_everything()
    assert [address for _, address, _ in sink.received()][-1] == "sitirahma@contoh.example"
    assert traces("sitirahma") == []


def test_what_she_asked_and_nobody_answered_is_closed_when_she_is_forgotten(client):
    siti = ParticipantFactory(full_name="Sitirahma Hadijah")
    long_ago = NOW - timedelta(days=30)
    twin = ParticipantFactory(full_name=siti.full_name)
    for person, kind in ((siti, "correction"), (siti, "restriction"), (twin, "correction")):
        ask(person, kind=kind, text="Sitirahma minta", account=None, now=long_ago)
    refused = ask(siti, kind="deletion", account=None, now=long_ago)
    refuse(refused, answer="Sitirahma masih ikut kelas", actor=None, now=long_ago)
    merge(twin, siti, actor=None, now=NOW)

    anonymise(siti, actor=None, now=NOW)
    anonymise(siti, actor=None, now=NOW)

    assert not DataRequest.objects.overdue(now=NOW).exists()
    found = DataRequest.objects.order_by("pk").values_list("state", "text", "answer")
    closed = ("closed", "", "Data orang ini sudah dihapus, jadi permintaannya ditutup.")
    assert [*found] == [closed, closed, closed, ("refused", "", "")]
    client.force_login(make_user("head"))
    page = client.get("/admin/participants/datarequest/").content.decode()
    assert "Ditutup: data sudah dihapus" in page
    assert "Terlambat" not in page


def test_every_handler_can_be_asked_twice(family):
    siti, _ = family
    anonymise(siti, actor=None, now=NOW)

    for handler in handlers.all_handlers():
        handler.erase(siti)
    assert traces("sitirahma") == []
