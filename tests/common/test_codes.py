"""Codes: readable, typeable in any way, and a slip of the finger is noticed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from umkm_portal.common import codes

CODES = st.builds(codes.new_code, st.integers(4, 12))


@given(CODES)
def test_a_new_code_is_valid_and_unambiguous(code):
    assert codes.is_valid(code)
    assert not set(code) & set("0O1ILAEIOU")


@given(st.integers(4, 12))
def test_a_new_code_has_the_asked_length(length):
    assert len(codes.new_code(length)) == length


@given(CODES)
def test_however_it_is_typed_it_is_the_same_code(code):
    shown = codes.display(code)

    for typed in (shown, shown.lower(), shown.replace("-", " "), shown.replace("-", ""), code):
        assert codes.normalise(f" {typed} ") == code


@given(CODES, st.data())
def test_one_wrong_character_is_noticed(code, data):
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from(codes.ALPHABET.replace(code[place], "")))

    assert not codes.is_valid(code[:place] + other + code[place + 1 :])


@given(CODES, st.data())
def test_two_swapped_characters_are_noticed(code, data):
    one, two = sorted(data.draw(st.sets(st.integers(0, len(code) - 1), min_size=2, max_size=2)))
    assume(code[one] != code[two])

    swapped = list(code)
    swapped[one], swapped[two] = swapped[two], swapped[one]

    assert not codes.is_valid("".join(swapped))


@pytest.mark.parametrize("text", ["", "7", "7F3K-29X", "OOOOOOOO", "７F3K29XM"])
def test_other_text_is_not_valid(text):
    assert not codes.is_valid(text)


def test_codes_differ():
    assert len({codes.new_code() for _ in range(2000)}) == 2000


def test_display_groups_by_four():
    assert codes.display("7F3K29XM") == "JKP-7F3K-29XM"
