"""Shapes of files through this door: the catalogue of bad ones, sheets that decide, the command."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from partners.curation import services as curation
from partners.models import CurationDecision
from tests.catalogue import builders
from tests.catalogue.outcomes import cases, sentences_of
from tests.partners.curation.conftest import book, check, make_call, person, shown
from umkm_portal.imports import pages, profiles, services
from umkm_portal.imports.models import ImportFile

pytestmark = pytest.mark.usefixtures("register")
State = ImportFile.State


SHORT = [case for case in cases() if not case.is_long]


@pytest.mark.parametrize(
    "kinds", [SHORT[::12], pytest.param(SHORT, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_every_kind_of_bad_file_is_answered(call, kinds):
    """One after the other in one register: nothing of a file may stay behind."""
    for case in kinds:
        file, _ = curation.receive_list(
            [case.make()],
            name=case.name,
            call=call,
            uploader=None,
            all_pass=True,
            now=timezone.now(),
        )
        services.process_file(file.pk)
        file.refresh_from_db()
        sentences = sentences_of(file)
        assert file.state in (State.CHECKED, State.READ, State.FAILED), case.sent
        assert sentences, case.sent
        assert not any("ketik ulang NIK" in s or "Traceback" in s for s in sentences), case.sent
        assert (file.state == State.FAILED) == (not file.source.is_file()), case.sent
        if file.state == State.CHECKED:
            seen = curation.preview(file)
            assert seen.acceptable + seen.to_repair + seen.repeated == file.total_rows, case.sent
    assert not CurationDecision.objects.exists()


def test_without_a_result_the_uploader_or_the_sheet_decides(call, tmp_path):
    siti, budi = person("Siti"), person("Budi")
    rows = [{"Kode Peserta": shown(p)} for p in (siti, budi)]
    file = check(book(tmp_path, rows), call)
    assert file.state == State.READ
    assert pages.missing_of(file, profiles.get("kurasi")) == ["Hasil kurasi"]

    curation.say_all_pass(file)
    services.process_file(file.pk)
    file.refresh_from_db()
    assert curation.preview(file).outcomes == {"passed": 2}

    by_sheet = builders.sheets(
        {
            "Lolos": [["Kode Peserta"], [shown(siti)]],
            "Tidak Lolos": [["Kode Peserta"], [shown(budi)]],
        }
    )
    path = tmp_path / "lembar.xlsx"
    path.write_bytes(by_sheet)
    assert curation.preview(check(path, call)).outcomes == {"passed": 1, "failed": 1}

    crosses = book(tmp_path, [{**row, "Hasil": "x"} for row in rows], "silang.xlsx")
    assert "hanya berupa tanda x" in check(crosses, call).file_error


def test_the_command_reports_and_says_the_same_again(call, tmp_path, capsys):
    siti, budi = person("Siti"), person("Budi")
    rows = [{"Kode Peserta": shown(p), "Hasil": "Lolos"} for p in (siti, budi)]
    rows += [{"Kode Peserta": "JKP-XXXX-XXXX", "Hasil": "Lolos"}]
    rows += [{"Link Toko": "shopee.co.id/asing", "Hasil": "TL"}]

    def run(path, *options, slug=call.slug, partner="shopee"):
        call_command(
            "import_curation", str(path), "--partner", partner, "--call", slug, *options, "--json"
        )
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    def counts(report):
        names = ("rows", "created", "updated", "same", "rejected", "review", "version")
        return [report[name] for name in names]

    path = book(tmp_path, rows)
    assert counts(run(path)) == [4, 2, 0, 0, 1, 1, None]
    assert not CurationDecision.objects.exists()
    applied = run(path, "--apply")
    assert counts(applied) == [4, 2, 0, 0, 1, 1, 1]
    assert (applied["problems"][0]["row"], applied["file_error"]) == (4, None)
    assert applied["error_file"].endswith("daftar-perlu-diperbaiki.xlsx")
    assert counts(run(path, "--apply")) == [4, 2, 0, 0, 1, 1, 1]
    assert counts(run(book(tmp_path, rows[::-1], "acak.xlsx"), "--apply")) == [4, 0, 0, 2, 1, 1, 1]

    make_call("live", platform="tiktok")
    with pytest.raises(CommandError, match="shopee has no call live"):
        run(path, slug="live")
