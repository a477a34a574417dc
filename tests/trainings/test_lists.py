"""The kecamatan's list for one class: the same people stay one, and they are invited once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from participants.models import Participant
from tests.factories import CohortFactory
from tests.imports.conftest import bring_in, check, counts, make_file, register
from tests.staff import make_user
from trainings.models import Enrolment
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

__all__ = ["make_file", "register"]
pytestmark = pytest.mark.usefixtures("register")
NAMES = ("Siti Aminah", "Budi", "Ani")


def rows():
    return [
        {"Nama": name, "No HP": f"0812345678{n:02}", "Kelurahan": "Kebon Kacang"}
        for n, name in enumerate(NAMES)
    ]


def test_people_of_a_list_are_registered_once_and_invited_once(make_file):
    cohort = CohortFactory(seats=10)
    known = {"Nama": "SITI AMINAH", "NIK": "3171994101900001", "HP": "081234567800"}
    bring_in(make_file([known], "induk.csv"))
    path, options = make_file(rows(), "kelas.csv"), {"goal": str(cohort.pk)}

    file = bring_in(path, profile="kelas", options=options)

    assert counts(file) == {"created": 2, "updated": 1}
    assert Participant.objects.count() == 3
    assert Enrolment.objects.filter(cohort=cohort, state="invited").count() == 3
    assert "3 orang diundang" in file.options["after_apply"]
    again = bring_in(make_file(rows()[::-1], "lagi.csv"), profile="kelas", options=options)
    assert counts(again) == {"same": 3}
    assert "0 orang diundang" in again.options["after_apply"]
    assert Enrolment.objects.count() == 3


def test_a_closed_class_is_told_and_another_class_is_another_file(make_file):
    first, closed = CohortFactory(seats=10), CohortFactory(seats=10, state="closed")
    path = make_file(rows())
    bring_in(path, profile="kelas", options={"goal": str(first.pk)})

    file = bring_in(path, profile="kelas", options={"goal": str(closed.pk)})

    assert "Belum ada yang diundang" in file.options["after_apply"]
    assert Enrolment.objects.count() == 3


def test_the_upload_page_asks_for_the_class(client, make_file):
    cohort = CohortFactory(seats=10, starts_at=timezone.now() + timezone.timedelta(days=9))
    client.force_login(make_user("head"))
    address = reverse("admin:imports_importfile_add")
    assert str(cohort) in client.get(address).content.decode()
    content = make_file(rows()).read_bytes()
    sent = {"profile": "kelas", "file": SimpleUploadedFile("kelas.csv", content)}
    assert "Pilih kelas" in client.post(address, sent).content.decode()

    sent["file"] = SimpleUploadedFile("kelas.csv", content)
    client.post(address, {**sent, "goal": f"kelas:{cohort.pk}"})

    file = ImportFile.objects.get()
    assert (file.profile, file.options["goal"]) == ("kelas", str(cohort.pk))
    services.process_file(file.pk)
    assert check(make_file(rows(), "x.csv"), profile="kelas").state == "checked"
