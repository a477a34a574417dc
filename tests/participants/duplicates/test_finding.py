import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from participants.duplicates.finding import decide_different, find_pairs, find_pairs_of_file
from participants.models import DuplicatePair, Participant
from tests.factories import ParticipantFactory, RegionFactory, UserFactory
from tests.imports.conftest import bring_in
from umkm_portal.common.encryption import blind_index

pytestmark = pytest.mark.django_db
BORN = date(1984, 4, 12)
NIK = "3171995204840001"


def person(name, **facts):
    """A person who shares nothing by chance."""
    facts = {"phone": "", "email": "", "region": None, **facts}
    if nik := facts.pop("nik", None):
        facts |= {"nik": nik, "nik_index": blind_index("participant.nik", nik)}
    return ParticipantFactory(full_name=name, **facts)


def search(*people, **options):
    ids = [one.pk for one in people] or None
    return find_pairs(ids, now=timezone.now(), **options)


def found():
    pairs = DuplicatePair.objects.order_by("pk").select_related("first", "second")
    return {(pair.first.full_name, pair.second.full_name): pair for pair in pairs}


@pytest.mark.parametrize(
    ("first", "second", "common", "reasons"),
    [
        ("Siti Aminah", "Siti Aminnah", {"phone": "+628121"}, ["nomor HP sama", "nama mirip"]),
        ("Hj. Siti Aminah", "SITI AMINAH, S.E.", {"email": "a@b.c"}, ["email sama", "nama sama"]),
        ("Suparti", "Soeparti", {"birth_date": BORN}, ["nama mirip", "tanggal lahir sama"]),
        ("Achmad Yusuf", "Ahmad Jusup", {"birth_date": BORN}, ["nama mirip", "tanggal lahir sama"]),
        ("Dewi Sri Utami", "Sri Utami Dewi", {"phone": "+628121"}, None),
        ("Siti Aminah", "Budi Santoso", {"nik": NIK}, ["NIK sama", "nama berbeda"]),
    ],
)
def test_records_of_one_person_are_found_with_reasons(first, second, common, reasons):
    person(first, **common)
    person(second, **common)
    person("Orang Lain", birth_date=BORN, phone="+628999")

    search()

    (pair,) = found().values()
    assert {pair.first.full_name, pair.second.full_name} == {first, second}
    assert 0.55 <= pair.score <= 1
    assert reasons is None or pair.reasons == reasons


def test_families_twins_and_namesakes_are_no_pairs():
    home = RegionFactory(level="village")
    person("Rina Marlina", phone="+628121", region=home)
    person("Joko Santoso", phone="+628121", region=home)
    person("Sutrisno", phone="+628122", birth_date=date(1960, 5, 9))
    person("Dewi Sutrisno", phone="+628122", birth_date=date(1988, 3, 20))
    person("Lia Lestari", birth_date=BORN, phone="+628123")
    person("Lina Wati", birth_date=BORN, phone="+628123")
    person("Siti Aminah", birth_date=BORN, region=home, nik=NIK, identity="verified")
    person("Siti Aminah", birth_date=date(1990, 1, 9), region=home)
    person("Siti Aminah", birth_date=date(1971, 8, 3), nik="3171995204840002", identity="verified")
    person("Yanti", birth_date=date(1970, 1, 1), phone="")
    person("Yanti", birth_date=date(1970, 1, 1), phone="")

    search()

    assert found() == {}


def test_same_name_in_one_kelurahan_is_a_weak_suspicion_and_more_weighs_more():
    home = RegionFactory(level="village")
    weak = person("Siti Aminah", region=home), person("Siti Aminah", region=home)
    strong = [person("Budi Santoso", phone="+628121", birth_date=BORN) for _ in range(2)]
    typo = person("Budi Santosa", phone="+628121", birth_date=BORN + timedelta(days=30))

    search()

    pairs = {(p.first_id, p.second_id): p.score for p in DuplicatePair.objects.all()}
    assert pairs[weak[0].pk, weak[1].pk] == 0.6
    assert pairs[strong[0].pk, strong[1].pk] == 0.89
    assert pairs[strong[1].pk, typo.pk] < 0.89


def test_decided_pairs_never_come_back_and_stale_ones_go():
    pair_people = [person("Siti Aminah", phone="+628121") for _ in range(2)]
    other = [person("Budi Santoso", phone="+628122") for _ in range(2)]
    search()
    decided = DuplicatePair.objects.get(first=pair_people[0])
    assert decide_different(decided, actor=UserFactory(), now=timezone.now())
    other[1].phone = "+628999"
    other[1].save()

    result = search()

    assert (result.people, result.gone, result.new) == (1, 1, 0)
    assert search(everybody=True).new == 0
    decided.refresh_from_db()
    assert list(DuplicatePair.objects.all()) == [decided]
    assert decided.state == DuplicatePair.State.DIFFERENT


def test_only_people_who_are_new_are_searched_and_the_merged_are_left_out():
    old = person("Siti Aminah", phone="+628121")
    assert search().people == 1
    new = person("Siti Aminah", phone="+628121")

    assert search(new).new == 1
    assert search().people == 0

    DuplicatePair.objects.all().delete()
    Participant.objects.filter(pk=new.pk).update(status="merged", merged_into=old)
    assert search(everybody=True).new == 0


def test_the_phone_of_an_agency_says_nothing_and_is_counted():
    for number in range(21):
        person(f"Siti Aminah {'ABCDEFGHIJKLMNOPQRSTU'[number]}xyz", phone="+628121")

    result = search()

    assert result.skipped == {"nomor HP": 1}
    assert found() == {}


def test_a_whole_search_finds_what_searches_one_by_one_find():
    home = RegionFactory(level="village")
    for name in ("Siti Aminah", "Siti Aminnah", "Siti Amina", "Ahmad Yusuf", "Achmad Jusuf"):
        one = person(name, phone="+628121", region=home, birth_date=BORN)
        search(one)
    by_steps = {key: (p.score, p.reasons) for key, p in found().items()}
    DuplicatePair.objects.all().delete()

    search(everybody=True)

    assert {key: (p.score, p.reasons) for key, p in found().items()} == by_steps
    assert len(by_steps) == 4


def test_after_a_file_only_its_people_are_searched(register, make_file):
    person("Siti Aminah", phone="+6281234567890")
    person("Budi Santoso", phone="+6281234567891")
    search()
    person("Belum Dicari", phone="+6281234567899")
    rows = [
        {"Nama": "Siti Aminnah", "HP": "081234567890"},
        {"Nama": "Orang Baru", "HP": "081234567892"},
    ]
    file = bring_in(make_file(rows))

    result = find_pairs_of_file(file.pk, now=timezone.now())

    assert (result.people, result.new) == (2, 1)
    assert set(found()) == {("Siti Aminah", "Siti Aminnah")}


def test_the_command_tells_what_it_found_and_left_out():
    for _ in range(2):
        person("Siti Aminah", phone="+628121")
    out = StringIO()

    call_command("find_duplicates", "--all", "--json", stdout=out)

    report = json.loads(out.getvalue().splitlines()[-1])
    assert (report["people"], report["new"], report["open"]) == (2, 1, 1)
    assert "1 new suspicions" in out.getvalue()
