import psycopg2
import redis

from umkm_portal.embedded import connection


def test_the_test_run_has_a_real_postgresql_and_valkey():
    local = connection.current()

    with psycopg2.connect(local.database_url) as database, database.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        encoding = cursor.fetchone()[0]
    database.close()
    with redis.Redis.from_url(local.redis_url) as broker:
        policy = broker.config_get("maxmemory-policy")["maxmemory-policy"]

    assert (encoding, policy) == ("UTF8", "noeviction")
