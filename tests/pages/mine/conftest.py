"""One account with two people, and a stranger with her own."""

from types import SimpleNamespace

import pytest

from participants.reference import load_reference_data
from tests.factories import BusinessFactory, ParticipantFactory, UserFactory


@pytest.fixture
def family(client):
    """Logged in: Siti's account, which also holds her daughter Wulan."""
    load_reference_data()
    account = UserFactory(full_name="Keluarga")
    siti = ParticipantFactory(full_name="Siti Aminah", account=account, address="Jalan A 1")
    wulan = ParticipantFactory(full_name="Wulan", account=account, phone=siti.phone)
    stranger = ParticipantFactory(full_name="Orang Lain", account=UserFactory())
    client.force_login(account)
    return SimpleNamespace(
        account=account,
        siti=siti,
        wulan=wulan,
        stranger=stranger,
        business=BusinessFactory(participant=siti, name="Dapur Siti"),
        foreign=BusinessFactory(participant=stranger, name="Toko Lain"),
    )
