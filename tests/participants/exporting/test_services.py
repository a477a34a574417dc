"""Lists written in the background: exact cells, right people, a trace for each of them."""

import csv
import hashlib
import io
import re
from datetime import date, timedelta
from threading import Event, current_thread, main_thread

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from openpyxl import load_workbook

from participants.exporting import columns, services, streams, writing
from participants.models import DataAccess, ExportFile, Participant, SalesChannel
from participants.niks import facts_of
from tests.factories import BusinessFactory, ParticipantFactory, RegionFactory, SectorFactory
from tests.staff import make_user
from umkm_portal.common import codes, phones
from umkm_portal.regions.models import Region

pytestmark = pytest.mark.django_db(transaction=True)
NIK = "3171990101900003"
PURPOSE = "Verifikasi bazar Maret"
ODD = (
    *("=1+1", "+62", "-5", "@x", " =1", "'=1", "\t=1", "\r=1", 'Ibu "Sari"; Tbk', "satu\ndua"),
    *(
        "\uff1d1+1",
        " \uff0b1",
        "satu\r\n2;dua",
        "😀 Toko",
        "1e5",
        "00123",
        ",",
        '"',
        "\\.",
        "\\N",
        "<r>&</r>",
        "_x0041_",
    ),
)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def people():
    """Ani with everything, Budi with names that would run as formulas, one merged record."""
    for code, name, level in (
        ("31.74", "Jakarta Selatan", "city"),
        ("31.74.01", "Tebet", "district"),
    ):
        Region.objects.create(code=code, name=name, short_name=name, level=level)
    village = RegionFactory(code="31.74.01.1001", name="Bukit Duri")
    ani = ParticipantFactory(
        full_name='Ani; "Sari"',
        region=village,
        phone="+6281234567890",
        birth_date=date(1990, 1, 31),
        **facts_of(NIK),
    )
    sector = SectorFactory(name="Makanan")
    shop = BusinessFactory(participant=ani, name="Warung A", sector=sector, yearly_sales=1)
    BusinessFactory(participant=ani, name="Warung B", sector=sector, market="Pasar\nBaru")
    SalesChannel.objects.create(business=shop, platform="shopee")
    budi = ParticipantFactory(
        full_name="=HYPERLINK(1)",
        address=" -2+3",
        source="@SUM(1)",
        phone="+62812",
        email="",
        region=RegionFactory(code="31.71.09.1001", name="Tak Dikenal"),
    )
    ParticipantFactory(status="anonymised")
    return ani, budi


def export_as(user, file_format="csv", keys=None, rules=None, **facts):
    keys = keys or [column.key for column in columns.COLUMNS]
    export = services.request_export(
        rules=rules or {},
        column_keys=keys,
        file_format=file_format,
        purpose=PURPOSE,
        nik_purpose="Cocokkan dengan Dukcapil",
        user=user,
        now=timezone.now(),
    )
    return services.write_export(export.pk)


def read_csv(export):
    data = (settings.MEDIA_ROOT / export.path).read_bytes()
    assert hashlib.sha256(data).hexdigest() == export.sha256
    assert len(data) == export.size
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


def test_csv_and_workbook_hold_the_same_people_without_formulas(people):
    ani, budi = people
    boss = make_user("head")

    exported = export_as(boss)
    lines = {line["Kode peserta"]: line for line in read_csv(exported)}
    book = export_as(boss, "xlsx")
    sheet = load_workbook(settings.MEDIA_ROOT / book.path).active
    head, *rows = ([cell.value or "" for cell in row] for row in sheet.rows)
    cells = {row[0]: dict(zip(head, row, strict=True)) for row in rows}

    assert exported.state == book.state == ExportFile.State.DONE
    assert exported.rows_done == exported.total == book.rows_done == 2
    first, second = (lines[codes.display(person.code)] for person in (ani, budi))
    assert first == {
        "Kode peserta": codes.display(ani.code),
        "Nama lengkap": 'Ani; "Sari"',
        "Nomor HP": phones.display(ani.phone),
        "Email": ani.email,
        "Tanggal lahir": "31/01/1990",
        "Alamat": "",
        "Kelurahan": "Bukit Duri",
        "Kecamatan": "Tebet",
        "Kota/kabupaten": "Jakarta Selatan",
        "Jalur": "Pemula",
        "Identitas": "Pengakuan sendiri",
        "Aktif": "Ya",
        "Bersedia dilatih": "Ya",
        "Bersedia sejak": "",
        "Terakhir dilayani": "",
        "Terdaftar": f"{timezone.localdate():%d/%m/%Y}",
        "Asal data": "",
        "Usaha": "Warung A, Warung B",
        "Produk": "",
        "Sektor": "Makanan, Makanan",
        "Skala": "Mikro",
        "NIB": "",
        "Pasar": "Pasar\nBaru",
        "Kios": "",
        "Tempat jual": "Shopee",
        "Akhir NIK": "••••••••••••0003",
        "NIK": "317199-010190-0003",
    }
    assert (second["Nama lengkap"], second["Alamat"], second["Asal data"], second["NIK"]) == (
        "'=HYPERLINK(1)",
        "' -2+3",
        "'@SUM(1)",
        "",
    )
    assert second["Nomor HP"] == phones.display(budi.phone)
    shown = cells[codes.display(budi.code)]
    assert (shown["Nama lengkap"], shown["Alamat"]) == ("=HYPERLINK(1)", " -2+3")
    assert cells[codes.display(ani.code)]["NIK"] == NIK
    types = {cell.data_type for row in sheet.rows for cell in row if cell.value is not None}
    assert types <= {"s", "inlineStr"}


def test_odd_names_are_the_same_cells_in_both_formats():
    for name in ODD:
        person = ParticipantFactory(full_name=name, address=name, **facts_of(NIK))
        BusinessFactory(participant=person, name=name, market=name)
    keys = ["kode", "nama", "alamat", "usaha", "pasar", "nik"]
    boss = make_user("head")

    lines = {line["Kode peserta"]: line for line in read_csv(export_as(boss, keys=keys))}
    book = load_workbook(settings.MEDIA_ROOT / export_as(boss, "xlsx", keys=keys).path).active
    head, *rows = ([_unescaped(cell.value or "") for cell in row] for row in book.rows)

    assert len(lines) == len(rows) == len(ODD)
    for code, *cells, nik in rows:
        line = lines[code]
        assert list(line) == head
        assert cells[0].removeprefix(" ") in [name.removeprefix(" ") for name in ODD]
        assert {"'" + cell if _runs(cell) else cell.strip(" ") for cell in cells} == {
            line[name].strip(" ") for name in head[1:5]
        }
        assert (nik, line["NIK"]) == (NIK, "317199-010190-0003")


def _unescaped(text):
    """What Excel shows of a cell; openpyxl leaves its escapes as they are."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def _runs(cell):
    return cell.lstrip(" ").startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))


def test_everybody_in_the_list_can_read_who_took_it_and_why(people):
    boss = make_user("head")

    export = export_as(boss, keys=["kode", "nama", "nik"], rules={"wilayah": ["31.74"]})

    entry = DataAccess.objects.get()
    assert (entry.participant, entry.actor, entry.kind) == (people[0], boss, "export")
    assert entry.purpose == f"{PURPOSE}; NIK: Cocokkan dengan Dukcapil"
    assert entry.fields == ["Kode peserta", "Nama lengkap", "NIK"]
    assert entry.organisation == export.organisation
    assert len(read_csv(export)) == 1


def test_a_city_office_takes_along_its_own_people_and_no_whole_nik(people):
    city = make_user("city")

    export = export_as(city, keys=["nama"])
    with pytest.raises(services.ExportRefused, match="NIK"):
        export_as(city, keys=["nama", "nik"])

    assert [line["Nama lengkap"] for line in read_csv(export)] == ['Ani; "Sari"']


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"purpose": "bazar"}, "keperluan"),
        ({"column_keys": ["tidak-ada"]}, "kolom"),
        ({"column_keys": ["nik"], "nik_purpose": " "}, "mengapa"),
    ],
)
def test_a_request_says_what_is_missing(facts, sentence):
    request = {
        "rules": {},
        "column_keys": ["kode"],
        "file_format": "csv",
        "purpose": PURPOSE,
        "user": make_user("head"),
        "now": timezone.now(),
    }
    with pytest.raises(services.ExportRefused, match=sentence):
        services.request_export(**request | facts)
    assert not ExportFile.objects.exists()


def test_a_crashed_export_starts_over_and_gives_up_in_the_end(people, monkeypatch):
    boss, now = make_user("head"), timezone.now()
    export = services.request_export(
        rules={}, column_keys=["kode"], file_format="csv", purpose=PURPOSE, user=boss, now=now
    )
    dead = {"state": "running", "attempt": 1, "lease_until": now + timedelta(seconds=60)}
    ExportFile.objects.filter(pk=export.pk).update(**dead)

    assert services.write_export(export.pk) is None, "its process may still live"
    ExportFile.objects.filter(pk=export.pk).update(lease_until=now - timedelta(seconds=1))
    done = services.write_export(export.pk)
    again = ExportFile.objects.filter(pk=export.pk).update(state="running", attempt=3, path="")

    assert (done.state, done.attempt, len(read_csv(done))) == ("done", 2, 2)
    assert again
    assert services.write_export(export.pk) is None
    assert ExportFile.objects.get(pk=export.pk).state == ExportFile.State.FAILED


def test_a_running_export_shows_progress_and_stops_when_cancelled(people, monkeypatch):
    monkeypatch.setattr(streams, "BLOCK", 1)
    monkeypatch.setattr(writing, "EVERY", 1)
    monkeypatch.setattr(services, "BEAT_SECONDS", 0.0)
    boss, seen = make_user("head"), []
    beat = services.Pulse.beat

    def cancel_after_the_first(pulse, rows):
        beat(pulse, rows)
        with pulse._connection.cursor() as beside:  # this thread's own one streams the rows
            beside.execute("SELECT state, rows_done, total FROM participants_exportfile")
            seen.append(beside.fetchone())
            beside.execute("UPDATE participants_exportfile SET state = 'cancelled'")

    monkeypatch.setattr(services.Pulse, "beat", cancel_after_the_first)
    export = export_as(boss, keys=["kode"])

    assert seen == [("running", 1, 2)]
    assert export.state == ExportFile.State.CANCELLED
    assert list((settings.MEDIA_ROOT / "exports").iterdir()) == []
    assert not DataAccess.objects.exists()


@pytest.fixture
def halves(monkeypatch):
    """Every list is long: its upper half comes by a second connection, row by row."""
    monkeypatch.setattr(writing, "HALVES_FROM", 0)
    monkeypatch.setattr(services, "HALVES_FROM", 0)
    monkeypatch.setattr(streams, "BLOCK", 1)
    monkeypatch.setattr(services, "BEAT_SECONDS", 0.0)


def test_both_halves_of_a_long_list_are_of_one_moment(halves, monkeypatch):
    owners = [ParticipantFactory(full_name=f"Pemilik {n}", **facts_of(NIK)) for n in range(7)]
    for owner in owners[::6] * 2:
        shop = BusinessFactory(participant=owner, name=f"Warung {owner.pk}")
        SalesChannel.objects.create(business=shop, platform="shopee")
    boss, copy_at = make_user("head"), streams._copy_at

    def rename_first(*half):
        Participant.objects.filter(pk=owners[-1].pk).update(full_name="Nama baru")
        return copy_at(*half)

    monkeypatch.setattr(streams, "_copy_at", rename_first)
    export = export_as(boss, keys=["kode", "nama", "usaha", "kanal", "nik"])

    lines = read_csv(export)
    assert Participant.objects.get(pk=owners[-1].pk).full_name == "Nama baru"
    cells = [(line["Nama lengkap"], line["Usaha"], line["Tempat jual"]) for line in lines]
    shops = {o.full_name: (", ".join([f"Warung {o.pk}"] * 2), "Shopee") for o in owners[::6]}
    # each half has an order of its own, the lower one is first
    assert sorted(cells[:4]) + sorted(cells[4:]) == [
        (o.full_name, *shops.get(o.full_name, ("", ""))) for o in owners
    ]
    assert {line["NIK"] for line in lines} == {"317199-010190-0003"}
    assert (export.state, export.rows_done, export.total) == ("done", 7, 7)
    assert {row.participant_id for row in DataAccess.objects.all()} == {o.pk for o in owners}
    assert [path.suffix for path in (settings.MEDIA_ROOT / "exports").iterdir()] == [".csv"]


@pytest.mark.parametrize("fails", ["upper", "lower"])
def test_a_half_that_fails_ends_the_other_and_leaves_nothing(halves, monkeypatch, fails):
    for _ in range(7):
        ParticipantFactory()
    copy, began = streams._copy, Event()

    def fail(part, sink):
        is_upper = current_thread() is not main_thread()
        if is_upper == (fails == "upper"):
            began.wait(10)
            raise OperationalError("the server went away")
        began.set()
        while fails == "lower":  # until the others were told to stop
            sink.report()
        return copy(part, sink)

    monkeypatch.setattr(streams, "_copy", fail)
    export = export_as(make_user("head"), keys=["kode"])

    assert (export.state, export.error) == (ExportFile.State.FAILED, services.BROKEN)
    assert list((settings.MEDIA_ROOT / "exports").iterdir()) == []
    assert not DataAccess.objects.exists()


def test_a_list_of_others_than_were_looked_up_is_given_to_nobody(people, monkeypatch):
    monkeypatch.setattr(streams._Part, "people", lambda part: "SELECT int8send(1)")

    export = export_as(make_user("head"), keys=["kode"])

    assert (export.state, export.error) == (ExportFile.State.FAILED, services.BROKEN)
    assert list((settings.MEDIA_ROOT / "exports").iterdir()) == []
    assert not DataAccess.objects.exists()


def test_files_go_when_their_time_is_over(people):
    boss, now = make_user("head"), timezone.now()
    export = export_as(boss, keys=["kode"])
    path = settings.MEDIA_ROOT / export.path

    assert services.purge_exports(now) == 0
    assert services.open_download(export, user=boss, now=now) == path
    with pytest.raises(services.ExportRefused, match="pemohon"):
        services.open_download(export, user=make_user("superuser"), now=now)
    assert services.purge_exports(now + timedelta(hours=25)) == 1

    export.refresh_from_db()
    assert (export.state, path.exists()) == (ExportFile.State.EXPIRED, False)
    with pytest.raises(services.ExportRefused, match="dihapus"):
        services.open_download(export, user=boss, now=now)
    assert DataAccess.objects.count() == 2, "who took it stays"


def test_rights_that_ended_while_an_export_waited_stop_it(people):
    boss, now = make_user("head"), timezone.now()
    export = services.request_export(
        rules={}, column_keys=["kode"], file_format="csv", purpose=PURPOSE, user=boss, now=now
    )
    boss.memberships.all().delete()

    done = services.write_export(export.pk)

    assert (done.state, done.path) == (ExportFile.State.FAILED, "")
    assert "berwenang" in done.error
