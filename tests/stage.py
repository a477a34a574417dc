"""Real processes for tests and benchmarks: Celery workers, beat, a broker of their own.

They reach the database of the running test through DATABASE_URL, as a production does.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from umkm_portal.embedded import binaries

ROOT = Path(__file__).resolve().parent.parent
APP = "tests.celery_app"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(*, redis_url, email_url, **more):
    """What a process needs to work on the database of this one."""
    database = connection.settings_dict
    login = f"{database['USER']}:{database['PASSWORD']}"
    place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{login}@{place}",
        "REDIS_URL": redis_url,
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "INDEX_KEYS": ",".join(settings.INDEX_KEYS),
        "PORTAL_URL": settings.PORTAL_URL,
        "ALLOWED_HOSTS": "localhost",
        "EMAIL_URL": email_url,
        "PYTHONPATH": str(ROOT),
        **{name: str(value) for name, value in more.items()},
    }


def forget_connections():
    """For a forked child: what it has inherited stays its parent's, and it connects anew.

    Once a browser was open the main thread has a connection for the time of its event loop, and
    one from before. The child, which has no loop, would go on with the latter, and what it had
    locked when it was killed would stay locked by its parent.
    """
    with contextlib.suppress(AttributeError):
        del connections["default"]


class Broker:
    """A Valkey server that can be killed and come back empty on the same port."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *failure):
        self.kill()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        program = binaries.find_valkey(self.folder, None)
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("the broker does not answer")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart_empty(self):
        self.kill()
        self.start()


class CeleryProcess:
    """A worker or beat, in a process group of its own."""

    def __init__(self, *arguments, env, log_path):
        self.arguments = arguments
        self.env = env
        self.log_path = log_path
        self.process = None
        self._is_over = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *failure):
        self.end()

    def start(self):
        """Start it, and again whenever it died: Celery gives up when it loses its broker and a
        child at the same moment, and every installation has somebody who starts it again.
        """
        self._spawn()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _keep(self):
        while not self._is_over.wait(0.2):
            with self._lock:
                if not self._is_over.is_set() and self.process.poll() is not None:
                    self._spawn()

    def _spawn(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-q", "-A", APP, *self.arguments],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self):
        """The parent and all its children at once; they are started again."""
        with self._lock:
            self._kill_group()

    def end(self):
        """The same, for good."""
        self._is_over.set()
        self.kill()

    def stop(self, *, seconds=30):
        """As a supervisor does, for good; waits until it is gone, or raises TimeoutExpired."""
        self._is_over.set()
        self.process.terminate()
        self.process.wait(timeout=seconds)

    def _kill_group(self):
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def children(self):
        """Process ids of the pool."""
        pid = self.process.pid
        try:
            return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except FileNotFoundError:
            return []


def worker(queues, *, processes, env, log_path):
    return CeleryProcess(
        "worker",
        *("--queues", queues, "--concurrency", str(processes), "--loglevel", "WARNING"),
        *("--hostname", f"{queues.partition(',')[0]}@%h"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        env=env,
        log_path=log_path,
    )


def beat(*, env, log_path, folder):
    return CeleryProcess(
        "beat",
        *("--pidfile", "", "--schedule", str(folder / "beat-schedule"), "--loglevel", "WARNING"),
        env=env,
        log_path=log_path,
    )


def wait_until(condition, *, seconds, step=0.05):
    """The first true result of `condition`, or TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(step)
    raise TimeoutError(f"not within {seconds} seconds")
