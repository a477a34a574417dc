"""Files that hold somebody who was forgotten, or who restricted her data, go at once."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from participants.duplicates.merging import merge
from participants.erasing import anonymise
from participants.exporting import services
from participants.models import DataAccess, ExportFile
from participants.requests import ask, fulfil
from tests.factories import ParticipantFactory, RegionFactory
from tests.staff import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def export_of(user, **rules):
    export = services.request_export(
        rules=rules,
        column_keys=["nama"],
        file_format="csv",
        purpose="Verifikasi bazar Maret",
        user=user,
        now=timezone.now(),
    )
    return services.write_export(export.pk)


def test_only_the_files_that_hold_her_go_and_the_page_says_why(client):
    boss = make_user("head")
    ani = ParticipantFactory(full_name="Ani Sari", track="scaling_up")
    twin = ParticipantFactory(full_name="Ani Sari", track="scaling_up")
    budi = ParticipantFactory(full_name="Budi")
    of_ani = [export_of(boss, jalur="scaling_up"), export_of(boss)]
    of_budi = export_of(boss, jalur="new_entrepreneur")
    assert all(export.state == "done" for export in (*of_ani, of_budi)), of_budi.error
    paths = {e.pk: settings.MEDIA_ROOT / e.path for e in (*of_ani, of_budi)}
    merge(twin, ani, actor=None, now=timezone.now())

    anonymise(ani, actor=None, now=timezone.now())

    for export in (*of_ani, of_budi):
        export.refresh_from_db()
    assert [export.state for export in of_ani] == ["expired", "expired"]
    assert [paths[export.pk].exists() for export in of_ani] == [False, False]
    assert (of_budi.state, paths[of_budi.pk].exists()) == ("done", True)
    client.force_login(boss)
    page = client.get(reverse("admin:participants_exportfile_change", args=[of_ani[0].pk]))
    assert "Berkas dihapus karena data seseorang di dalamnya sudah dihapus" in page.content.decode()
    request = ask(budi, kind="restriction", account=None, now=timezone.now())
    fulfil(request, answer="", actor=boss, now=timezone.now())
    of_budi.refresh_from_db()
    assert (of_budi.state, paths[of_budi.pk].exists()) == ("expired", False)
    assert "membatasi" in of_budi.error


def test_a_list_that_is_being_written_does_not_finish_with_her(monkeypatch):
    boss, ani = make_user("head"), ParticipantFactory()
    write = services.write_file

    def forget_meanwhile(*arguments, **options):
        written = write(*arguments, **options)
        anonymise(ani, actor=None, now=timezone.now())
        return written

    monkeypatch.setattr(services, "write_file", forget_meanwhile)
    export = export_of(boss)

    assert (export.state, export.error) == ("failed", services.LEFT_MEANWHILE)
    assert list((settings.MEDIA_ROOT / "exports").iterdir()) == []
    assert not DataAccess.objects.filter(kind="export").exists()
    ParticipantFactory()
    assert export_of(boss).state == "done", "the next one is of those who are left"


def test_who_lost_her_area_or_her_right_downloads_nothing():
    ParticipantFactory()
    city = make_user("city")
    export, now = export_of(city), timezone.now()
    assert export.state == ExportFile.State.DONE
    assert services.open_download(export, user=city, now=now)
    role, south = city.memberships.get(), city.memberships.get().region

    def download():
        return services.open_download(export, user=type(city).objects.get(pk=city.pk), now=now)

    city.memberships.create(organisation=role.organisation, role="auditor")
    assert download(), "one role more takes nothing away"
    role.region = RegionFactory(code="31.75", level="city")
    role.save()
    with pytest.raises(services.ExportRefused, match="Tugas Anda berubah"):
        download()
    role.region = south
    role.save()
    assert download()
    role.delete()
    with pytest.raises(services.ExportRefused, match="berwenang"):
        download()
    city.memberships.create(organisation=role.organisation, role="head_office")
    with pytest.raises(services.ExportRefused, match="Tugas Anda berubah"):
        download()
