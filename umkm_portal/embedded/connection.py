"""How a process reaches the embedded servers: addresses and secrets read from the data folder.

Imported by settings.py, so it knows no Django; it starts nothing and writes nothing.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from umkm_portal.embedded import folder as data_folder
from umkm_portal.embedded import keyring, locks

NOT_RUNNING = "embedded-servers-are-not-running.invalid"
DEFAULT_PORTAL_URL = "http://localhost:8000"


@dataclass(frozen=True)
class Connection:
    """Everything that settings.py needs when no URL is set in the environment."""

    database_url: str
    redis_url: str
    secret_key: str
    field_keys: list[str]
    index_keys: list[str]
    portal_url: str
    catcher_port: int | None
    """Port of the running mail catcher on 127.0.0.1, or None while no portal runs."""
    data_dir: Path


def current() -> Connection:
    """The running servers of the data folder, else placeholders that fail to connect by name."""
    folder = data_folder.default_folder()
    keys = keyring.read(folder.secrets) or _throwaway_keys()
    servers = running_servers(folder)
    portal = running_portal(folder)
    return Connection(
        database_url=_database_url(servers, keys),
        redis_url=_redis_url(servers, keys),
        secret_key=keys.secret_key,
        field_keys=keys.field_keys,
        index_keys=keys.index_keys,
        portal_url=portal.get("url", DEFAULT_PORTAL_URL),
        catcher_port=portal.get("catcher_port"),
        data_dir=folder.path,
    )


def running_servers(folder: data_folder.DataFolder) -> dict[str, Any]:
    """Ports and process ids of the running servers (`database_port`, `redis_pid`, ...), or {}."""
    state = _read_state(folder.servers_state)
    return state if state.get("running") and locks.is_held(folder.keeper_lock) else {}


def last_servers(folder: data_folder.DataFolder) -> dict[str, Any]:
    """What the servers of the last run wrote about themselves, running or not, or {}."""
    return _read_state(folder.servers_state)


def running_portal(folder: data_folder.DataFolder) -> dict[str, Any]:
    """What the running `portal` says of itself (`url`, `pid`, `catcher_port`), or {}."""
    return _read_state(folder.portal_state) if locks.is_held(folder.portal_lock) else {}


def _read_state(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def _database_url(servers: dict[str, Any], keys: keyring.Keyring) -> str:
    if not servers:
        return f"postgres://portal:none@{NOT_RUNNING}:5432/portal"
    port = servers["database_port"]
    return f"postgres://portal:{keys.database_password}@127.0.0.1:{port}/portal"


def _redis_url(servers: dict[str, Any], keys: keyring.Keyring) -> str:
    if not servers:
        return f"redis://{NOT_RUNNING}:6379/0"
    return f"redis://:{keys.redis_password}@127.0.0.1:{servers['redis_port']}/0"


@cache
def _throwaway_keys() -> keyring.Keyring:
    """For commands like `check` on a fresh checkout, which must not write."""
    return keyring.generate()
