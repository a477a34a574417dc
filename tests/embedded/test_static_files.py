import os

from umkm_portal.embedded import static_files
from umkm_portal.embedded.folder import DataFolder


def test_the_fingerprint_changes_with_a_file(settings, tmp_path):
    settings.STATICFILES_DIRS = [tmp_path]
    before = static_files.fingerprint()

    style = tmp_path / "style.css"
    style.write_text("a{}")
    with_file = static_files.fingerprint()
    os.utime(style, (1, 1))
    touched = static_files.fingerprint()

    assert len({before, with_file, touched}) == 3
    assert static_files.fingerprint() == touched


def test_what_is_remembered_counts_only_while_the_files_are_there(settings, tmp_path):
    folder = DataFolder(tmp_path)
    folder.run.mkdir()
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    manifest.write_text("{}")

    static_files.remember(folder, "abc")
    assert static_files.collected(folder) == "abc"

    manifest.unlink()
    assert static_files.collected(folder) == ""
