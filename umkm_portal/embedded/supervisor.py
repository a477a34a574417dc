"""The one-command portal: everything started in order, looked after, and stopped in order."""

import contextlib
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TextIO

from django.conf import settings
from django.core.management import call_command
from django.db import connection as database
from django.db import connections

from umkm_portal.embedded import connection, keyring, lease, static_files
from umkm_portal.embedded import folder as data_folder
from umkm_portal.embedded.address import Address, choose_address
from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.folder import DataFolder
from umkm_portal.embedded.locks import FileLock
from umkm_portal.embedded.orphans import end_orphans
from umkm_portal.embedded.ports import free_port, port_is_free
from umkm_portal.embedded.processes import Child, Program, stop_all
from umkm_portal.embedded.programs import catcher_program, portal_programs, stop_tier

WEB_START_SECONDS = 60.0
LOOK_SECONDS = 0.2
NAME_WIDTH = 8
LOG_BYTES = 5 * 1024 * 1024
ROOT_WARNING_OF_CELERY = "ignore:You're running the worker with superuser privileges"


class Stop(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class Supervisor:
    """One running portal on one data folder.

    Use it as a context manager from the main thread: entering starts everything, `look_after`
    keeps it running, leaving stops it in reverse order.
    """

    address: Address
    """Known once entered."""

    def __init__(self, *, host: str, port: int | None, is_once: bool = False) -> None:
        self.folder: DataFolder = data_folder.default_folder()
        self.host = host
        self.wanted_port = port
        self.is_once = is_once
        self.children: list[Child] = []
        self.catcher_port: int | None = None
        self._lock = FileLock(self.folder.portal_lock)
        self._log: TextIO | None = None

    # --- Start and stop -----------------------------------------------------------------------

    def __enter__(self) -> "Supervisor":
        data_folder.create(self.folder)
        self._become_the_only_one()
        try:
            self._open_log()
            port = free_port() if self.is_once and not self.wanted_port else self.wanted_port
            self.address = choose_address(self.host, port)
            self.catcher_port = self._choose_catcher_port()
            self._write_state(is_ready=False)
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        with _signals_ignored():
            if self.children:
                self.say("portal", "stopping")
            tiers = {child.name: stop_tier(child.name) for child in self.children}
            for tier in sorted(set(tiers.values()), reverse=True):
                stop_all([child for child in self.children if tiers[child.name] == tier])
            self.folder.portal_state.unlink(missing_ok=True)
            if self._log is not None:
                self._log.close()
                self._log = None
            self._lock.release()

    def _start(self) -> None:
        with self._static_files_being_collected():
            self.say("portal", "preparing the database")
            call_command("migrate", interactive=False, verbosity=0)
        if self.catcher_port:
            self._launch(catcher_program(self.catcher_port))
            self._wait_for_catcher(self.catcher_port)
        self._seed_first_data()
        connections.close_all()
        self.say("portal", "starting web server, workers and schedule")
        for program in portal_programs(self.address, self.folder):
            self._launch(program)
        self._wait_for_web()
        self._write_state(is_ready=True)

    @contextlib.contextmanager
    def _static_files_being_collected(self) -> Iterator[None]:
        """In a process of its own, beside the work of the block; nothing when none has changed."""
        wanted = static_files.fingerprint()
        if wanted == static_files.collected(self.folder):
            yield
            return
        self.say("portal", "collecting static files")
        child = self._launch(static_files.COLLECT)
        yield
        if child.wait() != 0:
            raise EmbeddedError(f"the static files could not be collected: {child.last_words()}")
        self.children.remove(child)
        static_files.remember(self.folder, wanted)

    def _become_the_only_one(self) -> None:
        """One portal per data folder: two schedules would do everything twice."""
        if not self._lock.acquire(timeout=1.0):
            # A keeper that clears up after a killed portal holds the lock for a few seconds.
            other = connection.running_portal(self.folder)
            if other.get("ready") or not self._lock.acquire(timeout=12.0):
                address = other.get("url", "an address it has not told yet")
                raise EmbeddedError(
                    f"a portal already runs on {self.folder.path}: {address} "
                    "(stop it with Ctrl-C there, or set PORTAL_DATA for a second one)."
                )
        end_orphans(self.folder)

    def _seed_first_data(self) -> None:
        """Demo data for an empty embedded database; a seeding that was cut off is repeated."""
        if not settings.DEMO or self.is_once:
            return
        unfinished = self.folder.run / "seeding"
        if unfinished.exists() or not _has_participants():
            self.say("portal", "filling the empty database with practice data (half a minute)")
            unfinished.touch()
            call_command("seed_demo", stdout=_Lines(self, "seed"))
            unfinished.unlink()

    # --- While it runs ------------------------------------------------------------------------

    def look_after(self) -> None:
        """Start again whatever has ended by itself; call it often, from the main thread."""
        held = lease.held()
        if held is not None and held.start_again_if_gone():
            self.say("portal", "the database servers were gone and have been started again")
        restarted = [child.watch() for child in self.children]
        if any(restarted):
            self._write_state(is_ready=True)

    def run(self) -> None:
        """Look after everything until somebody stops us."""
        while True:
            self.look_after()
            time.sleep(LOOK_SECONDS)

    def say(self, name: str, text: str) -> None:
        """One prefixed line on the terminal and in `logs/portal.log`."""
        for line in text.splitlines() or [""]:
            prefixed = f"{name:<{NAME_WIDTH}} | {line}\n"
            if self._log is not None:
                self._log.write(prefixed)
            with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
                sys.stdout.write(prefixed)
                sys.stdout.flush()

    def _launch(self, program: Program) -> Child:
        child = Child(program=program, environment=self._environment(), say=self.say)
        self.children.append(child)
        child.start()
        self._write_state(is_ready=False)
        return child

    def _environment(self) -> dict[str, str]:
        kept = dict(os.environ)
        warnings = [kept.get("PYTHONWARNINGS", ""), ROOT_WARNING_OF_CELERY]
        return kept | {
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            "PORTAL_DATA": str(self.folder.path),
            "PORTAL_URL": self.address.url,
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": ",".join(filter(None, warnings)),
        }

    def _write_state(self, *, is_ready: bool) -> None:
        state = {
            "pid": os.getpid(),
            "url": self.address.url,
            "port": self.address.port,
            "catcher_port": self.catcher_port,
            "ready": is_ready,
            "processes": {child.name: child.pid for child in self.children},
        }
        keyring.write_private(self.folder.portal_state, json.dumps(state))

    def _choose_catcher_port(self) -> int | None:
        return None if settings.EMAIL_URL or not settings.EMBEDDED else free_port()

    def _wait_for_catcher(self, port: int) -> None:
        self._wait_for(self.children[-1], lambda: not port_is_free(port), "the mail catcher")

    def _wait_for_web(self) -> None:
        web = next(child for child in self.children if child.name == "web")
        listen = "127.0.0.1" if self.address.host in ("0.0.0.0", "::") else self.address.host  # noqa: S104
        url = f"http://{listen}:{self.address.port}/healthz"
        self._wait_for(web, lambda: _answers(url), "the web server")

    def _wait_for(self, child: Child, is_ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WEB_START_SECONDS
        while not is_ready():
            if not child.is_running() or time.monotonic() > deadline:
                raise EmbeddedError(f"{what} did not start: {child.last_words()}")
            time.sleep(0.05)

    def _open_log(self) -> None:
        path = self.folder.logs / "portal.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_name("portal.log.1"))
        self._log = path.open("a", buffering=1)


class _Lines:
    """A stream for `call_command` that prefixes each line."""

    def __init__(self, supervisor: Supervisor, name: str) -> None:
        self.supervisor = supervisor
        self.name = name
        self.rest = ""

    def write(self, text: str) -> int:
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            self.supervisor.say(self.name, line)
        return len(text)

    def flush(self) -> None:
        pass


def _has_participants() -> bool:
    """Asked in SQL: the launcher stands below the app that owns the people."""
    with database.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM participants_participant)")
        return cursor.fetchone()[0]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def stop_signals() -> Iterator[None]:
    """Within this block SIGINT, SIGTERM and SIGHUP raise Stop in the main thread."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stop

    before = {
        number: signal.signal(number, stop)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _signals_ignored() -> Iterator[None]:
    """While stopping, a second Ctrl-C must not leave half of it behind."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
