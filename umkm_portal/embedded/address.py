"""Where the portal listens and how people call it."""

import os
from dataclasses import dataclass

from umkm_portal.embedded.errors import EmbeddedError
from umkm_portal.embedded.ports import port_is_free

DEFAULT_PORT = 8000
PORTS_TRIED = 50


@dataclass(frozen=True)
class Address:
    """Host and port of the web server, and the address that stands in messages."""

    host: str
    port: int
    url: str


def choose_address(host: str, port: int | None) -> Address:
    """The wanted port, or the first free one from 8000 on when nobody asked for one."""
    if port is not None and not port_is_free(port, host):
        raise EmbeddedError(f"port {port} on {host} is in use: choose another one with --port.")
    candidates = [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    for candidate in candidates:
        if port_is_free(candidate, host):
            url = os.environ.get("PORTAL_URL", "").rstrip("/") or f"http://localhost:{candidate}"
            return Address(host=host, port=candidate, url=url)
    raise EmbeddedError(
        f"no free port between {DEFAULT_PORT} and {DEFAULT_PORT + PORTS_TRIED - 1}: "
        "choose one with --port."
    )
