import base64
import stat

import pytest

from umkm_portal.embedded import keyring
from umkm_portal.embedded.errors import EmbeddedError


def test_secrets_are_made_once_and_closed_to_others(tmp_path):
    path = tmp_path / "secrets.json"

    first = keyring.read_or_create(path)

    assert keyring.read_or_create(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyring.generate() != first


def test_keys_have_the_form_of_the_environment():
    for key in (*keyring.generate().field_keys, *keyring.generate().index_keys):
        name, _, material = key.partition(":")
        assert 1 <= int(name) <= 255
        assert len(base64.b64decode(material, validate=True)) == 32


@pytest.mark.parametrize("text", ["", "{", '{"secret_key": "x"}', "[]"])
def test_damaged_secrets_are_never_replaced(tmp_path, text):
    path = tmp_path / "secrets.json"
    path.write_text(text)

    with pytest.raises(EmbeddedError, match="is damaged"):
        keyring.read_or_create(path)

    assert path.read_text() == text
