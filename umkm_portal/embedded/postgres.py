"""The PostgreSQL cluster of one data folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from umkm_portal.embedded.binaries import PostgresPrograms, find_postgres
from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.folder import ServerUser, as_server_user
from umkm_portal.embedded.ports import HOST
from umkm_portal.embedded.server import (
    STOP_SECONDS,
    Server,
    on_free_port,
    refuse_full_disk,
    server_environment,
    spawn,
    start_failure,
    write_for,
)

SUPERUSER = DATABASE = "portal"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_parallel_workers_per_gather": "0",
    "shared_buffers": "128MB",
    "log_min_messages": "warning",
    "lc_messages": "C",
}
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "800",  # tests let 500 people in at once
}


@dataclass(frozen=True)
class Postgres:
    """Where the cluster lies and as whom it runs; `start` sets it up on first use."""

    home: Path
    logs: Path
    user: ServerUser | None
    password: str
    is_throwaway: bool

    @property
    def cluster(self) -> Path:
        return self.home / "postgres"

    def start(self, port: int | None) -> Server:
        """A running server with the database `portal`, on the given port where it is free."""
        programs = find_postgres(self.home, self.user)
        if not (self.cluster / "PG_VERSION").exists():
            self._create_cluster(programs)
        self._refuse_other_version(programs)
        self._end_leftover()
        server = on_free_port(lambda port: self._start_on(programs, port), port)
        self._create_database(server.port)
        return server

    def _create_cluster(self, programs: PostgresPrograms) -> None:
        """initdb into a draft that gets its name when complete, so a crash leaves nothing half."""
        if self.cluster.exists() and any(self.cluster.iterdir()):
            raise EmbeddedError(
                f"the database folder {self.cluster} is broken (it holds files but no "
                "PG_VERSION): restore a backup, or delete the data folder to start again empty."
            )
        refuse_full_disk(self.home)
        draft = self.home / "postgres.draft"
        shutil.rmtree(draft, ignore_errors=True)
        result = self._initdb(programs, draft)
        if result.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise start_failure("PostgreSQL could not be set up", result.stdout, self.home)
        if self.cluster.exists():
            self.cluster.rmdir()
        draft.rename(self.cluster)

    def _initdb(self, programs: PostgresPrograms, draft: Path) -> subprocess.CompletedProcess[str]:
        password_file = self.home / "initdb-password"
        write_for(self.user, password_file, self.password)
        command = [str(programs.initdb), "-D", str(draft), "-U", SUPERUSER, "-A", "scram-sha-256"]
        command += ["--pwfile", str(password_file), "-E", "UTF8"]
        command += _locale_options(programs.version)
        command += ["--no-sync"] if self.is_throwaway else []
        try:
            return subprocess.run(
                command,
                **as_server_user(self.user),
                env=server_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        finally:
            password_file.unlink()

    def _refuse_other_version(self, programs: PostgresPrograms) -> None:
        kept = (self.cluster / "PG_VERSION").read_text().strip()
        if kept != str(programs.version):
            raise EmbeddedError(
                f"the database in {self.cluster} was made by PostgreSQL {kept or '(unknown)'} "
                f"and PostgreSQL {programs.version} cannot read it: install that version again "
                "and move the data with the commands backup and restore."
            )

    def _end_leftover(self) -> None:
        """Stop a postmaster whose keeper was killed, and drop a pid file that names no such one.

        A container that restarts may give the old pid to another process, which would stop
        PostgreSQL from starting.
        """
        pid_file = self.cluster / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().split()[0])
            if str(self.cluster) in _command_line(pid):
                _end_process(pid)
            pid_file.unlink(missing_ok=True)

    def _start_on(self, programs: PostgresPrograms, port: int) -> Server:
        settings = {**SETTINGS, **(THROWAWAY_SETTINGS if self.is_throwaway else {})}
        command = [str(programs.postgres), "-D", str(self.cluster), "-p", str(port)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = self.logs / "postgres.log"
        server = spawn(command, user=self.user, port=port, log=log, stop_signal=signal.SIGINT)
        server.wait_until(self._is_ready, failure="PostgreSQL did not start")
        return server

    def _is_ready(self) -> bool:
        """PostgreSQL writes its status as the last line of its pid file."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _create_database(self, port: int) -> None:
        connection = psycopg2.connect(
            host=HOST,
            port=port,
            user=SUPERUSER,
            password=self.password,
            dbname="postgres",
            connect_timeout=10,
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()


def _locale_options(version: int) -> list[str]:
    """UTF-8 rules that come with PostgreSQL itself, so no system locale is needed (from 17)."""
    system = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    if version < 17:
        return [f"--locale={system}"]
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={system}"]


def _command_line(pid: int) -> str:
    if sys.platform == "linux":  # small images have no ps
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    result = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout


def _end_process(pid: int) -> None:
    """Ask a postmaster to stop fast, and wait; by force when it does not."""
    deadline = time.monotonic() + STOP_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            os.kill(pid, 0)
        os.kill(pid, signal.SIGKILL)
