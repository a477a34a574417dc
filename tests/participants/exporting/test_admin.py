import pytest
from django.conf import settings
from django.urls import reverse

from participants.exporting.services import area_of
from participants.models import DataAccess, ExportFile
from tests.factories import ExportFileFactory, ParticipantFactory, RegionFactory, SegmentFactory
from tests.staff import answers, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("admin:participants_exportfile_changelist")
ADD = reverse("admin:participants_exportfile_add")
SMALL = reverse("admin:participants_participant_export")
PURPOSE = "Verifikasi bazar Maret"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def head(client):
    client.user = make_user("head")
    client.force_login(client.user)
    return client


def page_of(export, name="change"):
    return reverse(f"admin:participants_exportfile_{name}", args=[export.pk])


def test_exports_are_asked_for_by_offices_only(client):
    expected = {"anonymous": 302, "owner": 404, "partner": 404, "roleless": 403, "auditor": 403}
    expected |= dict.fromkeys(("city", "head", "superuser"), 200)

    assert answers(client, ADD) == expected
    assert answers(client, SMALL) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_list_and_page_ask_a_constant_number_of_queries(head, count, django_assert_num_queries):
    exports = ExportFileFactory.create_batch(count, rules={"aktif": "ya"})

    with django_assert_num_queries(9):
        head.get(LIST)
    with django_assert_num_queries(7):
        head.get(page_of(exports[0]))


def test_a_segment_goes_to_a_file_that_only_its_requester_gets(head, client):
    person = ParticipantFactory()
    ParticipantFactory(is_willing=False)
    segment = SegmentFactory(rules={"bersedia": "ya"})
    request = {"segment": segment.slug, "columns": ["kode", "nama"], "file_format": "csv"}

    refused = head.post(ADD, request | {"purpose": "bazar"})
    asked = head.post(ADD, request | {"purpose": PURPOSE})
    export = ExportFile.objects.get()
    waiting = head.get(asked.url, headers={"X-Fragment": "1"}).content.decode()
    early = head.get(page_of(export, "download"))
    (settings.MEDIA_ROOT / "exports").mkdir()
    (settings.MEDIA_ROOT / "exports/1.csv").write_text(person.full_name)
    ExportFile.objects.update(
        state="done",
        path="exports/1.csv",
        expires_at=export.created_at + ExportFile.KEPT,
        area=area_of(export.requested_by),
    )
    ready = head.get(asked.url).content.decode()
    file = head.get(page_of(export, "download"))

    assert (refused.status_code, export.rules) == (422, {"bersedia": "ya"})
    assert "Menunggu giliran" in waiting
    assert early.status_code == 302
    assert "Unduh berkas" in ready
    assert b"".join(file.streaming_content).decode() == person.full_name
    assert "no-store" in file["Cache-Control"]
    client.force_login(make_user("head"))
    assert "Unduh berkas" not in client.get(asked.url).content.decode()
    assert client.get(page_of(export, "download")).status_code == 404
    assert client.post(page_of(export, "cancel")).status_code == 404


def test_the_list_as_filtered_goes_to_a_file_and_a_waiting_one_is_cancelled(head):
    head.post(f"{ADD}?aktif=ya", {"columns": ["kode"], "file_format": "xlsx", "purpose": PURPOSE})
    export = ExportFile.objects.get()
    head.post(page_of(export, "cancel"))

    export.refresh_from_db()
    assert (export.rules, export.state) == ({"aktif": "ya"}, ExportFile.State.CANCELLED)


def test_whole_niks_are_not_even_offered_without_the_right(client):
    client.force_login(make_user("city"))

    page = client.get(ADD).content.decode()

    assert 'value="nik_akhir"' in page
    assert 'value="nik"' not in page


@pytest.mark.parametrize(("file_format", "start"), [("0", b"PK"), ("1", b"\xef\xbb\xbfKode")])
def test_a_short_list_comes_at_once_and_leaves_a_trace(client, file_format, start):
    mine = ParticipantFactory(full_name="=1+1", region=RegionFactory(code="31.74.01.1001"))
    ParticipantFactory(region=RegionFactory(code="31.71.01.1001"))
    client.force_login(make_user("city"))
    form = {"format": file_format, "resource": "0"}

    refused = client.post(SMALL, form)
    response = client.post(SMALL, form | {"purpose": PURPOSE})

    assert "purpose" in refused.context["form"].errors
    assert response.content.startswith(start)
    assert b"\n=1" not in response.content
    entry = DataAccess.objects.get()
    assert (entry.participant, entry.purpose, entry.kind) == (mine, PURPOSE, "export")


def test_a_long_list_is_sent_to_the_background(head, monkeypatch):
    monkeypatch.setattr("participants.resources.MOST", 2)
    ParticipantFactory.create_batch(3)

    page = head.post(SMALL, {"format": "0", "resource": "0", "purpose": PURPOSE}).content.decode()

    assert "Ekspor di latar" in page
    assert not DataAccess.objects.exists()
