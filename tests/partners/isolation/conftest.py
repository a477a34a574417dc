from copy import deepcopy

import pytest
from django.test import override_settings

from participants.reference import load_reference_data
from tests.factories import RegionFactory
from tests.partners.isolation.seed import Kind, make_side, number_from, restore


@pytest.fixture(scope="module")
def seeded(module_transaction, tmp_path_factory):
    """Two partners and the dinas itself, alike in every table; each in a district of its own."""
    load_reference_data()
    here, there = (RegionFactory(code=code) for code in ("31.74.01.1001", "31.71.01.1001"))
    before = number_from(70 * 100_000)
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("uploads")):
        yield (
            make_side("Zarafawi", number=71, region=here),
            make_side("Kwimbolo", number=72, region=there),
            make_side("Dinarpuri", number=73, region=there, kind=Kind.AGENCY),
        )
    restore(before)


@pytest.fixture
def sides(db, seeded):
    return deepcopy(seeded)
