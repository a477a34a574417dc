"""The supervisor as a person sees it: start, a crash of a part, Ctrl-C, kill -9."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

from tests.embedded.conftest import place_for_data
from tests.embedded.holders import environment, is_alive, processes_below, wait_for
from umkm_portal.embedded import keyring
from umkm_portal.embedded.folder import CHECKOUT
from umkm_portal.embedded.ports import free_port

# With EMAIL_URL set nothing is seeded, so that these tests wait for no practice data.
NO_DEMO = {"EMAIL_URL": "smtp://127.0.0.1:9"}


class Portal:
    """A running `manage.py portal`."""

    def __init__(self, data, *arguments, python=(sys.executable,), user=None, **around):
        self.data = data
        self.process = subprocess.Popen(
            [*python, "manage.py", "portal", *arguments],
            cwd=CHECKOUT,
            env=environment(data, **{**NO_DEMO, **around}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **({"user": user, "group": user, "extra_groups": []} if user else {}),
        )
        self.lines = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def said(self, text):
        return any(text in line for line in self.lines)

    def state(self):
        return json.loads((self.data / "portal.json").read_text())

    def wait_until_ready(self):
        assert wait_for(lambda: self.said("Ctrl-C") or self.process.poll() is not None, 200)
        assert self.process.poll() is None, "\n".join(self.lines)
        return self.state()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.reader.join()
        self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def installation():
    """A data folder for one portal after the other: its tables and static files are made once."""
    with place_for_data() as path:
        yield path


@pytest.fixture
def portal():
    started = []

    def start(data, *arguments, **around):
        started.append(Portal(data, *arguments, **around))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None or one.reader.is_alive():
            one.end(signal.SIGKILL)


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def run_portal(data, *arguments):
    return subprocess.run(
        [sys.executable, "manage.py", "portal", *arguments],
        cwd=CHECKOUT,
        env=environment(data, **NO_DEMO),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_port_in_use_is_one_sentence(data):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_portal(data, "--port", str(port))

    assert done.returncode == 1
    assert done.stderr == (
        f"portal: port {port} on 127.0.0.1 is in use: choose another one with --port.\n"
    )


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_ends_everything_within_seconds(installation, portal, number):
    port = free_port()
    running = portal(installation, "--port", str(port))
    state = running.wait_until_ready()
    assert status(f"http://127.0.0.1:{port}/healthz") < 500
    assert set(state["processes"]) == {"web", "bulk", "urgent", "imports", "beat"}

    code = running.end(number)

    assert code == 0
    assert running.lines[-1] == "portal: stopped."
    assert not processes_below(installation)
    assert not (installation / "portal.json").exists()


@pytest.mark.long
def test_kill_of_the_supervisor_leaves_no_orphan_and_a_sound_database(installation, portal):
    running = portal(installation, "--port", str(free_port()))
    running.wait_until_ready()
    assert wait_for(lambda: len(processes_below(installation)) > 10), "workers come a moment later"

    running.end(signal.SIGKILL)

    assert wait_for(lambda: not processes_below(installation), 20), processes_below(installation)
    again = portal(installation, "--port", str(free_port()))
    again.wait_until_ready()
    assert again.end() == 0


@pytest.mark.long
def test_a_part_that_dies_is_started_again_and_a_second_portal_is_refused(installation, portal):
    port = free_port()
    running = portal(installation, "--port", str(port))
    before = running.wait_until_ready()["processes"]

    second = run_portal(installation, "--port", str(free_port()))
    for name in ("web", "beat", "bulk"):
        os.kill(before[name], signal.SIGKILL)

    assert second.returncode == 1
    assert second.stderr.startswith(
        f"portal: a portal already runs on {installation}: http://localhost:{port} "
    )
    assert wait_for(
        lambda: all(
            running.state()["processes"][name] != before[name] for name in ("web", "beat", "bulk")
        )
    )
    assert wait_for(lambda: _is_up(port))
    assert not any(is_alive(before[name]) for name in ("web", "beat", "bulk"))
    assert running.end() == 0


@pytest.mark.long
def test_kill_of_the_keeper_under_a_running_portal_heals(installation, portal):
    port = free_port()
    running = portal(installation, "--port", str(port))
    running.wait_until_ready()
    servers = json.loads((installation / "servers.json").read_text())

    os.kill(servers["keeper_pid"], signal.SIGKILL)

    assert wait_for(lambda: running.said("have been started again"))
    again = json.loads((installation / "servers.json").read_text())
    assert again["database_port"] == servers["database_port"]
    assert status(f"http://127.0.0.1:{port}/healthz") < 500
    assert running.end() == 0


@pytest.mark.long
def test_an_ordinary_user_runs_the_whole_portal(data, portal, stranger):
    user, python, around = stranger
    fits = subprocess.run(
        [*python, "-c", "import redis"], env={**os.environ, **around}, check=False
    )
    if fits.returncode:
        pytest.skip("the other user's Python is of another release than the installed packages")
    data.mkdir()
    os.chown(data, user, user)
    port = free_port()

    running = portal(data, "--port", str(port), python=python, user=user, **around)
    running.wait_until_ready()

    assert status(f"http://127.0.0.1:{port}/healthz") == 200
    assert {os.stat(f"/proc/{pid}").st_uid for pid in processes_below(data)} == {user}
    assert running.end() == 0


@pytest.mark.long
def test_with_servers_of_your_own_the_portal_brings_none(data, portal, hold):
    servers = hold(data.parent / "theirs").wait_until_ready()
    keys = keyring.read(data.parent / "theirs" / "secrets.json")
    port = free_port()

    running = portal(
        data,
        "--port",
        str(port),
        DATABASE_URL=servers["url"],
        REDIS_URL=f"redis://:{keys.redis_password}@127.0.0.1:{servers['redis_port']}/0",
        SECRET_KEY="s" * 50,
        FIELD_KEYS=",".join(keys.field_keys),
        INDEX_KEYS=",".join(keys.index_keys),
        PORTAL_URL=f"http://localhost:{port}",
        ALLOWED_HOSTS="*",
    )
    state = running.wait_until_ready()

    assert status(f"http://127.0.0.1:{port}/healthz") == 200
    assert state["catcher_port"] is None
    assert not (data / "servers").exists()
    assert running.end() == 0
    assert is_alive(servers["database_pid"])


def _is_up(port):
    try:
        return status(f"http://127.0.0.1:{port}/healthz") < 500
    except OSError:
        return False


@pytest.mark.long
def test_the_main_job_once_mails_everybody_once_and_fills_every_seat(data):
    done = subprocess.run(
        [sys.executable, "manage.py", "portal", "--once"],
        cwd=CHECKOUT,
        env=environment(data),  # with no EMAIL_URL: the real catcher
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    books = json.loads(done.stdout.splitlines()[-1])

    assert books["audience"] > 0
    assert books["mails_received"] == books["distinct_message_ids"] == books["distinct_people"]
    assert books["confirmed"] == books["seats"]
    assert books["waitlisted"] > 0
    assert not data.exists()
