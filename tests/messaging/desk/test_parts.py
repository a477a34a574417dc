"""Parts of an SMS."""

import pytest

from umkm_portal.messaging.desk.parts import count_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("“" * 70, 1),
        ("“" * 71, 2),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
    ],
)
def test_parts_follow_the_alphabet_and_its_limits(text, parts):
    assert count_parts(text) == parts
