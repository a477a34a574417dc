"""The register's profile, with the lists it needs, and files of invented people."""

import csv

import pytest

from participants.samples import write_sample
from tests.tables import load_lists
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.imports import services, uploads
from umkm_portal.imports.models import ImportFile


@pytest.fixture
def register(db, settings, tmp_path):
    """Regions, sectors and agencies on file; uploads in a folder of this test."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    load_lists()


@pytest.fixture
def make_file(tmp_path):
    """`make_file(rows, "x.csv")`: a file of dictionaries by heading."""

    def make(rows, name="daftar.csv"):
        path = tmp_path / name
        header = list(dict.fromkeys(key for row in rows for key in row))
        cells = [[row.get(key, "") for key in header] for row in rows]
        if path.suffix == ".xlsx":
            write_xlsx(path, header, cells)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter=";").writerows([header, *cells])
        return path

    return make


@pytest.fixture
def sample(tmp_path):
    """`sample(200, dirt=5)`: a file of invented people."""

    def make(count, *, dirt=0, seed=1, name="sampel.csv"):
        path = tmp_path / name
        write_sample(path, count, seed=seed, dirt=dirt)
        return path

    return make


def receive(path, *, profile="register", **facts):
    file, _ = services.receive_file(
        uploads.blocks_of(path), name=path.name, profile=profile, **facts
    )
    return file


def check(path, **facts):
    """The file after reading and checking."""
    file = receive(path, **facts)
    services.process_file(file.pk)
    file.refresh_from_db()
    return file


def bring_in(path, *, by=None, **facts):
    """The file after everything: read, checked, accepted, applied."""
    from django.utils import timezone

    file = check(path, **facts)
    if file.state == ImportFile.State.CHECKED:
        services.approve_file(file, by=by, now=timezone.now())
        services.apply_file(file.pk)
        file.refresh_from_db()
    return file


def counts(file):
    return {
        name: getattr(file, f"{name}_count")
        for name in ("created", "updated", "same", "rejected", "review")
        if getattr(file, f"{name}_count")
    }
