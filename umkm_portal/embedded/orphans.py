"""What a killed portal left running is ended by whoever notices first: keeper or next portal.

On Linux the parent-death signal ends most of it at once; this also covers process groups that
outlive their leader, and systems without that signal.
"""

import json

from umkm_portal.embedded.folder import DataFolder
from umkm_portal.embedded.locks import FileLock
from umkm_portal.embedded.processes import end_groups

PATIENCE_SECONDS = 8.0


def end_orphans(folder: DataFolder) -> None:
    """End the process groups named in a state file whose portal is gone; hold the portal lock."""
    try:
        state = json.loads(folder.portal_state.read_text())
    except (OSError, ValueError):
        return
    end_groups(
        [pid for pid in state.get("processes", {}).values() if pid], patience=PATIENCE_SECONDS
    )
    folder.portal_state.unlink(missing_ok=True)


def end_orphans_of_killed_portal(folder: DataFolder) -> None:
    """The keeper's regular look: does nothing while the portal lives or ended properly."""
    if not folder.portal_state.exists():
        return
    lock = FileLock(folder.portal_lock)
    if lock.acquire():
        try:
            end_orphans(folder)
        finally:
            lock.release()
