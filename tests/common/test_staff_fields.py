"""Fields of the staff pages: the same amount typed in another way is no change."""

import pytest

from umkm_portal.common.staff_fields import RupiahField


@pytest.mark.parametrize(
    ("before", "typed", "is_changed"),
    [
        (1_500_000, "Rp1.500.000", False),
        ("Rp1.500.000", "1,5 juta", False),
        (0, "", True),
        (None, "", False),
        (0, "Rp0", False),
        (5, "mahal", True),
    ],
)
def test_an_amount_changes_when_its_rupiah_do(before, typed, is_changed):
    assert RupiahField(required=False).has_changed(before, typed) is is_changed
