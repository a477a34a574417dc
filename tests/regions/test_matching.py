"""Matching places: every usual spelling of one place, and a sentence where text is not enough."""

import timeit
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from umkm_portal.regions import matching
from umkm_portal.regions.models import Region
from umkm_portal.regions.services import load_regions

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def matcher(django_db_setup, django_db_blocker):
    """The matcher of the loaded tree; it needs no database afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_regions()
        rows = list(Region.objects.values_list("code", "code", "short_name", "level", "kind"))
        transaction.set_rollback(True)
    return matching.RegionMatcher(matching.Place(*row) for row in rows)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("Jakarta Pusat", "Tanah Abang", "Kebon Melati"), "31.71.07.1005"),
        (("JAKPUS", "Kec. Tanah Abang", "Kel. Kebon Melati"), "31.71.07.1005"),
        (("Kota Adm. Jakarta Pusat", "kecamatan tanah abang", "KELURAHAN KEBON MELATI"),
         "31.71.07.1005"),
        (("Kota Administrasi Jakarta Pusat", "TanahAbang", ""), "31.71.07"),
        (("Kotamadya Jakarta Pusat", "", ""), "31.71"),
        (("Jakarta Pusat, DKI Jakarta", "", ""), "31.71"),
        (("DKI Jakarta", "Tanah Abang", ""), "31.71.07"),
        (("", "Tanah Abang", ""), "31.71.07"),
        (("", "", "Kebon Melati"), "31.71.07.1005"),
        (("Tanah Abang", "", ""), "31.71.07"),
        (("Jaksel", "", "Tebet Barat"), "31.74.01.1002"),
        (("Jakbar", "Palmerah", "Palmerah"), "31.73.07.1001"),
        (("Jakbar", "Pal Merah", ""), "31.73.07"),
        (("Jaksel", "Setia Budi", ""), "31.74.02"),
        (("Jaktim", "Pulo Gadung", ""), "31.75.02"),
        (("Jakarta Selatan", "Kuningan?", "Setiabudi"), "31.74.02.1001"),
        (("Kab. Adm. Kep. Seribu", "", "Pulau Pari"), "31.01.02.1003"),
        (("Jakut", "Koja", "Koja"), "31.72.03.1001"),
        (("Jakut", "Koja", ""), "31.72.03"),
        (("", "", "Menteng"), "31.71.06.1001"),
        (("Kota Bandung", "Coblong", "Dago"), "32.73"),
        (("Kab. Bandung", "", ""), "32.04"),
        (("Kabupaten Bandung", "", ""), "32.04"),
        (("Padang", "", ""), "13.71"),
        (("Solo", "", ""), "33.72"),
        (("Yogyakarta", "", ""), "34.71"),
        (("Kotabaru", "", ""), "63.02"),
        (("Kota Baru", "", ""), "63.02"),
        (("Kota Tangerang Selatan", "", ""), "36.74"),
        (("31.71", "", ""), "31.71"),
        (("3171", "", ""), "31.71"),
        (("", "", "3171071005"), "31.71.07.1005"),
        (("Jakarta Pusat", "31.71.07", ""), "31.71.07"),
    ],
)  # fmt: skip
def test_usual_spellings_are_found(matcher, texts, code):
    assert matcher.match(*texts) == matching.Match(code)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("", "", ""), "Wilayah kosong"),
        ((" ", "", ""), "Wilayah kosong"),
        (("Bandung", "", ""), "Kabupaten Bandung atau Kota Bandung"),
        (("Bekasi", "", ""), "bisa berarti"),
        (("Gotham", "", ""), "“Gotham” tidak dikenal"),
        (("", "Gotham", ""), "Kecamatan “Gotham” tidak dikenal"),
        (("Jakarta Selatan", "Tanah Abang", ""), "ada di Jakarta Pusat, bukan Jakarta Selatan"),
        (("Jakpus", "Tanah Abang", "Tebet Barat"), "ada di Tebet, bukan Tanah Abang"),
        (("31.99", "", ""), "Kode wilayah 31.99"),
    ],
)
def test_what_is_not_clear_is_said(matcher, texts, words):
    found = matcher.match(*texts)

    assert found.region_id is None
    assert words in found.problem


@pytest.mark.parametrize(
    ("texts", "code", "words"),
    [
        (("Jakarta Pusat", "Gotham", ""), "31.71", "Kecamatan “Gotham” tidak dikenal"),
        (("Jakarta Pusat", "Tanah Abang", "Gotham"), "31.71.07", "Kelurahan “Gotham”"),
        (("Jakarta", "", ""), "31", "Isi juga kota"),
        (("Jawa Barat", "", ""), "32", "Isi juga kota"),
    ],
)
def test_a_half_known_place_is_kept_with_a_warning(matcher, texts, code, words):
    found = matcher.match(*texts)

    assert found.region_id == code
    assert words in found.problem


def test_every_region_is_found_by_its_own_names(matcher):
    wrong = []
    for place in matcher._by_code.values():
        if place.level == Region.Level.VILLAGE:
            district = matcher._by_code[place.code[:8].replace(".", "")]
            found = matcher.match("DKI Jakarta", district.name, place.name)
        elif place.level == Region.Level.DISTRICT:
            found = matcher.match("DKI Jakarta", place.name)
        elif place.level == Region.Level.CITY:
            kind = "Kabupaten" if place.kind.startswith("kab") else "Kota"
            found = matcher.match(f"{kind} {place.name}")
        else:
            found = matcher.match(f"Provinsi {place.name}")
        if found.region_id != place.code:
            wrong.append((place, found))

    assert [place for place, _ in wrong if place.level != Region.Level.PROVINCE] == []
    assert {place.name for place, _ in wrong} <= {"Jambi", "Bengkulu", "Gorontalo"}


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_any_text_is_a_region_or_a_sentence(matcher, city, district, village):
    found = matcher.match(city, district, village)

    assert found.region_id is not None or found.problem.endswith(".")


def test_a_repeated_lookup_is_quick(matcher):
    seconds = min(
        timeit.repeat(
            lambda: matcher.match("Jakpus", "Tanah Abang", "Kebon Melati"), number=1000, repeat=5
        )
    )

    assert seconds / 1000 < 20e-6


def test_areas_of_nik_are_districts_of_jakarta_and_cities_elsewhere(matcher):
    assert {"317107", "3273"} <= matcher.nik_areas
    assert "3171" not in matcher.nik_areas
    assert len(matcher.nik_areas) == 44 + 514 - 6


@pytest.fixture
def tree():
    """Province, kota, kecamatan and one kelurahan, without the whole load."""
    parent = None
    for code, level, name in (
        ("31", "province", "DKI Jakarta"),
        ("31.73", "city", "Jakarta Barat"),
        ("31.73.01", "district", "Cengkareng"),
        ("31.73.01.1005", "village", "Kapuk"),
    ):
        parent = Region.objects.create(
            code=code, level=level, name=name, short_name=name, parent=parent
        )
    return parent


def test_the_matcher_is_kept_until_a_region_changes(tree, django_assert_num_queries):
    first = matching.current_matcher()
    with django_assert_num_queries(1):
        assert matching.current_matcher() is first

    Region.objects.filter(pk=tree.pk).update(short_name="Kapuk Lama")

    assert matching.current_matcher().match("", "", "Kapuk Lama").region_id == tree.pk
    assert matching.current_matcher().match("", "", "Kapuk").region_id is None


def test_a_region_that_ended_gives_way_to_its_successor(tree):
    today = timezone.localdate()
    heir = Region.objects.create(
        code=tree.code, level="village", name="Kapuk", short_name="Kapuk", parent=tree.parent,
        valid_from=today,
    )  # fmt: skip
    Region.objects.filter(pk=tree.pk).update(valid_to=today - timedelta(days=1))
    Region.objects.create(
        code="31.73.01.1099", level="village", name="Kapuk Timur", short_name="Kapuk Timur",
        parent=tree.parent, valid_from=date(2999, 1, 1),
    )  # fmt: skip

    matcher = matching.current_matcher()

    assert matcher.match("Jakbar", "Cengkareng", "Kapuk") == matching.Match(heir.pk)
    assert matcher.match("", "", "Kapuk Timur").region_id is None
