"""Processes that use embedded servers of their own folder, and looks at what they leave."""

import json
import os
import pwd
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from umkm_portal.embedded.folder import CHECKOUT

HOLD = """
import json, sys
from umkm_portal.embedded import connection, folder, lease
try:
    with lease.servers_for(["manage.py", "migrate"]):
        running = connection.running_servers(folder.default_folder())
        print(json.dumps({**running, "url": connection.current().database_url}), flush=True)
        sys.stdin.read()
except lease.EmbeddedError as error:
    print(json.dumps({"error": str(error)}), flush=True)
    sys.exit(1)
"""
UNSET = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PORTAL_URL", "PORTAL_DATA")


def environment(data, **more):
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {**kept, "PORTAL_DATA": str(data), **more}


class Holder:
    """A process that holds the servers until `leave`."""

    def __init__(self, data, *, checkout=CHECKOUT, python=(sys.executable,), user=None, **more):
        self.process = subprocess.Popen(
            [*python, "-c", HOLD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=checkout,
            env=environment(data, **more),
            **({"user": user, "group": user, "extra_groups": []} if user else {}),
        )

    def wait_until_ready(self):
        self.servers = json.loads(self.process.stdout.readline())
        return self.servers

    def leave(self):
        self.process.communicate(timeout=60)

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=60)


def refusal(data, **options):
    """The sentence with which the servers of this folder refuse to start."""
    holder = Holder(data, **options)
    said = holder.wait_until_ready()
    holder.leave()
    assert "error" in said, "it started"
    return said["error"]


def processes_below(data):
    """Command lines of running processes that name this folder, whoever runs them."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                around = (entry / "environ").read_bytes().decode(errors="replace")
            except (OSError, ValueError):
                continue
            if str(data) in line or f"PORTAL_DATA={data}\0" in around:
                found[int(entry.name)] = line
    return found


def is_alive(pid):
    """Whether the process runs; a zombie that nobody reaps does not count."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def python_for(user):
    """An interpreter (with our packages) that this user can run, as command and environment."""
    packages = sysconfig.get_path("purelib")
    for program, around in (
        (sys.executable, {}),
        (f"/usr/bin/python3.{sys.version_info.minor}", {"PYTHONPATH": packages}),
    ):
        try:
            done = subprocess.run(
                [program, "-c", "import psycopg2, umkm_portal"],
                env={**around, "PYTHONPATH": f"{CHECKOUT}:{around.get('PYTHONPATH', '')}"},
                user=user,
                group=user,
                extra_groups=[],
                cwd="/",
                capture_output=True,
            )
        except OSError:
            continue
        if done.returncode == 0:
            return (program,), around
    return None


def ordinary_user():
    """A user id other than ours to run as, when we are root; else None."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
