"""Pasted cells go the way of a file: with headings, without, and what cannot be recognised."""

import pytest
from django.urls import reverse

from participants.importing.profile import REGISTER
from tests.catalogue.builders import person
from tests.factories import MembershipFactory
from umkm_portal.accounts.models import Membership
from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import pasting, services
from umkm_portal.imports.models import ImportFile

UPLOAD = "admin:imports_importfile_add"
State = ImportFile.State


TWO = [person(1, "Siti Aminah"), person(2, "Ani")]


def lines(rows):
    return "\r\n".join("\t".join(row) for row in rows) + "\r\n"


def header_of(text):
    return pasting.file_of(text, REGISTER).decode().split("\n")[0].split("\t")


@pytest.mark.parametrize(
    ("text", "header"),
    [
        (lines([["Nama", "NIK", "HP"], person()]), ["Nama", "NIK", "HP"]),
        (
            lines(TWO),
            ["Nama lengkap (tebakan)", "NIK (tebakan)", "Nomor HP (tebakan)"],
        ),
        (
            lines([["1", "05/03/1990", "siti@example.com", *person()]]),
            ["Kolom 1", "Tanggal lahir (tebakan)", "Email (tebakan)", "Nama lengkap (tebakan)",
             "NIK (tebakan)", "Nomor HP (tebakan)"],
        ),
        (
            "Siti;+62 812-3456-7890\nAni;81234567891",
            ["Nama lengkap (tebakan)", "Nomor HP (tebakan)"],
        ),
        (lines([["Nama", "NIK"], [*person(), "catatan"]]), ["Nama", "NIK", "Kolom 3", "Kolom 4"]),
    ],
)  # fmt: skip
def test_columns_are_told_by_headings_or_by_what_stands_in_them(text, header):
    assert header_of(text) == header


@pytest.mark.parametrize("text", ["", " \n\t\t\n", "\r\n"])
def test_nothing_pasted_is_told(text):
    with pytest.raises(SpreadsheetError, match="Tidak ada sel"):
        pasting.file_of(text, REGISTER)


@pytest.fixture
def officer(client, register):
    user = MembershipFactory(role=Membership.Role.HEAD_OFFICE).user
    client.force_login(user)
    return user


def paste(client, text, **facts):
    return client.post(reverse(UPLOAD), {"profile": "register", "pasted": text, **facts})


def checked():
    file = ImportFile.objects.get()
    services.process_file(file.pk)
    file.refresh_from_db()
    return file


def test_pasted_people_without_headings_are_checked_and_shown_as_guesses(client, officer):
    answer = paste(client, lines([*TWO, ["Budi", "", ""]]))
    file = checked()

    assert answer.status_code == 302
    assert file.name.startswith("Tempelan ")
    assert file.state == State.CHECKED
    assert (file.total_rows, file.created_count, file.rejected_count) == (3, 2, 1)
    assert len(file.guesses) == 3
    page = client.get(reverse("admin:imports_importfile_change", args=[file.pk])).content.decode()
    assert page.count("Tolong dipastikan") == 3


def test_columns_that_nobody_recognises_are_asked_for(client, officer):
    paste(client, lines([["A1", "081234567801"], ["B2", "081234567802"]]))

    assert checked().state == State.READ


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "Pilih berkas dahulu, atau tempel selnya."),
        ({"pasted": " \n "}, "Pilih berkas dahulu, atau tempel selnya."),
        ({"pasted": "x" * 2_000_001}, "Tempelan terlalu panjang."),
    ],
)
def test_neither_file_nor_cells_is_told(client, officer, facts, sentence):
    answer = client.post(reverse(UPLOAD), {"profile": "register", **facts})

    assert sentence in answer.content.decode()
    assert not ImportFile.objects.exists()


def test_file_and_cells_together_are_refused(client, officer, make_file):
    path = make_file([{"Nama": "Siti", "HP": "081234567801"}])

    with path.open("rb") as file:
        answer = paste(client, lines(TWO), file=file)

    assert "Pilih salah satu" in answer.content.decode()
    assert not ImportFile.objects.exists()
