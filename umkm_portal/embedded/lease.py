"""Using the embedded servers: the first user starts them, the last one stops them."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from umkm_portal.embedded import connection, keyring
from umkm_portal.embedded import folder as data_folder
from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.folder import DataFolder
from umkm_portal.embedded.locks import FileLock, is_held

__all__ = ["EmbeddedError", "Lease", "servers_for"]

WITHOUT_SERVERS = {
    *("check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help"),
    *("makemessages", "makemigrations", "startapp", "startproject", "version"),
}
ASKS_ONLY_FOR_HELP = {"-h", "--help", "--version"}
URLS = ("DATABASE_URL", "REDIS_URL")
ONCE_RATE = "100"
"""Messages a second of `portal --once`, which nobody watches."""
START_SECONDS = 90.0
STOP_SECONDS = 25.0


@contextlib.contextmanager
def servers_for(argv: Sequence[str]) -> Iterator[None]:
    """Hold the embedded servers while a management command runs that needs them.

    Does nothing when DATABASE_URL or REDIS_URL is set or the command needs no database. Raises
    EmbeddedError when the servers cannot be started.
    """
    if is_once(argv):
        _refuse_urls_for_once()
    if not needs_servers(argv):
        yield
        return
    with _folder_for(argv) as (folder, is_throwaway), Lease(folder, is_throwaway=is_throwaway):
        yield


def needs_servers(argv: Sequence[str]) -> bool:
    """Whether this command line works with a database that we have to bring."""
    if any(os.environ.get(name, "").strip() for name in URLS):
        return False
    command = argv[1] if len(argv) > 1 else "help"
    return command not in WITHOUT_SERVERS and not ASKS_ONLY_FOR_HELP & set(argv[1:])


def is_once(argv: Sequence[str]) -> bool:
    """Whether this is `portal --once`, which works on throwaway data only."""
    return list(argv[1:2]) == ["portal"] and "--once" in argv


def _refuse_urls_for_once() -> None:
    named = [name for name in (*URLS, "EMAIL_URL") if os.environ.get(name, "").strip()]
    if named:
        raise EmbeddedError(
            f"portal --once works on throwaway data only: unset {' and '.join(named)} first."
        )


@contextlib.contextmanager
def _folder_for(argv: Sequence[str]) -> Iterator[tuple[DataFolder, bool]]:
    """The installation's folder, or a temporary one for `portal --once`."""
    if not is_once(argv):
        yield data_folder.default_folder(), False
        return
    os.environ.setdefault("DEMO_RATE", ONCE_RATE)
    with throwaway_folder() as folder:
        yield folder, True


@contextlib.contextmanager
def throwaway_folder() -> Iterator[DataFolder]:
    """A temporary data folder that this process and its children take for theirs."""
    folder = DataFolder(Path(tempfile.mkdtemp(prefix="portal-umkm-")))
    before = os.environ.get("PORTAL_DATA")
    os.environ["PORTAL_DATA"] = str(folder.path)
    try:
        yield folder
    finally:
        os.environ.pop("PORTAL_DATA")
        if before is not None:
            os.environ["PORTAL_DATA"] = before
        shutil.rmtree(folder.path, ignore_errors=True)


_held: "Lease | None" = None


def held() -> "Lease | None":
    """This process's lease, or None when it brought no servers."""
    return _held


class Lease:
    """One user's hold on the servers of a data folder; ends with the process at the latest."""

    def __init__(self, folder: DataFolder, *, is_throwaway: bool = False) -> None:
        self.folder = folder
        self.is_throwaway = is_throwaway
        self._lock = FileLock(folder.users_lock)

    def __enter__(self) -> "Lease":
        self.acquire()
        return self

    def __exit__(self, *failure: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Count as a user and make sure that the servers answer.

        Waits while a keeper is stopping, then starts a new one.
        """
        global _held
        data_folder.create(self.folder)
        starting = FileLock(self.folder.start_lock)
        if not starting.acquire(timeout=START_SECONDS):
            raise EmbeddedError(f"another command has been starting {self.folder.path} for long.")
        try:
            keyring.read_or_create(self.folder.secrets)
            if not self._lock.acquire(shared=True, timeout=STOP_SECONDS):
                raise EmbeddedError(f"the servers of {self.folder.path} do not stop; try again.")
            self._start_keeper_if_gone()
        except BaseException:
            self._lock.release()
            raise
        finally:
            starting.release()
        _held = self

    def start_again_if_gone(self) -> bool:
        """Start the servers again after their keeper was killed; True if that was so."""
        if is_held(self.folder.keeper_lock):
            return False
        self.release()
        self.acquire()
        return True

    def release(self) -> None:
        """Stop counting as a user; the last one waits until the servers have stopped.

        So a container may end right after us and still leave a clean database.
        """
        global _held
        _held = None
        self._lock.release()
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and is_held(self.folder.keeper_lock):
            if self._others_use_it():
                return
            time.sleep(0.05)

    def _others_use_it(self) -> bool:
        if not self.folder.users_lock.exists():
            return False
        alone, probe = FileLock(self.folder.users_lock), FileLock(self.folder.users_lock)
        if alone.acquire():
            alone.release()
            return False
        won = probe.acquire(shared=True)
        probe.release()
        return won

    def _start_keeper_if_gone(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while is_held(self.folder.keeper_lock):
            if connection.running_servers(self.folder):
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(f"the servers of {self.folder.path} do not get ready.")
            time.sleep(0.05)
        self._start_keeper()

    def _start_keeper(self) -> None:
        read_end, write_end = os.pipe()
        command = [sys.executable, "-m", "umkm_portal.embedded.keeper"]
        command += [str(self.folder.path), str(write_end)]
        command += ["--throwaway"] if self.is_throwaway else []
        try:
            with (self.folder.logs / "keeper.log").open("wb") as log:
                subprocess.run(
                    command,
                    cwd=data_folder.CHECKOUT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[write_end],
                    start_new_session=True,
                    check=False,
                )
        finally:
            os.close(write_end)
        with os.fdopen(read_end) as stream:
            line = stream.readline()
        report = json.loads(line) if line else {}
        if not report.get("ready"):
            raise EmbeddedError(report.get("error") or self._silent_end())

    def _silent_end(self) -> str:
        return (
            "the embedded servers ended before they were ready; "
            f"{self.folder.logs / 'keeper.log'} says why."
        )
