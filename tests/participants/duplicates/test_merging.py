import json
from datetime import date, timedelta
from functools import partial

import pghistory.models
import pgtrigger
import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from participants import handlers, invariants
from participants.duplicates.choices import MergeRefused, default_choices
from participants.duplicates.finding import find_pairs
from participants.duplicates.merging import UndoRefused, merge, undo_merge
from participants.models import (
    Consent,
    DuplicateKey,
    DuplicatePair,
    LicenceEvent,
    Mentorship,
    Merge,
    MergedRow,
    Participant,
    Stage,
    StageEvent,
)
from participants.search import refresh_search
from tests.at_once import at_once
from tests.factories import (
    BusinessFactory,
    CohortFactory,
    CohortQuotaFactory,
    OrganisationFactory,
    ParticipantFactory,
    UserFactory,
)
from trainings import invariants as seats
from trainings.models import Cohort, CohortQuota, Enrolment, EnrolmentEvent, Offer
from trainings.services import answers
from umkm_portal.common.encryption import blind_index
from umkm_portal.messaging.services import prefer_channel

pytestmark = pytest.mark.django_db
NIK, OTHER_NIK = "3171995204840001", "3171995204840009"
NOW = timezone.now()


def person(name="Siti Aminah", *, nik=None, **facts):
    if nik:
        facts |= {"nik": nik, "nik_index": blind_index("participant.nik", nik)}
        facts |= {"nik_last4": nik[-4:]}
    one = ParticipantFactory(full_name=name, **facts)
    refresh_search([one.pk])
    return one


def verified(name="Siti Aminah", nik=NIK, **facts):
    return person(name, nik=nik, identity="verified", **facts)


def join(source, target, **options):
    return merge(source, target, actor=None, now=timezone.now(), **options)


def back(done):
    return undo_merge(done, actor=None, now=timezone.now())


def whole_life(one):
    """Rows in many tables about a person."""
    business = BusinessFactory(participant=one, yearly_sales=100)
    business.channels.create(platform="shopee")
    Stage.objects.get_or_create(code="P1", defaults={"name": "Pendaftaran"})
    Stage.objects.get_or_create(code="P2", defaults={"name": "Pelatihan"})
    for stage in ("P1", "P2"):
        StageEvent.objects.create(
            participant=one,
            stage_id=stage,
            occurred_on="2026-01-02",
            source_ref=f"{stage}:{one.pk}",
        )
    Consent.objects.create(participant=one, purpose="photo", event="given", channel="web")
    Mentorship.objects.create(participant=one, organisation=OrganisationFactory())
    prefer_channel(one.pk, channel="sms", now=NOW)
    return one


def dump():
    """Every row of every table that has to do with people, but for history and merges."""
    tables = {Participant, Cohort, CohortQuota, EnrolmentEvent, Offer, Enrolment.quotas.through}
    tables |= {LicenceEvent}
    tables |= {handler.model for handler in handlers.all_handlers()} - {Merge, MergedRow}
    tables |= {m for m in apps.get_models() if m.__name__ in ("SalesChannel", "Revenue")}
    rows = {}
    with connection.cursor() as cursor:
        for model in tables:
            if not issubclass(model, pghistory.models.Event):
                cursor.execute(f"SELECT to_jsonb(t)::text FROM {model._meta.db_table} t")
                rows[model._meta.label] = sorted(text for (text,) in cursor.fetchall())
    return rows


def history_size():
    return apps.get_model("participants", "ParticipantHistory").objects.count()


def test_two_merges_undone_leave_every_row_as_before():
    """Names, seats in one cohort, two waves, quotas, steps, agencies, a NIK that moves, a pair."""
    agency = OrganisationFactory()
    first, second = whole_life(person()), whole_life(verified(nik=NIK))
    third = whole_life(person("Siti Aminnah", nik=OTHER_NIK, phone=first.phone))
    for one in (first, second, third):
        Mentorship.objects.create(participant=one, organisation=agency)
    cohort, wave = CohortFactory(seats=2), CohortFactory()
    other_wave = CohortFactory(training=wave.training)
    CohortQuotaFactory(cohort=wave, key=first.region.code[:5])
    for place, one in ((cohort, first), (cohort, second), (wave, first), (other_wave, third)):
        answers.join(place, one, now=NOW, via="telepon")
    stranger = person(phone=third.phone)
    find_pairs(now=NOW)
    assert DuplicatePair.objects.count() >= 2
    before, known = dump(), history_size()

    one = join(second, first, ktp_seen=True)
    middle = dump()
    two = join(first, third, ktp_seen=True)
    third.refresh_from_db()
    assert (third.nik, third.identity, third.full_name) == (NIK, "verified", "Siti Aminah")
    assert {p.merged_into_id for p in Participant.objects.filter(status="merged")} == {third.pk}
    assert Enrolment.objects.live().filter(participant__in=[first, second]).count() == 0
    assert invariants.violations() + seats.violations() == []
    assert not DuplicatePair.objects.open().filter(first__in=[first, second]).exists()

    with pytest.raises(UndoRefused) as refusal:
        back(one)
    assert any("Peserta" in reason for reason in refusal.value.reasons)
    back(two)
    assert dump() == middle
    back(one)

    assert dump() == before
    assert history_size() > known
    assert invariants.violations() + seats.violations() == []
    assert stranger.pk == Participant.objects.living().last().pk


def test_the_surviving_record_takes_what_is_verified_newer_and_fuller():
    old = person(email="", birth_date=None, willing_on=date(2024, 1, 1), is_willing=True)
    new = verified(
        "Siti Aminah Putri", birth_date=date(1984, 4, 12), willing_on=date(2025, 1, 1), phone=""
    )
    Participant.objects.filter(pk=new.pk).update(is_willing=False, last_served_on="2025-05-05")

    join(new, old)

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.full_name, old.nik, old.identity) == ("Siti Aminah Putri", NIK, "verified")
    assert (old.birth_date, old.is_willing) == (date(1984, 4, 12), False)
    assert old.email == new.email
    assert old.last_served_on == date(2025, 5, 5)
    assert "siti aminah putri" in old.search
    assert (new.status, new.merged_into, new.account) == ("merged", old, None)


def test_a_squatter_gets_nothing_of_the_real_person():
    """Somebody registered online with another woman's NIK; staff merge without seeing a KTP."""
    squatter = person("Budi Jahat", nik=NIK, account=UserFactory(), phone="+62899")
    real = verified(phone="", email="")
    assert default_choices(real, squatter)["account"] == "neither"

    with pytest.raises(MergeRefused, match="KTP"):
        join(squatter, real, choices={"phone": "source"})
    for source, target in ((squatter, real), (real, squatter)):
        done = join(source, target)
        target.refresh_from_db()
        assert (target.account, target.phone, target.full_name) == (None, "", "Siti Aminah")
        assert target.identity == "verified"
        back(done)
        target.refresh_from_db()
        source.refresh_from_db()
    squatter.refresh_from_db()
    assert squatter.account

    join(squatter, real, ktp_seen=True, choices={"account": "source", "phone": "source"})
    real.refresh_from_db()
    assert (real.account, real.phone) == (squatter.account, "+62899")


def test_an_account_whose_contact_stands_on_both_passes():
    mine = person(account=UserFactory(), phone="+62811")
    imported = verified(phone="+62811")

    join(mine, imported)

    imported.refresh_from_db()
    assert imported.account == mine.account


def test_two_verified_niks_need_a_decision():
    first, second = verified(nik=NIK), verified(nik=OTHER_NIK)

    with pytest.raises(MergeRefused, match="NIK"):
        join(second, first)
    join(second, first, choices={"identity": "source"})

    first.refresh_from_db()
    assert first.nik == OTHER_NIK


def test_merged_and_forgotten_records_are_refused():
    first, second, third = person(), person(), person()
    join(second, first)

    for source, target in ((second, third), (third, second), (first, first)):
        with pytest.raises(MergeRefused, match=r"sudah digabung|dua data"):
            join(source, target)
    Participant.objects.filter(pk=third.pk).update(status="anonymised")
    with pytest.raises(MergeRefused, match="dianonimkan"):
        join(third, first)


def test_undo_refuses_what_changed_since_and_says_what():
    source, target = whole_life(person()), person()
    done = join(source, target)
    business = target.businesses.get()
    business.products = "Bakso"
    business.save()

    # What is reckoned anew every night is no change.
    Participant.objects.filter(pk=target.pk).update(last_activity_at=timezone.now())

    with pytest.raises(UndoRefused) as refusal:
        back(done)

    assert refusal.value.reasons == [f"Usaha #{business.pk} sudah berubah"]
    business.refresh_from_db()
    assert business.participant == target


def test_undo_refuses_a_seat_that_went_to_somebody_else():
    source, target = person(), person()
    cohort = CohortFactory(seats=1)
    other_wave = CohortFactory(training=cohort.training)
    answers.join(cohort, source, now=NOW, via="telepon")
    answers.join(other_wave, target, now=NOW, via="telepon")
    waiting = person("Orang Lain")
    offered = join_later = answers.join(cohort, waiting, now=NOW, via="telepon")
    done = join(source, target)
    offered.refresh_from_db()
    assert offered.state == "offered"

    with pytest.raises(UndoRefused) as refusal:
        back(done)

    assert any("milik peserta lain" in reason for reason in refusal.value.reasons)
    assert seats.violations() == []
    assert join_later.participant == waiting


def test_undo_refuses_when_the_free_seat_was_taken_since():
    source, target = person(), person()
    cohort = CohortFactory(seats=1)
    other_wave = CohortFactory(training=cohort.training)
    answers.join(cohort, source, now=NOW, via="telepon")
    answers.join(other_wave, target, now=NOW, via="telepon")
    done = join(source, target)
    answers.join(cohort, person("Orang Lain"), now=NOW + timedelta(hours=1), via="telepon")

    with pytest.raises(UndoRefused, match=r"kursi|berubah"):
        back(done)

    assert Merge.objects.get().undone_at is None
    assert seats.violations() == []


def test_whoever_was_told_apart_from_one_is_told_apart_from_both():
    first, second, third = (person() for _ in range(3))
    pairs = [(first, second, "open"), (first, third, "different"), (second, third, "open")]
    for one, other, state in pairs:
        DuplicatePair.objects.create(first=one, second=other, score=0.9, state=state)

    join(first, second)

    states = {(p.first, p.second): p.state for p in DuplicatePair.objects.all()}
    assert states == {(first, second): "same", (second, third): "different"}


def test_images_hold_no_nik_and_go_with_the_person():
    source, target = verified(), person(nik=OTHER_NIK)
    find_pairs(now=NOW)
    done = join(source, target)
    images = json.dumps(list(MergedRow.objects.values_list("before", "after")))
    assert NIK not in images
    assert blind_index("participant.nik", NIK) not in images

    for handler in handlers.all_handlers():
        handler.erase(target)

    assert not MergedRow.objects.exists()
    assert not DuplicateKey.objects.filter(participant=target).exists()
    with pytest.raises(UndoRefused, match="sudah dihapus"):
        back(done)


def test_a_merged_record_that_holds_something_live_is_noticed():
    source, target = person(), person()
    join(source, target)
    assert invariants.violations() == []

    with pgtrigger.ignore("participants.Mentorship:of_living_insert"):
        Mentorship.objects.create(participant=source, organisation=OrganisationFactory())

    assert [line.split(":")[1] for line in invariants.violations()] == [
        " merged people who still hold something live"
    ]


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_join_two_records_only_once():
    one, other = ParticipantFactory.create_batch(2, full_name="Siti Aminah")

    errors = at_once(partial(join, one, other), partial(join, other, one))

    assert [type(error) for error in errors] == [MergeRefused]
    assert Participant.objects.living().count() == 1
    assert invariants.violations() == []
