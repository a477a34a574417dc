"""The figures of the report, counted by hand, and the lists behind them."""

import csv
import io
from collections import Counter
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from participants.models import Stage, StageEvent
from tests.factories import EnrolmentFactory, ParticipantFactory, TargetFactory
from tests.reports.scene import NOW, kelurahan, set_up
from tests.staff import make_user
from umkm_portal.reports.council import figures, lists, places
from umkm_portal.reports.council.figures import figures_of
from umkm_portal.reports.council.periods import Period, read_period
from umkm_portal.reports.council.registered import WORD, count_registered
from umkm_portal.reports.council.targets import progress_of
from umkm_portal.reports.known_targets import load_known_targets
from umkm_portal.reports.models import Target

pytestmark = pytest.mark.django_db
YEAR = Period(2026)


@pytest.fixture(scope="module")
def scene(module_transaction):
    return set_up()


@pytest.fixture(scope="module")
def told(scene):
    return figures_of(YEAR.window, now=NOW)


def counts(told, kind, key):
    line = told.line(kind, key)
    return line.counts.people, line.counts.places


def test_people_and_places_are_counted_as_the_page_says(scene, told):
    # March: Ani, Budi, Dedi, Eka (twice, one person) and Fitri were invited; Citra came uninvited.
    # Ani came to bookkeeping too; Budi has a seat in May. The cancelled wave and 2025 are not here.
    assert counts(told, places.TOTAL, 0) == ((5, 5, 4, 3), (5, 7, 5, 3))
    assert counts(told, places.PROGRAMME, scene.programme.pk) == ((5, 5, 4, 3), (5, 6, 4, 3))
    assert counts(told, places.PROGRAMME, 0) == ((0, 1, 1, 0), (0, 1, 1, 0))
    assert counts(told, places.TOPIC, scene.live.pk) == ((5, 5, 4, 3), (5, 6, 4, 3))
    assert counts(told, places.AGENCY, scene.theirs.pk) == ((0, 1, 1, 0), (0, 1, 1, 0))
    cities = {line.key: line.counts for line in dict_of(told)[places.CITY]}
    assert cities[3175].people == (1, 1, 1, 1), "Ani, by her oldest business"
    assert cities[3175].places == (1, 2, 2, 1)
    assert 3172 not in cities, "she is of one city only"
    assert cities[3174].people == (1, 1, 0, 0), "Budi"
    assert cities[3173].people == (2, 2, 2, 2), "Eka, and Fitri who is forgotten"
    assert cities[places.OUTSIDE].people == (0, 1, 1, 0), "Citra, whose certificate was taken back"
    assert cities[places.NOWHERE].people == (1, 0, 0, 0), "Dedi"
    for step in range(4):
        assert sum(line.people[step] for line in cities.values()) == told.total.counts.people[step]


def dict_of(told):
    return {kind: lines for kind, _, lines in told.tables}


def test_money_is_of_the_cohorts_and_their_share_of_the_programme(scene, told):
    # The programme's own million is halved between March and May, which have ten seats each.
    total = told.total.cost
    assert (total.planned, total.committed, total.spent) == (1_800_000, 130_000, 650_000)
    # Begun is March, and what the cancelled wave has cost; four people came.
    assert (told.total.planned_each, told.total.spent_each) == (250_000, 112_500)
    programme = told.line(places.PROGRAMME, scene.programme.pk)
    assert (programme.cost.planned, programme.cost.spent) == (1_800_000, 600_000)
    assert (programme.cohorts, told.total.cohorts, told.sessions) == (2, 3, 3)
    cities = {line.key: line.cost for line in dict_of(told)[places.CITY]}
    assert cities[3173].planned == cities[3173].begun_planned == 500_000, "two of four who came"
    assert sum(cost.planned for cost in cities.values()) == total.planned
    assert sum(cost.spent for cost in cities.values()) == total.spent
    assert cities[-2].spent == 250_000, "May's share and the cancelled wave: nobody came"
    nobody = told.line(places.CITY, 3174, "Selatan")
    assert (nobody.planned_each, nobody.spent_each) == (None, None)
    first = figures_of(Period(2026, "s2").window, now=NOW).total
    assert (first.counts.people, first.cohorts, first.spent_each) == ((0, 0, 0, 0), 0, None)


def walk(step, counted, group):
    """Every key of a list, page by page, forwards; and the first page again backwards."""
    keys, query = [], {}
    while True:
        page = lists.read_keys(YEAR.window, step=step, counted=counted, group=group, query=query)
        keys += page.keys
        if page.older is None:
            break
        query = {"sesudah": str(page.older)}
    if page.newer is not None:
        query = {"sebelum": str(page.newer)}
        back = lists.read_keys(YEAR.window, step=step, counted=counted, group=group, query=query)
        assert back.keys == keys[-len(page.keys) - len(back.keys) : -len(page.keys)]
    return keys


def test_each_list_has_exactly_as_many_rows_as_its_number(told, monkeypatch):
    monkeypatch.setattr(lists, "SIZE", 2)
    lines = [told.total, *(line for _, _, found in told.tables for line in found)]
    for line in lines:
        group = line.kind, line.key
        for step in figures.STEPS:
            people = walk(step, lists.PEOPLE, group)
            assert len({key.person for key in people}) == len(people) == line.counts.of(step)
            seats = walk(step, lists.PLACES, group)
            assert len({key.pk for key in seats}) == len(seats) == line.counts.places_of(step)
            assert {key.person for key in seats} == {key.person for key in people}
        behind = lists.cohorts_of(told, group)
        assert len([row for row, _ in behind if row.is_counted]) == line.cohorts
        assert sum(cost.planned for _, cost in behind) == line.cost.planned
        assert sum(cost.spent for _, cost in behind) == line.cost.spent


def test_targets_stand_beside_what_was_reached_in_their_own_years(scene, told):
    load_known_targets()
    load_known_targets()
    old = progress_of(2020, now=NOW)
    assert [(one.target.number, one.reached) for one in old] == [(280_000, 0), (200_000, 0)]
    assert "November 2021" in old[0].target.source
    TargetFactory(year=2026, number=8, topic=scene.live)
    TargetFactory(year=2026, number=3, agency=scene.ours, measure=Target.Measure.CERTIFIED)
    city = kelurahan("31.73").__class__.objects.get(code="31.73")
    TargetFactory(year=2026, since=2025, number=4, city=city, measure=Target.Measure.INVITED)
    Stage.objects.get_or_create(code="P1", defaults={"name": "Pendaftaran"})
    for number, person in enumerate((scene.eka, scene.ani, scene.budi)):
        StageEvent.objects.create(
            participant=person,
            stage_id="P1",
            occurred_on=f"202{4 + number}-05-01",
            source_ref=f"uji:{number}",
        )
    TargetFactory(year=2026, since=2025, number=10, measure=Target.Measure.REGISTERED)

    found = {one.target.measure: (one.reached, one.percent) for one in progress_of(2026, now=NOW)}

    assert found == {
        "trained": (4, 50),
        "certified": (3, 100),
        "invited": (2, 50),
        "registered": (2, 20),
    }
    window = Period(2026, since=2025).window
    assert count_registered(window, [places.CITY]) == {(places.CITY, 3175): 1, ("kota", 3174): 1}
    group = places.CITY, 3175
    page = lists.read_keys(window, step=WORD, counted=lists.PEOPLE, group=group, query={})
    assert [key.person for key in page.keys] == [scene.ani.pk]
    with CaptureQueriesContext(connection) as queries:
        progress_of(2026, known=told, now=NOW)
    assert len(queries) == 1 + 5 + 1, "targets, the two years together, who registered"


def test_pages_and_files_tell_the_same_numbers(scene, client, django_assert_num_queries):
    client.force_login(make_user("auditor"))
    address = "/admin/laporan/?tahun=2026"
    TargetFactory(year=2026, number=8, source_date=date(2026, 1, 2))
    page = client.get(address)
    text = page.content.decode()
    assert "Dihitung" in text
    assert "Siaran langsung" in text
    with django_assert_num_queries(len(page_queries(client, address))):
        client.get(address)

    book = client.get("/admin/laporan/unduh/?tahun=2026&jenis=xlsx").content
    sheet = load_workbook(io.BytesIO(book)).active
    rows = {(row[0], row[1]): row for row in sheet.iter_rows(values_only=True)}
    assert rows["Semua", "Semua"][2:11] == (3, 5, 5, 5, 7, 4, 5, 3, 3)
    cells = {(row[0].value, row[1].value): row for row in sheet.iter_rows()}
    money = cells["Tema", "Siaran langsung"][11:14]
    (target,) = (row for (kind, _), row in cells.items() if kind == "Target")
    assert [cell.value for cell in money] == [1_800_000, 100_000, 600_000]
    assert {cell.number_format for cell in money} == {'"Rp"#,##0'}
    assert (target[16].value, target[17].number_format) == (8, "#,##0")
    assert (target[19].value.date(), target[19].is_date) == (date(2026, 1, 2), True)
    table = client.get("/admin/laporan/unduh/?tahun=2026&jenis=csv").content.decode("utf-8-sig")
    lines = {(row[0], row[1]): row for row in csv.reader(io.StringIO(table), delimiter=";")}
    assert lines["Tema", "Siaran langsung"][11:14] == ["1800000", "100000", "600000"]
    assert "Ani" not in table

    links = [link for link in links_of(text) if "ukuran=hadir" in link]
    shown = client.get(links[0]).content.decode()
    assert all(name in shown for name in ("Ani", "Eka", "Citra"))
    for broken in ("?ukuran=lain", "?ukuran=hadir&menurut=kota&kunci=9", "?ukuran=hadir&kunci=x"):
        assert client.get(f"/admin/laporan/daftar/{broken}").status_code == 404
    cohorts = client.get("/admin/laporan/gelombang/?tahun=2026").content.decode()
    assert "Dibatalkan" in cohorts
    assert "Rp50.000" in cohorts


def page_queries(client, address):
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return queries


def links_of(text):
    return [
        piece.split('"')[0].replace("&amp;", "&")
        for piece in text.split('href="')[1:]
        if urlsplit(piece).path.startswith("/admin/laporan/")
    ]


def test_a_city_office_reads_all_numbers_and_the_names_of_its_own_people(scene, client):
    client.force_login(make_user("city"))
    address = "/admin/laporan/daftar/?tahun=2026&ukuran=diundang"

    text = client.get(address).content.decode()

    assert "Budi" in text
    assert "Ani" in text, "she lives there"
    assert Counter(text.split())["luar"] >= 3
    assert "Eka" not in text


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_as_often_for_many_as_for_one(client, count):
    Stage.objects.get_or_create(code="P1", defaults={"name": "Pendaftaran"})
    today = timezone.localdate()
    for number in range(count):
        person = ParticipantFactory()
        facts = {"stage_id": "P1", "occurred_on": today, "source_ref": f"uji:{number}"}
        StageEvent.objects.create(participant=person, **facts)
        TargetFactory(measure=Target.Measure.REGISTERED)
        EnrolmentFactory(participant=person, state="attended", cohort__starts_at=timezone.now())
    client.force_login(make_user("head"))
    found = []
    for page in (
        "/admin/laporan/",
        "/admin/laporan/daftar/?ukuran=terdaftar",
        "/admin/laporan/daftar/?ukuran=hadir&hitung=kursi",
        "/admin/laporan/gelombang/",
        "/admin/reports/target/",
    ):
        client.get(page)
        found.append(len(page_queries(client, page)))

    assert found == [17, 8, 9, 10, 9]


def test_periods_are_read_from_the_address():
    today = NOW.date()
    assert read_period({"tahun": "2025", "masa": "tw4"}, today=today).name == "Triwulan 4 2025"
    window = Period(2025, "tw4").window
    assert (str(window.first), str(window.after)) == ("2025-10-01", "2026-01-01")
    for wrong in ({"tahun": "x"}, {"tahun": "1999"}, {"masa": "13"}, {"sejak": "2027"}):
        assert read_period(wrong, today=today) == Period(2026)
    assert read_period({"tahun": "2022", "sejak": "2017"}, today=today).query == (
        "tahun=2022&sejak=2017"
    )
