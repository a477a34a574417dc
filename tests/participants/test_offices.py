"""The address book of other cities' dinas: a list, a spreadsheet, and what owners are shown."""

import pytest
import tablib
from django.urls import reverse

from participants.models import CityOffice
from participants.offices import CityOfficeResource
from tests.factories import RegionFactory
from tests.participants.test_referrals import head
from tests.staff import make_user

pytestmark = pytest.mark.django_db
__all__ = ["head"]
PAGE = reverse("admin:participants_cityoffice_changelist")
OUTSIDE = "/daftar/luar-jakarta/?kota=32.75"


@pytest.fixture
def cities():
    west = RegionFactory(code="32", name="Jawa Barat", level="province")
    RegionFactory(code="31.71", name="Jakarta Pusat", level="city")
    names = {"32.75": "Kota Bekasi", "32.16": "Kabupaten Bekasi"}
    return [
        RegionFactory(code=code, name=name, level="city", parent=west)
        for code, name in names.items()
    ]


def load(*rows):
    headers = ["Kode kota", "Nama dinas", "Telepon", "Alamat", "Tautan", "Diperiksa pada"]
    return CityOfficeResource().import_data(tablib.Dataset(*rows, headers=headers))


def test_the_exported_list_is_the_form_to_fill_in(cities):
    form = CityOfficeResource().export()
    assert [row[:3] for row in form] == [
        ("32.16", "Kabupaten Bekasi", "Jawa Barat"),
        ("32.75", "Kota Bekasi", "Jawa Barat"),
    ]

    empty = CityOfficeResource().import_data(form)
    known = [
        "Kota Bekasi",
        "Dinas Koperasi",
        "021-8896 1234",
        "Jl. A",
        "dinas.example",
        "3/11/2026",
    ]
    result = load(known)

    assert (empty.has_errors(), empty.totals["new"]) == (False, 0)
    assert (result.has_errors(), result.has_validation_errors()) == (False, False)
    office = CityOffice.objects.get()
    assert (office.region, office.name) == (cities[0], "Dinas Koperasi")
    assert office.link == "https://dinas.example"
    assert office.dialled == "02188961234"
    again = CityOfficeResource().import_data(CityOfficeResource().export())
    assert (again.totals["new"], again.totals["update"]) == (0, 0)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["Jakarta Pusat", "Dinas", "", "", "", ""], "bukan kota atau kabupaten di luar Jakarta"),
        (["32.75", "Dinas", "tanya saja", "", "", ""], "Tulis satu nomor telepon"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(cities, row, sentence):
    result = load(row)

    said = [str(error.error) for _, errors in result.row_errors() for error in errors]
    said += [str(row.error) for row in result.invalid_rows]
    assert sentence in said[0]
    assert not CityOffice.objects.exists()


def test_owners_read_what_is_known_and_no_more(client, cities):
    unknown = client.get(OUTSIDE).content.decode()
    CityOffice.objects.create(region=cities[0], name="Dinas Koperasi", phone="021-8896 1234")
    known = client.get(OUTSIDE).content.decode()

    assert "Dinas yang membidangi koperasi dan UMKM Kota Bekasi, Jawa Barat." in unknown
    assert "belum ada pada kami" in unknown
    assert 'href="tel:02188961234"' in known
    assert "belum ada pada kami" not in known
    assert "Kabupaten Bekasi" in client.get("/daftar/luar-jakarta/").content.decode()


def test_the_head_office_writes_and_others_read(client, cities):
    CityOffice.objects.create(region=cities[0], name="Dinas Koperasi")
    place = reverse("admin:participants_cityoffice_import")

    answers = {}
    for kind in ("head", "city"):
        client.force_login(make_user(kind))
        answers[kind] = [client.get(page).status_code for page in (PAGE, place)]

    assert answers == {"head": [200, 200], "city": [200, 403]}


@pytest.mark.parametrize("count", [1, 2])
def test_the_list_asks_a_constant_number_of_queries(head, cities, count, django_assert_num_queries):
    for city in cities[:count]:
        CityOffice.objects.create(region=city, name="Dinas")

    with django_assert_num_queries(8):
        head.get(PAGE)
