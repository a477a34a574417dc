"""One server as a child process: start, wait until it answers, stop, and say why it did not."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from umkm_portal.embedded import deathsig
from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.folder import ServerUser, as_server_user
from umkm_portal.embedded.ports import free_port, port_is_free

START_SECONDS = 60
STOP_SECONDS = 20
PORT_ATTEMPTS = 5
FREE_BYTES_NEEDED = 300 * 1024 * 1024
LOG_BYTES = 5 * 1024 * 1024
DISK_FULL = ("No space left on device", "Disk quota exceeded")
PORT_TAKEN = ("Address already in use", "could not bind")


class PortTaken(Exception):
    """Another program took the port between our choice and the server's start."""


class Server:
    """A running server process with its port and log."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        *,
        port: int,
        stop_signal: signal.Signals,
        log: Path,
        log_begin: int,
    ) -> None:
        self.process = process
        self.port = port
        self.stop_signal = stop_signal
        self.log = log
        self.log_begin = log_begin

    def is_running(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        """What it has logged since it was started."""
        with self.log.open("rb") as stream:
            stream.seek(self.log_begin)
            return stream.read(200_000).decode(errors="replace")

    def wait_until(self, is_ready: Callable[[], bool], *, failure: str) -> None:
        """Return once it answers; raises PortTaken, or EmbeddedError that begins with `failure`."""
        deadline = time.monotonic() + START_SECONDS
        while self.is_running() and time.monotonic() < deadline:
            if is_ready():
                return
            time.sleep(0.02)
        self.stop()
        said = self.said()
        if any(mark in said for mark in PORT_TAKEN):
            raise PortTaken
        raise start_failure(failure, said, self.log)

    def stop(self) -> None:
        """Stop cleanly; by force only when it does not stop in time."""
        if self.is_running():
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def spawn(
    command: Sequence[str | Path],
    *,
    user: ServerUser | None,
    port: int,
    log: Path,
    stop_signal: signal.Signals,
) -> Server:
    """Start a server that ends with us; call it from the main thread (see `deathsig`)."""
    _rotate(log)
    with log.open("ab") as stream:
        begin = stream.tell()
        process = subprocess.Popen(
            command,
            **as_server_user(user),
            env=server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            preexec_fn=deathsig.die_with_parent(stop_signal),
        )
    return Server(process, port=port, stop_signal=stop_signal, log=log, log_begin=begin)


def on_free_port(start: Callable[[int], Server], wanted: int | None) -> Server:
    """Start on the wanted port where it is free, else on any free one."""
    port = wanted if wanted and port_is_free(wanted) else free_port()
    for _ in range(PORT_ATTEMPTS):
        try:
            return start(port)
        except PortTaken:
            port = free_port()
    raise EmbeddedError("no free port was found on 127.0.0.1 for the embedded servers.")


def server_environment() -> dict[str, str]:
    """No PGDATA, PGOPTIONS and the like; English messages, because we read the logs."""
    names = ("PATH", "TZ", "PYTHONPATH")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def start_failure(failure: str, said: str, place: Path) -> EmbeddedError:
    """The sentence for what a server said before it ended."""
    if any(mark in said for mark in DISK_FULL):
        return disk_full(place)
    lines = [line for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
    last = (telling or lines or ["(nothing)"])[-1].strip()
    return EmbeddedError(
        f"{failure}: {last} (more in {place}). If the data folder is damaged, restore a backup, "
        "or delete the data folder to start again empty."
    )


def disk_full(place: Path) -> EmbeddedError:
    """The sentence for a disk without room, with the amount that is needed."""
    return EmbeddedError(
        f"the disk that holds {place} is full: free at least "
        f"{FREE_BYTES_NEEDED // 1024**2} MB and start again."
    )


def refuse_full_disk(place: Path) -> None:
    if shutil.disk_usage(place).free < FREE_BYTES_NEEDED:
        raise disk_full(place)


def write_for(user: ServerUser | None, path: Path, text: str) -> None:
    """A file of mode 0600 that only the server user can read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    if user is not None:
        os.chown(path, user.uid, user.gid)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
