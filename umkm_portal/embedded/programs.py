"""The programs a portal consists of, and the order in which they stop."""

import signal
import sys

from django.conf import settings

from umkm_portal.embedded.address import Address
from umkm_portal.embedded.folder import DataFolder
from umkm_portal.embedded.processes import CELERY, Program

BEHIND_PAGES = "10"
"""How much later the system lets a worker of files have its turn than the web server."""


def catcher_program(port: int) -> Program:
    return Program("mail", (sys.executable, "-m", "umkm_portal.embedded.catcher", str(port)))


def portal_programs(address: Address, folder: DataFolder) -> list[Program]:
    """Web server, workers with one pool per queue, and the one schedule."""
    web = Program(
        "web",
        (
            *(sys.executable, "-m", "gunicorn", "umkm_portal.wsgi:application"),
            *("--bind", f"{address.host}:{address.port}", "--no-control-socket"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
            *("--graceful-timeout", "2", "--log-level", "warning"),
        ),
    )
    beat = (
        *_celery("beat", "--loglevel", "WARNING", "--pidfile", ""),
        *("--schedule", str(folder.run / "beat-schedule")),
    )
    return [
        web,
        worker_program("bulk", settings.PORTAL_PROCESSES),
        worker_program("urgent", 1),
        worker_program("imports", 1),
        Program("beat", beat),
    ]


def worker_program(queue: str, processes: int) -> Program:
    """A Celery worker that serves only this queue; files wait for pages, never pages for files."""
    command = (
        *(("nice", "-n", BEHIND_PAGES) if queue == "imports" else ()),
        *_celery("worker", "--queues", queue, "--concurrency", str(processes)),
        *("--hostname", f"{queue}@%h", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle"),
    )
    return Program(queue, command, stop_steps=CELERY, orphan_signal=signal.SIGQUIT)


def _celery(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "-q", "-A", "umkm_portal.celery", *arguments)


def stop_tier(name: str) -> int:
    """Tiers stop from the highest down: all that sends mail, then the catcher, which it needs."""
    return 0 if name == "mail" else 1
