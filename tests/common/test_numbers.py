import pytest

from umkm_portal.common.numbers import whole_in


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("12", 12), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("9" * 5000, None)]
    + [(text, None) for text in ("", "-1", "1.5", "²", "٣", " 1", "1e3")],
)
def test_whole_in(text, number):
    assert whole_in(text) == number
