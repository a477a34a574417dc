"""Backup and restore between real databases, as an operator runs them."""

import base64
import json
import os
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
KEY_A, KEY_B, KEY_C = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
HELD = "Dipulihkan dari cadangan: lepaskan setelah diperiksa"
SCENE = """
from datetime import timedelta
from django.utils import timezone
from tests.factories import *
from umkm_portal.messaging.models import DeliveryBatch, SendingAccount
person = ParticipantFactory(full_name='Siti "Tab\\tdan baris\\nbaru" \\\\N', nik="3171990101900001")
business = BusinessFactory(participant=person)
business.name = "Nama baru"
business.save()
account = SendingAccount.objects.create(channel="email", name="Email utama")
for state in ("draft", "approved", "expanding", "running", "paused", "done", "cancelled"):
    reached = int(state != "expanding")
    CampaignFactory(title=state, state=state, audience_count=1, expanded_to=reached)
running = Campaign.objects.get(title="running")
DeliveryBatch.objects.create(campaign=running, number=1, channel="email", account=account, size=1)
DeliveryFactory(campaign=running, batch_number=1, recipient_key=person.pk, state="pending")
UserFactory(email="kepala@dinas.example", is_staff=True)
"""
SUM_OF_TABLE = "SELECT count(*), md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), ''))"
LOGINS = {"django_session", "usersessions_usersession"}

pytestmark = pytest.mark.long


class Installation:
    """One production-like installation: a database of its own and the commands on it."""

    def __init__(self, name, folder, **environment):
        self.name = name
        settings = connection.settings_dict
        self.dsn = {
            "host": settings["HOST"],
            "port": settings["PORT"],
            "user": settings["USER"],
            "password": settings["PASSWORD"],
        }
        self.environment = {
            **{k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}},
            "DATABASE_URL": "postgres://{user}:{password}@{host}:{port}/".format(**self.dsn) + name,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "SECRET_KEY": "backup-tests-secret-key",
            "FIELD_KEYS": f"1:{KEY_A}",
            "INDEX_KEYS": f"1:{KEY_B}",
            "PORTAL_URL": "http://localhost",
            "ALLOWED_HOSTS": "localhost",
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "umkm_portal.settings",
            "PYTHONWARNINGS": "error",
            **environment,
        }

    def create(self):
        self._administer(f"CREATE DATABASE {self.name}")
        return self

    def copy(self, database):
        """Begin with the tables of another database, to which nobody may be connected then."""
        self._administer(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        )
        self._administer(f"CREATE DATABASE {self.name} TEMPLATE {database}")

    def drop(self):
        self._administer(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _administer(self, statement):
        administration = psycopg2.connect(**self.dsn, dbname="postgres")
        administration.autocommit = True
        administration.cursor().execute(statement)
        administration.close()

    def run(self, *command, **options):
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            check=False,
            **options,
        )

    def manage(self, *command, **options):
        result = self.run("manage.py", *command, **options)
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout

    def refusal(self, *command):
        """The sentence with which a command ends, exit code 1, no traceback."""
        result = self.run("manage.py", *command)
        text = result.stderr.decode()
        assert (result.returncode, "Traceback" in text) == (1, False), text
        return text.strip()

    def query(self, statement):
        database = psycopg2.connect(**self.dsn, dbname=self.name)
        cursor = database.cursor()
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        database.commit()
        database.close()
        return rows

    def contents(self):
        """Per table its number of rows and a checksum over all of them."""
        tables = self.query(
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace"
        )
        return {name: self.query(f'{SUM_OF_TABLE} FROM "{name}" t')[0] for (name,) in tables}

    def structure(self):
        """Triggers and constraints with their definitions."""
        return self.query(
            "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger "
            "WHERE NOT tgisinternal UNION ALL SELECT conrelid::regclass::text, conname, "
            "pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        )


@pytest.fixture(scope="module")
def source(django_db_setup, django_db_blocker, tmp_path_factory):
    """An installation in use."""
    with django_db_blocker.unblock():
        installation = Installation("backup_source", tmp_path_factory.mktemp("source"))
        connection.close()
    installation.drop()
    installation.copy(connection.settings_dict["NAME"])
    installation.manage("migrate", "--verbosity", "0")  # fills the lists
    scene = installation.run("-c", f"import django; django.setup()\n{SCENE}", input=b"")
    assert scene.returncode == 0, scene.stderr.decode()
    uploads = Path(installation.environment["DATA_DIR"], "uploads", "2026")
    uploads.mkdir(parents=True)
    (uploads / "daftar.csv").write_bytes(b"nama;nik\r\n" * 1000)
    yield installation
    installation.drop()


@pytest.fixture(scope="module")
def backup(source, tmp_path_factory):
    path = tmp_path_factory.mktemp("backups") / "portal.zip"
    report = source.manage("backup", path, "--uploads", "--json")
    return path, json.loads(report.splitlines()[-1])


@pytest.fixture(scope="module")
def restored(source, backup, tmp_path_factory):
    """The backup, brought back through a pipe into an empty database, and the command's report.

    Its keys were rotated meanwhile: a new one stands before the old one.
    """
    keys = f"2:{KEY_C},1:{KEY_A}"
    folder = tmp_path_factory.mktemp("restored")
    installation = Installation("backup_restored", folder, FIELD_KEYS=keys)
    installation.drop()
    installation.create()
    report = installation.manage("restore", "-", "--json", input=backup[0].read_bytes())
    yield installation, json.loads(report.splitlines()[-1])
    installation.drop()


@pytest.fixture
def target(source, tmp_path):
    """An empty database."""
    installation = Installation("backup_target", tmp_path / "data")
    installation.drop()
    yield installation.create()
    installation.drop()


def test_backup_reports_what_it_holds_and_how_to_keep_the_keys(source, backup):
    path, report = backup

    assert (report["uploads"], report["keys_needed"]) == (
        1,
        {"FIELD_KEYS": ["1"], "INDEX_KEYS": ["1"]},
    )
    kept = {n: c for n, c in source.contents().items() if n not in LOGINS | {"django_migrations"}}
    assert report["rows"] == sum(count for count, _ in kept.values())
    assert "every NIK in it is lost" in report["note"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_backup_holds_no_key_no_login_and_no_clear_nik(backup):
    with zipfile.ZipFile(backup[0]) as archive:
        text = b"\n".join(archive.read(name) for name in archive.namelist())
        names = archive.namelist()

    for secret in (KEY_A, KEY_B, "backup-tests-secret-key", "3171990101900001"):
        assert secret.encode() not in text
    assert bytes([1]) * 32 not in text
    assert "tables/django_session.copy" not in names


def test_restore_brings_every_row_back_and_writes_no_history_again(source, backup, restored):
    copy, report = restored

    before, after = source.contents(), copy.contents()
    changed = {name for name in before if before[name] != after[name]}
    assert changed - LOGINS == {
        "django_migrations",  # applied at another time
        "messaging_campaign",
        "messaging_sendingaccount",
    }
    assert report["rows"] == backup[1]["rows"]
    assert copy.structure() == source.structure()
    upload = Path(copy.environment["DATA_DIR"], "uploads", "2026", "daftar.csv")
    assert upload.read_bytes() == b"nama;nik\r\n" * 1000


def test_restored_copy_holds_its_outbox_until_a_person_releases_it(restored):
    copy, report = restored
    states = "SELECT title, state, pause_reason FROM messaging_campaign ORDER BY 1"
    senders = "SELECT DISTINCT state, state_reason FROM messaging_sendingaccount"
    held, held_senders = copy.query(states), copy.query(senders)

    copy.manage("restore", "--release")

    assert held == [
        ("approved", "approved", ""),
        ("cancelled", "cancelled", ""),
        ("done", "done", ""),
        ("draft", "draft", ""),
        ("expanding", "paused", HELD),
        ("paused", "paused", ""),
        ("running", "paused", HELD),
    ]
    assert held_senders == [("off", HELD)]
    assert (report["held_campaigns"], report["waiting_messages"]) == (2, 1)
    released = {title: state for title, state, _ in copy.query(states)}
    assert released == {title: title for title in released}
    assert copy.query(senders) == [("open", "")]


def test_restored_copy_goes_on_numbering_and_reads_its_niks(restored):
    script = (
        "import django; django.setup()\n"
        "from tests.factories import ParticipantFactory as F, Participant as P\n"
        "old = P.objects.get(full_name__startswith='Siti')\n"
        "new = F(phone='+6281299990000', email='baru@contoh.example', region=old.region)\n"
        "name = 'Siti \"Tab\\tdan baris\\nbaru\" \\\\N'\n"
        "print(repr(old.nik), old.full_name == name, new.pk > old.pk)"
    )
    result = restored[0].run("-c", script)

    assert result.stdout.split() == [b"'3171990101900001'", b"True", b"True"], result.stderr


def test_restore_refuses_a_database_in_use_and_other_keys_unless_told(source, backup, restored):
    copy = restored[0]
    copy.query("UPDATE participants_participant SET full_name = 'Jangan hilang'")
    before = copy.contents()

    in_use = copy.refusal("restore", str(backup[0]))
    copy.environment["FIELD_KEYS"] = f"1:{KEY_C}"
    other_keys = copy.refusal("restore", str(backup[0]), "--force-empty")
    after_refusals = copy.contents()
    copy.manage("restore", backup[0], "--force-empty", "--without-keys")

    assert "not empty" in in_use
    assert "other keys (FIELD_KEYS with id 1)" in other_keys
    assert after_refusals == before
    people = "participants_participant"
    assert copy.contents()[people] == source.contents()[people]


def test_restore_refuses_while_others_are_connected(backup, target):
    other = psycopg2.connect(**target.dsn, dbname=target.name)

    refusal = target.refusal("restore", str(backup[0]))
    other.close()

    assert "1 other connections" in refusal


def damage(path, copy, change):
    shutil.copy(path, copy)
    data = bytearray(copy.read_bytes())
    copy.write_bytes(change(data))
    return copy


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"PK\x03\x04 bukan cadangan",
        lambda data: data[: len(data) // 3] + bytes(64) + data[len(data) // 3 + 64 :],
    ],
    ids=["cut off", "empty", "something else", "damaged inside"],
)
def test_restore_refuses_a_broken_file_and_changes_nothing(backup, target, tmp_path, change):
    broken = damage(backup[0], tmp_path / "rusak.zip", change)

    refusal = target.refusal("restore", str(broken))

    assert "was not restored" in refusal
    assert target.contents() == {}


def rewrite_manifest(path, copy, change):
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "manifest.json":
                facts = json.loads(text)
                change(facts)
                text = json.dumps(facts)
            new.writestr(name, text)
    return copy


def test_restore_refuses_rows_that_do_not_match_the_manifest(backup, target, tmp_path):
    def change(facts):
        facts["tables"][0]["sha256"] = "0" * 64
        facts["tables"][0]["size"] = 1

    forged = rewrite_manifest(backup[0], tmp_path / "lain.zip", change)

    assert "damaged" in target.refusal("restore", str(forged))


def test_restore_refuses_a_backup_of_a_newer_version(backup, target, tmp_path):
    newer = rewrite_manifest(
        backup[0],
        tmp_path / "baru.zip",
        lambda facts: facts["migrations"].append(["participants", "9999_future"]),
    )

    assert "participants.9999_future is unknown here" in target.refusal("restore", str(newer))


def test_backup_overwrites_nothing_and_leaves_no_half_file(source, backup, tmp_path):
    before = backup[0].read_bytes()

    assert "exists already" in source.refusal("backup", str(backup[0]))
    assert "was not written" in source.refusal("backup", str(tmp_path / "tiada" / "x.zip"))
    assert backup[0].read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_backup_goes_through_a_pipe(source, backup):
    stream = BytesIO(source.manage("backup", "-", "--json"))

    with zipfile.ZipFile(stream) as piped, zipfile.ZipFile(backup[0]) as filed:
        tables = {name for name in piped.namelist() if name.startswith("tables/")}
        assert tables == {name for name in filed.namelist() if name.startswith("tables/")}
        assert piped.testzip() is None


def test_backup_needs_no_more_memory_for_more_rows(source, tmp_path):
    def peak(name):
        program = (
            "import resource, sys; from django.core.management import execute_from_command_line;"
            f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'umkm_portal.settings';"
            f"execute_from_command_line(['manage.py', 'backup', '{tmp_path}/{name}']);"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        return int(source.run("-c", program).stdout.split()[-1]) / 1024

    small = peak("kecil.zip")
    source.query(
        "INSERT INTO messaging_suppression (channel, address, purpose, reason, note, created_at) "
        "SELECT 'email', md5(n::text) || '@contoh.example', 'bulk', 'opt_out', "
        "repeat(md5(n::text), 8), now() FROM generate_series(1, 150000) n"
    )
    large = peak("besar.zip")
    source.query("TRUNCATE messaging_suppression")

    assert large - small < 16, f"{small:.0f} MB grew to {large:.0f} MB"
