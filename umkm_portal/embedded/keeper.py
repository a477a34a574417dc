"""The keeper: a small process per data folder that owns the servers while anybody uses them.

`python -m umkm_portal.embedded.keeper DIR REPORT_FD [--throwaway]`. Every user holds a shared lock
on `users.lock`. The keeper starts the servers as its children and waits for the exclusive lock,
which the kernel grants when the last user is gone, even by kill -9. Then it stops the servers and
ends. If the keeper itself is killed, the parent-death signal stops the servers.
"""

import contextlib
import errno
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from umkm_portal.embedded import connection, keyring
from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.folder import DataFolder, server_user, servers_home
from umkm_portal.embedded.locks import FileLock
from umkm_portal.embedded.orphans import end_orphans_of_killed_portal
from umkm_portal.embedded.server import disk_full
from umkm_portal.embedded.servers import Servers

LOOK_SECONDS = 0.1
LOCK_SECONDS = 5.0
RETRY_SECONDS = 3.0


class Report:
    """One line to the process that started us, which may be gone by now."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor: int | None = descriptor

    def tell(self, **message: object) -> None:
        """Send the message; only the first one is heard, later ones go to the log."""
        line = json.dumps(message)
        if self.descriptor is None:
            print(line, flush=True)
            return
        with contextlib.suppress(OSError):
            os.write(self.descriptor, f"{line}\n".encode())
        os.close(self.descriptor)
        self.descriptor = None


def main(arguments: list[str]) -> int:
    folder, report = DataFolder(Path(arguments[0])), Report(int(arguments[1]))
    is_throwaway = "--throwaway" in arguments
    if os.fork():  # the parent ends at once, so that nobody has to wait for us as a child
        os._exit(0)
    _catch_stop_signals()
    lock = FileLock(folder.keeper_lock)
    if not lock.acquire(timeout=LOCK_SECONDS):
        report.tell(error=f"the servers of {folder.path} are already being started.")
        return 1
    try:
        return _keep(folder, report, is_throwaway=is_throwaway)
    finally:
        if is_throwaway:
            _remove(folder)
        lock.release()


def _keep(folder: DataFolder, report: Report, *, is_throwaway: bool) -> int:
    servers = None
    try:
        user = server_user()
        servers = Servers(
            folder,
            home=servers_home(folder, user),
            user=user,
            keys=keyring.read_or_create(folder.secrets),
            is_throwaway=is_throwaway,
        )
        _start(servers)
        report.tell(ready=True)
        _wait_for_last_user(servers)
        return 0
    except EmbeddedError as error:
        report.tell(error=str(error))
        return 1
    except OSError as error:
        report.tell(error=_sentence(error, folder))
        return 1
    finally:
        if servers is not None:
            _write_state(servers, running=False)
            servers.stop()


def _sentence(error: OSError, folder: DataFolder) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return str(disk_full(folder.path))
    return f"{error.strerror or error}: {error.filename or folder.path}."


def _start(servers: Servers) -> None:
    """On the ports of the last run where these are free: processes that live on reconnect."""
    last = connection.last_servers(servers.folder)
    servers.start(database_port=last.get("database_port"), redis_port=last.get("redis_port"))
    _write_state(servers, running=True)


def _wait_for_last_user(servers: Servers) -> None:
    """Return when no user is left, holding their lock; meanwhile restart servers that died."""
    users = FileLock(servers.folder.users_lock)
    not_before = 0.0
    while not users.acquire():
        time.sleep(LOOK_SECONDS)
        end_orphans_of_killed_portal(servers.folder)
        if time.monotonic() < not_before:
            continue
        try:
            if servers.restart_dead():
                _write_state(servers, running=True)
        except EmbeddedError as error:
            print(f"a server could not be started again: {error}", flush=True)
            not_before = time.monotonic() + RETRY_SECONDS
    end_orphans_of_killed_portal(servers.folder)


def _write_state(servers: Servers, *, running: bool) -> None:
    if servers.database is None or servers.broker is None:
        return
    state = {
        "running": running,
        "keeper_pid": os.getpid(),
        "database_port": servers.database.port,
        "database_pid": servers.database.process.pid,
        "redis_port": servers.broker.port,
        "redis_pid": servers.broker.process.pid,
    }
    if servers.folder.path.exists():
        keyring.write_private(servers.folder.servers_state, json.dumps(state))


def _remove(folder: DataFolder) -> None:
    if folder.where.exists():
        shutil.rmtree(folder.where.read_text().strip(), ignore_errors=True)
    shutil.rmtree(folder.path, ignore_errors=True)


def _catch_stop_signals() -> None:
    """SIGTERM ends us through the `finally` blocks; a closed terminal is no reason to end."""

    def stop(number: int, frame: object) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
