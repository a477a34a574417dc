"""Rows that are not to be stored stay out, however often their file is read."""

import json

import pytest
from django.utils import timezone

from participants.erasing import anonymise
from participants.models import Participant
from tests.imports.conftest import bring_in, check
from tests.imports.test_rows import BUDI, OTHER_NIK, SITI
from umkm_portal.imports import decisions, services
from umkm_portal.imports.models import ImportFile, ImportRow, RowDecision

pytestmark = pytest.mark.usefixtures("register")


def read_again(file):
    services.set_mapping(file, file.mapping, now=timezone.now())
    services.process_file(file.pk)
    file.refresh_from_db()


def store(file):
    services.approve_file(file, by=None, now=timezone.now())
    services.apply_file(file.pk)
    file.refresh_from_db()


def traces(name):
    staged = [[row.raw, row.clean, row.problems] for row in ImportRow.objects.all()]
    samples = list(ImportFile.objects.values_list("samples", flat=True))
    return name in json.dumps([staged, samples], default=str)


def test_who_was_forgotten_is_not_made_anew_by_a_file_that_waits(make_file):
    """One file met her by her number, the other was never compared since she registered."""
    early = check(make_file([SITI, {**BUDI, "HP": "081211112222"}], "awal.csv"))
    bring_in(make_file([SITI, BUDI]))
    late = check(make_file([{**SITI, "Alamat": "Gang 1"}, {**BUDI, "Alamat": "Gang 2"}], "2.csv"))
    siti = Participant.objects.get(full_name=SITI["Nama"])

    anonymise(siti, actor=None, now=timezone.now())

    assert not traces(SITI["Nama"])
    gone = RowDecision.objects.filter(choice="gone", file__in=[early, late])
    assert [(row.row_no, row.target_id) for row in gone] == [(2, None), (2, None)]
    store(late)
    assert (late.state, late.updated_count) == ("done", 1)
    read_again(early)
    assert not traces(SITI["Nama"])
    ImportRow.objects.filter(file=early).delete()  # as a crash of the database does
    services.approve_file(early, by=None, now=timezone.now())
    for work in (services.apply_file, services.process_file, services.apply_file):
        work(early.pk)
    early.refresh_from_db()
    assert (early.state, early.rejected_count) == ("done", 1)
    names = Participant.objects.values_list("full_name", flat=True)
    assert sorted(names) == ["Budi", "Dihapus"]
    assert Participant.objects.get(full_name="Budi").address == "Gang 2"


def test_a_row_that_staff_skipped_stays_skipped_when_the_columns_change(make_file):
    bring_in(make_file([{**BUDI, "NIK": OTHER_NIK}]))
    file = check(make_file([{**BUDI, "Nama": "Badrun"}], "2.csv"))
    decisions.decide_rows(file, row_nos=[2], choice="skip", by=None, now=timezone.now())

    read_again(file)
    store(file)

    assert (file.rejected_count, file.updated_count) == (1, 0)
    assert Participant.objects.get().full_name == "Budi"
