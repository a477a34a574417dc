"""Who did not wait for the check of her file is written to, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import UserFactory
from umkm_portal.accounts.models import User
from umkm_portal.imports import pages
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.telling import note_seen, tell_checked
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db
NIK = "3171990101900001"


@pytest.fixture
def now():
    return timezone.now()


def rina():
    known = User.objects.filter(email="rina@toko.example").first()
    return known or UserFactory(email="rina@toko.example")


def checked(now, *, asked, seen, **facts):
    """A file that was checked just now; asked and seen so many seconds ago."""
    known = {"name": f"lolos {NIK}.xlsx", "profile": "kurasi", "state": "checked"}
    return ImportFile.objects.create(
        sha256="0" * 64,
        waiting_since=now - timedelta(seconds=asked),
        seen_at=None if seen is None else now - timedelta(seconds=seen),
        **{**known, "uploader": rina(), "created_count": 320, "rejected_count": 3, **facts},
    )


def test_uploader_who_waited_long_or_left_is_told_once(now, settings):
    settings.PORTAL_URL = "https://portal.example"
    long, left = checked(now, asked=61, seen=1), checked(now, asked=40, seen=31)
    stayed, machine = checked(now, asked=40, seen=2), checked(now, asked=90, seen=None)
    nobody = checked(now, asked=90, seen=60, uploader=None)
    busy = checked(now, asked=90, seen=60, state="mapped")

    told = [tell_checked(file, now=now) for file in (long, left, stayed, machine, nobody, busy)]

    assert told == [True, True, False, False, False, False]
    assert not tell_checked(long, now=now)
    message = Delivery.objects.get(subject_id=long.pk)
    assert (message.address, message.campaign.kind) == ("rina@toko.example", "file_checked")
    assert message.context["halaman"] == f"https://portal.example/mitra/daftar/{long.pk}/"
    assert message.context["hasil"] == "320 baris benar, 3 perlu diperbaiki."
    assert NIK not in str(message.context)
    failed = checked(now, asked=90, seen=60, state="failed", file_error="Berkas terkunci.")
    columns = checked(now, asked=90, seen=60, state="read", profile="register")
    assert tell_checked(failed, now=now)
    assert tell_checked(columns, now=now)
    said = [Delivery.objects.get(subject_id=file.pk).context for file in (failed, columns)]
    assert said[0]["hasil"] == "Berkas terkunci."
    assert said[1]["halaman"].endswith(f"/admin/imports/importfile/{columns.pk}/change/")


def test_progress_tells_how_long_it_takes_yet(now):
    file = checked(now, asked=30, seen=None, state="mapped", total_rows=4000, rows_read=4000)
    assert pages.progress_of(file, now=now).left == ""
    file.rows_checked = 1000
    assert pages.progress_of(file, now=now).left == "kira-kira 90 detik lagi"
    file.rows_checked = 100
    assert pages.progress_of(file, now=now).left == "kira-kira 20 menit lagi"
    note_seen(file, now=now)
    note_seen(file, now=now + timedelta(seconds=5))
    file.refresh_from_db()
    assert file.seen_at == now
