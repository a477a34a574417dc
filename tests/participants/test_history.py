"""History sees bulk writes, holds no NIK, and what is only added stays as it is."""

import pgtrigger
import pytest
from django.apps import apps
from django.db import InternalError, connection, transaction

from participants import handlers
from participants.models import Business, Consent, Participant, Stage, StageEvent
from tests.factories import BusinessFactory, ParticipantFactory, UserFactory
from tests.imports.conftest import bring_in
from umkm_portal.imports.models import ImportRow

pytestmark = pytest.mark.django_db


def history(name):
    return apps.get_model("participants", name).objects.order_by("pgh_id")


def test_an_import_leaves_history_of_each_person_and_business(register, make_file):
    siti = {"Nama": "Siti", "NIK": "3171994101900001", "Nama usaha": "Dapur"}
    budi = {"Nama": "Budi", "NIK": "3171994101900002", "Nama usaha": "Batik"}
    bring_in(make_file([siti, budi]))
    bring_in(make_file([{**siti, "Alamat": "Jl. Melati"}, {**budi, "Produk": "kain"}]))

    people, businesses = history("ParticipantHistory"), history("BusinessHistory")
    assert [(row.pgh_label, row.full_name, row.address) for row in people] == [
        ("insert", "Siti", ""),
        ("insert", "Budi", ""),
        ("update", "Siti", "Jl. Melati"),
    ]
    assert [(row.pgh_label, row.name, row.products) for row in businesses] == [
        ("insert", "Dapur", ""),
        ("insert", "Batik", ""),
        ("update", "Batik", "kain"),
    ]


def test_history_has_no_column_for_a_nik():
    columns = {field.column for field in history("ParticipantHistory").model._meta.fields}

    assert "nik_last4" in columns
    assert not {"nik", "nik_index", "search"} & columns


@pytest.fixture
def events():
    person = ParticipantFactory()
    Stage.objects.get_or_create(code="P2", defaults={"name": "Pelatihan"})
    consent = Consent.objects.create(
        participant=person, purpose="photo", event="given", channel="web", actor=UserFactory()
    )
    event = StageEvent.objects.create(
        participant=person, stage_id="P2", occurred_on="2026-01-02", source_ref="uji:1"
    )
    return consent, event


@pytest.mark.parametrize("number", [0, 1])
def test_consents_and_stages_are_neither_changed_nor_deleted(events, number):
    row = events[number]
    fact = {"event": "withdrawn"} if number == 0 else {"occurred_on": "2020-01-01"}

    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**fact)
    with pytest.raises(InternalError, match="Cannot delete"), transaction.atomic():
        type(row).objects.filter(pk=row.pk).delete()
    with connection.cursor() as cursor, pytest.raises(InternalError), transaction.atomic():
        cursor.execute(f"DELETE FROM {row._meta.db_table}")


def test_an_account_may_go_and_its_consents_stay(events):
    consent, _ = events
    consent.actor.delete()

    consent.refresh_from_db()
    assert consent.actor is None


def test_append_only_is_lifted_for_a_merge_only(events):
    _, event = events
    other = ParticipantFactory()

    with pgtrigger.ignore("participants.StageEvent:append_only_update"):
        StageEvent.objects.filter(pk=event.pk).update(participant=other)
    with pytest.raises(InternalError), transaction.atomic():
        StageEvent.objects.filter(pk=event.pk).update(participant=event.participant_id)


# --- Person handlers ------------------------------------------------------------------------------
def test_every_key_to_a_person_has_a_handler():
    open_keys = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.many_to_one
        and field.concrete
        and field.related_model is Participant
        and not handlers.covers(model, field.name)
    ]

    assert open_keys == [], "register a handler: see participants/handlers.py"


def test_merge_moves_rows_and_keeps_one_registration(register, make_file):
    rows = [
        {"Nama": "Siti", "HP": "081234567890", "Nama usaha": "Dapur", "SKPD": "PPKUKM"},
        {"Nama": "Siti A", "HP": "081234567891", "Nama usaha": "Batik", "SKPD": "PPKUKM"},
    ]
    file = bring_in(make_file(rows))
    source, target = Participant.objects.order_by("pk")

    moved = sum(handler.merge(source, target) for handler in handlers.all_handlers())

    assert moved == 2
    assert Business.objects.filter(participant=target).count() == 2
    assert StageEvent.objects.filter(participant=target, stage="P1").count() == 1
    assert target.mentorships.count() == 1
    assert file.rows.filter(target_id=target.pk).count() == 2


def test_erase_leaves_nothing_that_tells_who_it_was(register, make_file):
    bring_in(
        make_file([{"Nama": "Siti Rahasia", "HP": "081234567890", "Nama usaha": "Dapur Rahasia"}])
    )
    bring_in(
        make_file(
            [{"Nama": "Siti Rahasia", "HP": "081234567890", "Alamat": "Gang Rahasia"}], "2.csv"
        )
    )
    person = Participant.objects.get()

    for handler in handlers.all_handlers():
        handler.erase(person)

    assert "Rahasia" not in str(list(history("ParticipantHistory").values()))
    assert "Rahasia" not in str(list(history("BusinessHistory").values()))
    assert "Rahasia" not in str(list(Business.objects.values()))
    assert "Rahasia" not in str(list(ImportRow.objects.values()))


def test_export_shows_rows_and_no_secrets():
    business = BusinessFactory(name="Dapur Siti")
    person = business.participant

    exported = [row for h in handlers.all_handlers() for row in h.export(person)]

    assert "Dapur Siti" in [row.get("name") for row in exported]
    assert not {key for row in exported for key in row} & handlers.SECRET
