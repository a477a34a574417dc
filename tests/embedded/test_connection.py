import psycopg2
import pytest
import redis

from umkm_portal.embedded import connection, keyring
from umkm_portal.embedded.locks import FileLock


def test_the_test_run_has_a_real_postgresql_and_valkey():
    local = connection.current()

    with psycopg2.connect(local.database_url) as database, database.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        encoding = cursor.fetchone()[0]
    database.close()
    with redis.Redis.from_url(local.redis_url) as broker:
        policy = broker.config_get("maxmemory-policy")["maxmemory-policy"]

    assert (encoding, policy) == ("UTF8", "noeviction")


def test_without_servers_the_placeholder_says_so_and_secrets_are_the_kept_ones(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))
    keys = keyring.read_or_create(tmp_path / "secrets.json")
    (tmp_path / "servers.json").write_text('{"running": true, "database_port": 1}')

    local = connection.current()

    assert local.secret_key == keys.secret_key
    assert local.field_keys == keys.field_keys
    assert local.portal_url == "http://localhost:8000"
    assert local.catcher_port is None
    with pytest.raises(psycopg2.OperationalError, match="embedded-servers-are-not-running"):
        psycopg2.connect(local.database_url)


def test_on_a_fresh_checkout_secrets_are_throwaway_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path / "none"))

    assert connection.current().field_keys == connection.current().field_keys
    assert not (tmp_path / "none").exists()


def test_a_running_portal_tells_its_address_and_mail_port(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))
    (tmp_path / "portal.json").write_text('{"url": "http://localhost:8123", "catcher_port": 25}')
    lock = FileLock(tmp_path / "portal.lock")
    assert lock.acquire()

    running = connection.current()
    lock.release()

    assert (running.portal_url, running.catcher_port) == ("http://localhost:8123", 25)
    assert connection.current().catcher_port is None
