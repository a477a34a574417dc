import pytest

from participants.reference import load_reference_data
from tests.factories import RegionFactory
from tests.partners.isolation.seed import Kind, make_side, number_from, restore


@pytest.fixture
def sides(db, settings, tmp_path):
    """Two partners and the dinas itself, alike in every table; each in a district of its own."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    load_reference_data()
    here, there = (RegionFactory(code=code) for code in ("31.74.01.1001", "31.71.01.1001"))
    before = number_from(70 * 100_000)
    yield (
        make_side("Zarafawi", number=71, region=here),
        make_side("Kwimbolo", number=72, region=there),
        make_side("Dinarpuri", number=73, region=there, kind=Kind.AGENCY),
    )
    restore(before)
