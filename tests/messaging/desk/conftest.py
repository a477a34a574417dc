import pytest

from tests.staff import make_user
from umkm_portal.accounts.models import Membership


@pytest.fixture(autouse=True)
def _channels(_channel_on):
    """Email is configured; nothing is handed over unless a test starts a sink."""


@pytest.fixture
def officer(db):
    return make_user("head")


@pytest.fixture
def second(db):
    return make_user("head")


@pytest.fixture
def sudin(db):
    """An officer of the city of Jakarta Selatan."""
    user = make_user("city")
    assert user.memberships.get().role == Membership.Role.CITY_OFFICE
    return user
