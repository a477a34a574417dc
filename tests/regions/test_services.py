"""Loading regions: all of them once, and what staff dated stays dated."""

from datetime import date

import pytest

from umkm_portal.regions.models import Region
from umkm_portal.regions.services import load_regions

pytestmark = pytest.mark.django_db


def test_load_regions_writes_the_whole_tree():
    count = load_regions()

    levels = {level: Region.objects.filter(level=level).count() for level in Region.Level.values}
    assert levels == {"province": 38, "city": 514, "district": 44, "village": 267}
    assert count == 863
    assert Region.objects.districts().count() == 44


def test_every_region_hangs_below_the_one_its_code_says():
    load_regions()

    wrong = [
        region.code
        for region in Region.objects.select_related("parent")
        if (region.parent.code if region.parent else "") != region.code.rpartition(".")[0]
    ]

    assert wrong == []


def test_names_codes_and_postal_codes_are_right():
    load_regions()

    village = Region.objects.select_related("parent__parent__parent").get(code="31.71.07.1005")
    city = village.parent.parent

    assert (village.name, village.postal_code) == ("Kebon Melati", "10230")
    assert (village.parent.name, village.parent.bps_code) == ("Tanah Abang", "3173010")
    assert (city.name, city.short_name, city.bps_code) == (
        "Kota Administrasi Jakarta Pusat",
        "Jakarta Pusat",
        "3173",
    )
    assert city.parent.short_name == "DKI Jakarta"


def test_loading_again_changes_nothing():
    load_regions()
    before = list(Region.objects.order_by("pk").values())

    assert load_regions() == 863

    assert list(Region.objects.order_by("pk").values()) == before


def test_loading_again_repairs_names_and_keeps_what_staff_dated():
    load_regions()
    kapuk = Region.objects.get(code="31.73.01.1005")
    heir = Region.objects.create(
        code=kapuk.code,
        name="Kapuk",
        short_name="Kapuk",
        level=Region.Level.VILLAGE,
        parent=kapuk.parent,
        valid_from=date(2027, 1, 1),
    )
    Region.objects.filter(pk=kapuk.pk).update(
        valid_to=date(2026, 12, 31), successor=heir, name="Salah ketik"
    )

    load_regions()

    kapuk.refresh_from_db()
    assert (kapuk.name, kapuk.valid_to, kapuk.successor) == ("Kapuk", date(2026, 12, 31), heir)
    assert Region.objects.filter(code=kapuk.code).count() == 2


@pytest.mark.parametrize("times", [1, 2])
def test_load_regions_runs_a_constant_number_of_queries(times, django_assert_max_num_queries):
    for _ in range(times):
        with django_assert_max_num_queries(14):
            load_regions()
