"""The Valkey server of one data folder: broker and cache, nothing that must outlive it."""

import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from umkm_portal.embedded.binaries import find_valkey
from umkm_portal.embedded.folder import ServerUser
from umkm_portal.embedded.ports import HOST
from umkm_portal.embedded.server import Server, on_free_port, spawn, write_for

STAND_IN = Path(__file__).with_name("stand_in.py")


@dataclass(frozen=True)
class Valkey:
    """Where it keeps its settings and as whom it runs."""

    home: Path
    logs: Path
    user: ServerUser | None
    password: str

    def start(self, port: int | None) -> Server:
        """A running, empty server, on the given port where it is free."""
        program = find_valkey(self.home, self.user)
        return on_free_port(lambda port: self._start_on(program, port), port)

    def _start_on(self, program: Path | None, port: int) -> Server:
        log = self.logs / "valkey.log"
        if program is None:
            # Python itself may be out of the server user's reach, so the stand-in runs as we do.
            command = [sys.executable, "-P", str(STAND_IN), str(port), self._write_password()]
            user = None
        else:
            command = [str(program), str(self._write_settings(port))]
            user = self.user
        server = spawn(command, user=user, port=port, log=log, stop_signal=signal.SIGTERM)
        server.wait_until(lambda: self._answers(port), failure="Valkey did not start")
        return server

    def _write_password(self) -> str:
        path = self.home / "stand-in-password"
        write_for(None, path, self.password)
        return str(path)

    def _write_settings(self, port: int) -> Path:
        """The settings file, readable by the server user only: it holds the password."""
        folder = self.home / "valkey"
        folder.mkdir(exist_ok=True, mode=0o700)
        if self.user is not None:
            os.chown(folder, self.user.uid, self.user.gid)
        settings = [
            f"bind {HOST}",
            f"port {port}",
            f"requirepass {self.password}",
            f'dir "{folder}"',
            "protected-mode yes",
            "daemonize no",
            "databases 16",
            "maxmemory-policy noeviction",
            "appendonly no",
            'save ""',
            "loglevel warning",
        ]
        path = folder / "valkey.conf"
        write_for(self.user, path, "\n".join([*settings, ""]))
        return path

    def _answers(self, port: int) -> bool:
        try:
            with socket.create_connection((HOST, port), timeout=1) as stream:
                stream.sendall(_request("AUTH", self.password) + _request("PING"))
                said = b""
                while b"PONG" not in said and (part := stream.recv(100)):
                    said += part
                return b"PONG" in said
        except OSError:
            return False


def _request(*words: str) -> bytes:
    """A command in the Redis protocol."""
    parts = [f"*{len(words)}", *(part for word in words for part in (f"${len(word)}", word))]
    return "".join(f"{part}\r\n" for part in parts).encode()
