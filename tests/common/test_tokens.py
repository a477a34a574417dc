"""Tokens: they open what they were made for, and nothing else."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_portal.common import tokens

VALUE = uuid.UUID("12345678-1234-5678-1234-567812345678")
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.uuids())
def test_a_token_opens_for_its_purpose(value):
    token = tokens.sign("answer", value)

    assert tokens.unsign("answer", token) == value
    assert len(token) <= 40
    assert set(token) <= set(URL_SAFE)


@given(st.uuids(), st.integers(0, 39), st.sampled_from(URL_SAFE))
def test_one_changed_character_is_refused(value, place, character):
    token = tokens.sign("answer", value)
    changed = token[:place] + character + token[place + 1 :]
    if changed == token:
        return

    with pytest.raises(tokens.BadToken):
        tokens.unsign("answer", changed)


def test_another_purpose_is_refused():
    with pytest.raises(tokens.BadToken):
        tokens.unsign("stop", tokens.sign("answer", VALUE))


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text):
    with pytest.raises(tokens.BadToken):
        tokens.unsign("answer", text)


def test_another_secret_is_refused_until_it_is_a_fallback(settings):
    token = tokens.sign("answer", VALUE)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret"

    with pytest.raises(tokens.BadToken):
        tokens.unsign("answer", token)

    settings.SECRET_KEY_FALLBACKS = [old]
    assert tokens.unsign("answer", token) == VALUE
