"""PostgreSQL and Valkey as child processes: prepare, start, wait until they answer, stop."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2

from umkm_portal.embedded import deathsig
from umkm_portal.embedded.binaries import PostgresPrograms, find_postgres, find_valkey
from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.folder import DataFolder, ServerUser, as_server_user
from umkm_portal.embedded.keyring import Keyring

HOST = "127.0.0.1"
SUPERUSER = DATABASE = "portal"
START_SECONDS = 60
STOP_SECONDS = 20
PORT_ATTEMPTS = 5
FREE_BYTES_NEEDED = 300 * 1024 * 1024
LOG_BYTES = 5 * 1024 * 1024
POSTGRES_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_parallel_workers_per_gather": "0",
    "shared_buffers": "128MB",
    "log_min_messages": "warning",
    "lc_messages": "C",
}
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
DISK_FULL = ("No space left on device", "Disk quota exceeded")
PORT_TAKEN = ("Address already in use", "could not bind")


class Server:
    """One running server process with its port and log."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        *,
        port: int,
        stop_signal: signal.Signals,
        log: Path,
        log_begin: int,
    ) -> None:
        self.process = process
        self.port = port
        self.stop_signal = stop_signal
        self.log = log
        self.log_begin = log_begin

    def said(self) -> str:
        """What it has logged since it was started."""
        with self.log.open("rb") as stream:
            stream.seek(self.log_begin)
            return stream.read(200_000).decode(errors="replace")

    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Stop cleanly; by force only when it does not stop in time."""
        if self.is_running():
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Servers:
    """The two servers of one data folder; used by the keeper, from its main thread."""

    def __init__(
        self,
        folder: DataFolder,
        *,
        home: Path,
        user: ServerUser | None,
        keys: Keyring,
        is_throwaway: bool,
    ) -> None:
        self.folder = folder
        self.home = home
        self.user = user
        self.keys = keys
        self.is_throwaway = is_throwaway
        self.postgres: Server | None = None
        self.valkey: Server | None = None

    def start(self, *, database_port: int | None = None, redis_port: int | None = None) -> None:
        """Start both, on the given ports where these are still free.

        Raises EmbeddedError with the sentence for the person who waits.
        """
        valkey = find_valkey(self.home, self.user)
        self.postgres = self._start_postgres(database_port)
        self._create_database()
        self.valkey = _on_free_port(lambda port: self._start_valkey(valkey, port), redis_port)

    def restart_dead(self) -> bool:
        """Start again, on its old port, a server that has ended by itself; True if one had."""
        died = False
        if self.postgres and not self.postgres.is_running():
            self.postgres, died = self._start_postgres(self.postgres.port), True
        if self.valkey and not self.valkey.is_running():
            valkey = find_valkey(self.home, self.user)
            self.valkey, died = self._start_valkey(valkey, self.valkey.port), True
        return died

    def stop(self) -> None:
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()

    # --- PostgreSQL ---------------------------------------------------------------------------

    @property
    def _cluster(self) -> Path:
        return self.home / "postgres"

    @property
    def _postgres_log(self) -> Path:
        return self.folder.logs / "postgres.log"

    def _start_postgres(self, port: int | None) -> Server:
        programs = find_postgres(self.home, self.user)
        if not (self._cluster / "PG_VERSION").exists():
            self._create_cluster(programs)
        self._refuse_other_version(programs)
        self._end_leftover_postmaster()
        return _on_free_port(lambda port: self._start_postmaster(programs, port), port)

    def _create_cluster(self, programs: PostgresPrograms) -> None:
        """initdb into a draft that gets its name when complete, so a crash leaves nothing half."""
        if self._cluster.exists() and any(self._cluster.iterdir()):
            raise _broken(self._cluster, "it holds files but no PG_VERSION")
        _refuse_full_disk(self.home)
        draft = self.home / "postgres.draft"
        shutil.rmtree(draft, ignore_errors=True)
        password_file = self.home / "initdb-password"
        _write_for(self.user, password_file, self.keys.database_password)
        command = [
            *(programs.initdb, "-D", draft, "-U", SUPERUSER, "-A", "scram-sha-256"),
            *("--pwfile", password_file, "-E", "UTF8", *_locale_options(programs.version)),
            *(["--no-sync"] if self.is_throwaway else []),
        ]
        result = subprocess.run(
            command,
            **as_server_user(self.user),
            env=_server_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        password_file.unlink()
        if result.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise _start_failure("PostgreSQL could not be set up", result.stdout, self.home)
        if self._cluster.exists():
            self._cluster.rmdir()
        draft.rename(self._cluster)

    def _refuse_other_version(self, programs: PostgresPrograms) -> None:
        kept = (self._cluster / "PG_VERSION").read_text().strip()
        if kept != str(programs.version):
            raise EmbeddedError(
                f"the database in {self._cluster} was made by PostgreSQL {kept or '(unknown)'} "
                f"and PostgreSQL {programs.version} cannot read it: install that version again "
                "and move the data with the commands backup and restore."
            )

    def _end_leftover_postmaster(self) -> None:
        """Stop a postmaster whose keeper was killed, and drop a pid file that names no such one.

        A container that restarts may give the old pid to another process, which would stop
        PostgreSQL from starting.
        """
        pid_file = self._cluster / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().split()[0])
            if str(self._cluster) in _command_line(pid):
                _end_process(pid, signal.SIGINT)
            pid_file.unlink(missing_ok=True)

    def _start_postmaster(self, programs: PostgresPrograms, port: int) -> Server:
        settings = {**POSTGRES_SETTINGS, **(THROWAWAY_SETTINGS if self.is_throwaway else {})}
        command = [programs.postgres, "-D", self._cluster, "-p", str(port)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        server = self._spawn(command, port, self._postgres_log, signal.SIGINT)
        _wait_until_ready(
            server, lambda: _postmaster_is_ready(self._cluster), "PostgreSQL did not start"
        )
        return server

    def _create_database(self) -> None:
        connection = psycopg2.connect(
            host=HOST,
            port=self.postgres.port,
            user=SUPERUSER,
            password=self.keys.database_password,
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

    # --- Valkey -------------------------------------------------------------------------------

    def _start_valkey(self, program: Path | None, port: int) -> Server:
        folder = self.home / "valkey"
        folder.mkdir(exist_ok=True, mode=0o700)
        if self.user is not None:
            os.chown(folder, self.user.uid, self.user.gid)
        settings = folder / "valkey.conf"
        _write_for(self.user, settings, _valkey_settings(port, folder, self.keys.redis_password))
        log = self.folder.logs / "valkey.log"
        command = [program, settings] if program else _stand_in_command(port)
        server = self._spawn(command, port, log, signal.SIGTERM, drop_user=program is not None)
        password = self.keys.redis_password
        _wait_until_ready(server, lambda: _valkey_answers(port, password), "Valkey did not start")
        return server

    def _spawn(
        self,
        command: list[str | Path],
        port: int,
        log: Path,
        stop_signal: signal.Signals,
        *,
        drop_user: bool = True,
    ) -> Server:
        _rotate(log)
        with log.open("ab") as stream:
            begin = stream.tell()
            process = subprocess.Popen(
                command,
                **as_server_user(self.user if drop_user else None),
                env=_server_environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                preexec_fn=deathsig.die_with_parent(stop_signal),
            )
        return Server(process, port=port, stop_signal=stop_signal, log=log, log_begin=begin)


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def port_is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class _PortTaken(Exception):
    """Another program took the port between our choice and the server's start."""


def _on_free_port(start: Callable[[int], Server], wanted: int | None) -> Server:
    port = wanted if wanted and port_is_free(wanted) else free_port()
    for _ in range(PORT_ATTEMPTS):
        try:
            return start(port)
        except _PortTaken:
            port = free_port()
    raise EmbeddedError("no free port was found on 127.0.0.1 for the embedded servers.")


def _wait_until_ready(server: Server, is_ready: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.is_running() and time.monotonic() < deadline:
        if is_ready():
            return
        time.sleep(0.02)
    server.stop()
    said = server.said()
    if any(mark in said for mark in PORT_TAKEN):
        raise _PortTaken
    raise _start_failure(failure, said, server.log)


def _start_failure(failure: str, said: str, place: Path) -> EmbeddedError:
    """The sentence for what a server said before it ended."""
    if any(mark in said for mark in DISK_FULL):
        return disk_full(place)
    lines = [line for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
    last = (telling or lines or ["(nothing)"])[-1].strip()
    return EmbeddedError(
        f"{failure}: {last} (more in {place}). If the data folder is damaged, restore a backup, "
        "or delete the data folder to start again empty."
    )


def disk_full(place: Path) -> EmbeddedError:
    """The sentence for a disk without room, with the amount that is needed."""
    return EmbeddedError(
        f"the disk that holds {place} is full: free at least "
        f"{FREE_BYTES_NEEDED // 1024**2} MB and start again."
    )


def _broken(place: Path, what: str) -> EmbeddedError:
    return EmbeddedError(
        f"the database folder {place} is broken ({what}): restore a backup, "
        "or delete the data folder to start again empty."
    )


def _refuse_full_disk(home: Path) -> None:
    if shutil.disk_usage(home).free < FREE_BYTES_NEEDED:
        raise disk_full(home)


def _locale_options(version: int) -> list[str]:
    """UTF-8 rules that come with PostgreSQL itself, so no system locale is needed (from 17)."""
    system = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    if version < 17:
        return [f"--locale={system}"]
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={system}"]


def _server_environment() -> dict[str, str]:
    """No PGDATA, PGOPTIONS and the like; English messages, because we read the logs."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def _write_for(user: ServerUser | None, path: Path, text: str) -> None:
    """A file of mode 0600 that only the server user can read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    if user is not None:
        os.chown(path, user.uid, user.gid)


def _postmaster_is_ready(cluster: Path) -> bool:
    """PostgreSQL writes its status as the last line of its pid file."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _valkey_settings(port: int, folder: Path, password: str) -> str:
    """No persistence: losing the broker loses nothing, the rows in PostgreSQL are the truth."""
    return "\n".join(
        [
            f"bind {HOST}",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{folder}"',
            "protected-mode yes",
            "daemonize no",
            "databases 16",
            "maxmemory-policy noeviction",
            "appendonly no",
            'save ""',
            "loglevel warning",
            "",
        ]
    )


def _valkey_answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1) as stream:
            stream.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            said = b""
            while b"PONG" not in said and (part := stream.recv(100)):
                said += part
            return b"PONG" in said
    except OSError:
        return False


def _stand_in_command(port: int) -> list[str | Path]:
    return [sys.executable, "-m", "umkm_portal.embedded.stand_in", str(port)]


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


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


def _end_process(pid: int, number: signal.Signals) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            os.kill(pid, 0)
        os.kill(pid, signal.SIGKILL)
