"""The portal's own processes: start, watch, start again with back-off, stop in tiers.

Each is the leader of a process group of its own, so that a Ctrl-C in the terminal reaches only
the supervisor, which stops them in order, and so that nothing of a group can be left behind.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

from umkm_portal.embedded import deathsig
from umkm_portal.embedded.folder import CHECKOUT

LONGEST_PAUSE = 30.0
SETTLED_SECONDS = 60.0
POLL_SECONDS = 0.05

Printer = Callable[[str, str], None]


@dataclass(frozen=True)
class StopStep:
    """One signal, and how long we wait after it before the next one."""

    number: signal.Signals
    seconds: float


GENTLY = (StopStep(signal.SIGTERM, 4.0),)
CELERY = (StopStep(signal.SIGTERM, 3.0), StopStep(signal.SIGQUIT, 7.0))
"""Celery finishes its tasks on SIGTERM; on SIGQUIT it ends them after its soft time-out."""


@dataclass(frozen=True)
class Program:
    """What to run under a name, and how it wants to be stopped."""

    name: str
    command: tuple[str, ...]
    stop_steps: tuple[StopStep, ...] = GENTLY
    orphan_signal: signal.Signals = signal.SIGTERM


@dataclass
class Child:
    """One running program of the portal, started again whenever it ends by itself."""

    program: Program
    environment: Mapping[str, str]
    say: Printer
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    started_at: float = 0.0
    start_again_at: float | None = None
    last_lines: list[str] = field(default_factory=list)
    _steps_taken: int = 0
    _reader: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        """Start it; from the main thread, to which the parent-death signal belongs."""
        self.start_again_at = None
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            deathsig.tethered(self.program.command, self.program.orphan_signal),
            cwd=CHECKOUT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(
            target=self._read, args=[self.process.stdout], daemon=True, name=f"read {self.name}"
        )
        self._reader.start()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait(self) -> int:
        """Wait for a program that ends by itself; its exit code."""
        if self.process is None:
            return 0
        code = self.process.wait()
        self.clear_up()
        return code

    def last_words(self) -> str:
        """The last line it has said, for a message."""
        return self.last_lines[-1] if self.last_lines else "it said nothing"

    def watch(self) -> bool:
        """Look after it once; True when it has just been started again.

        The pause before a new start doubles up to half a minute, and is forgotten once the
        program has run for a minute.
        """
        now = time.monotonic()
        if self.is_running():
            if now - self.started_at > SETTLED_SECONDS:
                self.restarts = 0
            return False
        if self.start_again_at is None:
            pause = min(LONGEST_PAUSE, 0.5 * 2**self.restarts)
            self.start_again_at = now + pause
            self._end_group()
            self.say(self.name, f"ended ({self._how()}); starts again in {pause:g} s")
        if now < self.start_again_at:
            return False
        self.restarts += 1
        self.start()
        return True

    def begin_stop(self) -> None:
        """Ask it to stop with its first signal."""
        self._steps_taken = 1
        self._send(self.program.stop_steps[0].number)

    def urge(self, waited: float) -> None:
        """Ask more firmly, step by step, once `waited` seconds since `begin_stop` are too long."""
        steps = self.program.stop_steps
        if waited < sum(step.seconds for step in steps[: self._steps_taken]):
            return
        if self._steps_taken < len(steps):
            self._send(steps[self._steps_taken].number)
            self._steps_taken += 1
        else:
            self._end_group()

    def clear_up(self) -> None:
        """After its end: nothing of its group is left, and all it has said is told."""
        self._end_group()
        if self.process is not None:
            self.process.wait()
        if self._reader is not None:
            self._reader.join(2.0)

    def _send(self, number: signal.Signals) -> None:
        if self.is_running() and self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def _end_group(self) -> None:
        if self.process is not None:
            end_groups([self.process.pid], patience=0.0)

    def _how(self) -> str:
        code = self.process.returncode if self.process else 0
        return f"by signal {-code}" if code and code < 0 else f"exit code {code}"

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip()
                if line:
                    self.last_lines = [*self.last_lines[-4:], line]
                    self.say(self.name, line)


def stop_all(children: list[Child]) -> None:
    """Stop a tier: all are asked at once, and one that is slow delays no other."""
    begin = time.monotonic()
    for child in children:
        child.begin_stop()
    while running := [child for child in children if child.is_running()]:
        for child in running:
            child.urge(time.monotonic() - begin)
        time.sleep(POLL_SECONDS)
    for child in children:
        child.clear_up()


def end_groups(leaders: list[int], *, patience: float) -> None:
    """End every process of these groups, asking first when there is `patience` (seconds)."""
    deadline = time.monotonic() + patience
    if patience:
        _signal_groups(leaders, signal.SIGTERM)
    while any(_group_exists(leader) for leader in leaders) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    _signal_groups(leaders, signal.SIGKILL)


def _signal_groups(leaders: list[int], number: signal.Signals) -> None:
    for leader in leaders:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)


def _group_exists(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
