"""The commands: contracts of their reports, exit codes, and the same file from the same seed."""

import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command

from participants.models import Participant
from participants.samples import messy_sample
from umkm_portal.common import nik
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.uploads import FOLDER

REPORT = {
    *("rows", "created", "updated", "same", "rejected", "review"),
    *("error_file", "file_error", "problems"),
}


def run(*arguments):
    """(exit code, the lines of standard output)"""
    out = io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out)
    except CommandError as refusal:
        return refusal.returncode, out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def report_of(*arguments):
    code, lines = run("import_participants", *arguments, "--json")
    return code, json.loads(lines[-1])


def test_import_without_apply_reports_and_writes_nothing(register, sample):
    code, report = report_of(sample(50, dirt=10))

    assert code == 0
    assert report.keys() >= REPORT
    assert (report["rows"], report["created"], report["rejected"]) == (50, 45, 5)
    assert Participant.objects.count() == 0
    assert ImportFile.objects.get().state == "cancelled"


def test_import_with_apply_writes_and_names_problems(register, sample):
    code, report = report_of(sample(50, dirt=10), "--apply")

    assert (code, report["created"], report["file_error"]) == (0, 45, None)
    assert {"row", "column", "message"} <= report["problems"][0].keys()
    assert len({problem["row"] for problem in report["problems"]}) == 5
    assert Participant.objects.count() == 45
    assert report["error_file"].endswith("sampel-perlu-diperbaiki.xlsx")


def test_the_error_file_is_for_its_owner_only(register, sample):
    from pathlib import Path

    _, report = report_of(sample(50, dirt=10), "--apply")

    assert Path(report["error_file"]).stat().st_mode & 0o077 == 0


def test_the_same_file_again_gives_the_old_report(register, sample):
    path = sample(30, dirt=10)
    first = report_of(path, "--apply")

    assert report_of(path, "--apply") == first


def test_a_check_after_a_check_starts_again(register, sample):
    path = sample(5)

    assert report_of(path)[1]["created"] == 5
    assert report_of(path)[1]["created"] == 5


@pytest.mark.parametrize("arguments", [("tidak-ada.csv",), (".",)])
def test_a_path_without_a_file_is_wrong_usage(register, arguments):
    assert run("import_participants", *arguments)[0] == 2


def zip_of(**parts):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return content.getvalue()


HOSTILE = {
    "empty": b"",
    "zeros": b"\0" * 5_000,
    "picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "page": b"<html><table><tr><td>Nama</td></tr></table></html>",
    "truncated": b"PK\x03\x04 half a workbook",
    "zip": zip_of(berkas="x"),
    "bomb": zip_of(xl__workbook_xml=b"0" * 80_000_000),
    "encrypted": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 9,
    "macro": zip_of(xl__workbook_xml=b"<x/>", xl__vbaProject="x").replace(
        b"xl/vbaProject", b"vbaProject.bin"
    ),
    "no header": b"satu;dua\n1;2\n",
    "no rows": b"Nama;NIK\n",
    "open quote": b'Nama;NIK\n"Siti;3171994101900001\n',
    "long cell": b"Nama;NIK\n" + b"x" * 200_000 + b";1\n",
    "many columns": b"Nama;NIK" + b";k" * 500 + b"\n" + b"a;b" + b";c" * 500 + b"\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_ends_in_one_sentence_and_leaves_nothing(register, settings, tmp_path, kind):
    path = tmp_path / "berkas.xlsx"
    path.write_bytes(HOSTILE[kind])

    code, report = report_of(path, "--apply")

    assert code == 1
    assert report["file_error"][0].isupper()
    assert report["file_error"].endswith(".")
    assert "Traceback" not in report["file_error"]
    folder = settings.MEDIA_ROOT / FOLDER
    assert not folder.exists() or list(folder.iterdir()) == []
    assert not ImportFile.objects.filter(rows__isnull=False).exists()
    assert Participant.objects.count() == 0


# --- make_participants -----------------------------------------------------------------
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_make_participants_writes_by_the_suffix(tmp_path, suffix):
    path = tmp_path / f"orang.{suffix}"

    code, lines = run("make_participants", 40, "--out", path, "--dirt", 25, "--json")

    report = json.loads(lines[-1])
    assert (code, report["rows"], report["dirty"]) == (0, 40, 10)
    assert sum(report["dirt"].values()) == 10
    assert path.read_bytes().startswith(b"PK" if suffix == "xlsx" else b"\xef\xbb\xbf")


def test_the_same_seed_gives_the_same_people(tmp_path):
    def made(seed):
        path = tmp_path / f"{seed}.csv"
        run("make_participants", 60, "--out", path, "--seed", seed, "--dirt", 10)
        content = path.read_bytes()
        path.unlink()
        return content

    assert made(5) == made(5)
    assert made(5) != made(6)


@pytest.mark.parametrize(
    "arguments",
    [(-1, "--out", "a.csv"), (5, "--out", "a.pdf"), (5, "--out", "a.csv", "--dirt", 101)],
)
def test_make_participants_refuses_wrong_usage(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)

    assert run("make_participants", *arguments)[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_invented_people_look_like_the_register():
    from participants.samples.files import make_people

    people = [sample.cells for sample in make_people(12_000, seed=3)]

    def share(condition):
        return sum(map(condition, people)) / len(people)

    ready = share(lambda p: p["is_active"] == "ya" and p.get("is_willing") == "ya")
    assert 0.55 < ready < 0.65
    assert 0.05 < share(lambda p: "district" not in p) < 0.07
    assert 0.13 < share(lambda p: "email" not in p) < 0.17
    assert 0.05 < share(lambda p: " " not in p["full_name"]) < 0.2
    assert 0.01 < 1 - len({p["phone"] for p in people}) / len(people) < 0.05
    niks = {p["nik"] for p in people}
    assert len(niks) == len(people)
    assert all(n[4:6] == nik.SYNTHETIC_DISTRICT and n[12:] != "0000" for n in niks)


def test_the_sample_of_the_tour_has_rows_to_repair(register, tmp_path):
    path = tmp_path / "contoh.xlsx"
    dirt = messy_sample(path)

    _, report = report_of(path)

    assert (report["rows"], report["rejected"]) == (120, dirt.total()) == (120, 18)
    assert len({problem["repair"] for problem in report["problems"]}) >= 6
