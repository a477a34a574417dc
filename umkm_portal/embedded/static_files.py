"""Static files are collected only when one of them has changed: compressing takes seconds."""

import hashlib
import sys

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

from umkm_portal.embedded.folder import DataFolder
from umkm_portal.embedded.processes import Program

COLLECT = Program(
    "static",
    (sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"),
)


def fingerprint() -> str:
    """Changes when a static file comes, goes or is edited, or when they are kept elsewhere."""
    facts = [str(settings.STATIC_ROOT)]
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts.append(f"{path} {storage.size(path)} {storage.get_modified_time(path)}")
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def collected(folder: DataFolder) -> str:
    """The fingerprint of what was collected last; empty when that never ended well."""
    mark = folder.run / "static-files"
    is_there = (settings.STATIC_ROOT / "staticfiles.json").exists()
    return mark.read_text() if mark.exists() and is_there else ""


def remember(folder: DataFolder, collected_fingerprint: str) -> None:
    (folder.run / "static-files").write_text(collected_fingerprint)
