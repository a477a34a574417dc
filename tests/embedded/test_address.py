import socket

import pytest

from umkm_portal.embedded import address
from umkm_portal.embedded.errors import EmbeddedError


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_usual_port_taken_means_the_next_free_one(monkeypatch, taken):
    monkeypatch.delenv("PORTAL_URL", raising=False)
    monkeypatch.setattr(address, "DEFAULT_PORT", taken)

    chosen = address.choose_address("127.0.0.1", None)

    assert taken < chosen.port < taken + address.PORTS_TRIED
    assert chosen.url == f"http://localhost:{chosen.port}"


def test_a_port_that_was_asked_for_is_never_replaced(taken):
    with pytest.raises(EmbeddedError, match=f"port {taken} on 127.0.0.1 is in use"):
        address.choose_address("127.0.0.1", taken)


def test_the_public_address_of_the_environment_stands_in_messages(monkeypatch):
    monkeypatch.setenv("PORTAL_URL", "https://pelatihan.example/")

    assert address.choose_address("127.0.0.1", None).url == "https://pelatihan.example"
