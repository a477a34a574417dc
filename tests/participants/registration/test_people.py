"""Who registers becomes one record: hers if it is proved to be hers, else a new one."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from participants import niks
from participants.models import Consent, DuplicatePair, Participant, Referral, Sector, StageEvent
from participants.reference import load_reference_data
from participants.registration.people import AlreadyVerified, Entry, register_person
from participants.search import find
from tests.factories import ParticipantFactory, RegionFactory, UserFactory
from umkm_portal.regions.models import Region

NOW = timezone.now()
NIK, OTHER_NIK = "3171994101900001", "3171994101900002"
PHONE = "+6281234567890"
BORN = date(1990, 1, 1)


@pytest.fixture(autouse=True)
def _lists(db):
    load_reference_data()


def owner(phone=PHONE):
    return UserFactory(email=None, phone=phone, phone_verified_at=NOW)


def register(account=None, *, ktp_seen=False, actor=None, **facts):
    entry = Entry(**{"full_name": "Siti Aminah", "phone": PHONE, "nik": NIK} | facts)
    return register_person(
        entry, source="daftar sendiri", account=account, actor=actor, ktp_seen=ktp_seen, now=NOW
    )


def imported(**facts):
    nik = niks.facts_of(facts.pop("nik")) if "nik" in facts else {}
    known = {"full_name": "SITI AMINAH, S.E.", "phone": PHONE, "email": "", **nik}
    return ParticipantFactory(**known | facts)


def test_a_new_person_gets_everything_that_was_told():
    person = register(
        owner(),
        birth_date=BORN,
        region=RegionFactory(),
        track=Participant.Track.SCALING,
        business_name="Dapur Siti",
        sector=Sector.objects.get(slug="makanan"),
        channels=[("shopee", "https://shopee.co.id/dapursiti"), ("store", "")],
        yearly_sales=120_000_000,
        is_willing=True,
        consents={"whatsapp": True, "photo": False},
    )

    person.refresh_from_db()
    business = person.businesses.get()
    assert (person.nik, person.identity) == (NIK, "claimed")
    assert person.is_willing
    assert person.is_active
    assert (business.scale, business.channels.count()) == ("micro", 2)
    assert [*person.stage_events.values_list("stage_id", flat=True)] == ["P1"]
    given = Consent.objects.values_list("purpose", "event", "channel")
    assert sorted(given) == [(p, "given", "daftar sendiri") for p in ("notice", "whatsapp")]
    assert find(Participant.objects.all(), "dapur siti").get() == person
    assert not Referral.objects.exists()


def test_an_imported_record_on_the_proved_phone_with_that_name_is_completed():
    record = imported(nik=NIK, identity="verified", birth_date=BORN, active_until=None)
    account = owner()

    person = register(account, full_name="Siti aminah", birth_date=date(1991, 1, 1))
    again = register(account, consents={"whatsapp": False}, business_name="Dapur Siti")

    person.refresh_from_db()
    assert person == again == record
    assert (person.account, person.birth_date, person.full_name) == (
        account,
        BORN,
        record.full_name,
    )
    assert StageEvent.objects.count() == 1
    assert not DuplicatePair.objects.exists()


def test_families_on_one_phone_stay_apart_under_one_account():
    record = imported(nik=OTHER_NIK, identity="verified")
    brother = imported(full_name="Budi")
    account = owner()

    person = register(account)
    child = register(account, full_name="Rani", nik="")

    assert len({person, child, record, brother}) == 4
    assert set(account.participants.all()) == {person, child}
    pair = DuplicatePair.objects.get()  # the namesake with another NIK is for staff to judge
    assert {pair.first, pair.second} == {person, record}


@pytest.mark.parametrize(
    "facts", [{"phone": "+6281200000000"}, {"account": "taken"}, {"full_name": "Siti Aisyah"}]
)
def test_a_record_is_claimed_by_its_own_phone_and_name_only(facts):
    if facts.pop("account", ""):
        facts["account"] = UserFactory()
    record = imported(**facts)

    assert register(owner()) != record


def test_an_unproved_phone_claims_nothing():
    record = imported()

    assert register(owner("+6281299999999")) != record
    assert register(UserFactory(email=None, phone=PHONE)) != record
    assert register() != record


def test_a_squatted_nik_gets_nobodys_data_and_stops_nobody():
    squatter = register(owner("+6281299999999"), phone="+6281299999999")
    officer = UserFactory(is_staff=True)
    real = register(ktp_seen=True, actor=officer, birth_date=BORN, business_name="Dapur Siti")
    late = register(owner("+6281288888888"), phone="+6281288888888", full_name="Orang Lain")

    squatter.refresh_from_db()
    assert real.identity == "verified"
    assert (real.verified_by, real.nik) == (officer, NIK)
    assert squatter.birth_date is None
    assert not squatter.businesses.exists()
    assert (squatter.identity, late.identity) == ("claimed", "claimed")
    assert DuplicatePair.objects.filter(state="open").count() == 3
    with pytest.raises(AlreadyVerified) as refusal:
        register(ktp_seen=True, actor=officer, full_name="Siapa Saja", phone="")
    assert refusal.value.participant == real


def test_a_seen_ktp_verifies_the_record_that_its_owner_made():
    mine = register(owner())

    seen = register(ktp_seen=True, actor=UserFactory(is_staff=True))

    assert seen == mine
    assert seen.identity == "verified"
    assert StageEvent.objects.count() == 1


def test_who_lives_outside_jakarta_is_referred_once():
    padang = RegionFactory(code="13.71", level=Region.Level.CITY, name="Kota Padang")
    account = owner()

    for _ in range(2):
        person = register(account, region=padang)

    assert Referral.objects.get().region == padang
    assert person.active_until > timezone.localdate() + timedelta(days=300)


def test_saying_no_takes_back_what_stood():
    account = owner()
    register(account, consents={"whatsapp": True})

    person = register(account, consents={"whatsapp": False, "photo": False})

    events = person.consents.exclude(purpose="notice").order_by("pk")
    assert [(e.purpose, e.event) for e in events] == [
        ("whatsapp", "given"),
        ("whatsapp", "withdrawn"),
    ]
