"""A changed number moves the account along and ends what was open under the old one."""

import pytest

from participants.contacts.repair import change_contact
from tests.factories import ParticipantFactory, UserFactory

pytestmark = pytest.mark.django_db
OLD, NEW = "+6281234567890", "+6281300000001"


@pytest.fixture
def clerk():
    return UserFactory(is_staff=True)


def is_in(client):
    return client.get("/keluar/").status_code == 200


def test_account_follows_and_its_old_sessions_end(client, clerk, now):
    owner = UserFactory(phone=OLD, phone_verified_at=now)
    person = ParticipantFactory(account=owner, phone=OLD, email="")
    client.force_login(owner)
    assert is_in(client)

    assert not change_contact(person, email="siti@contoh.example", actor=clerk, now=now)
    assert is_in(client)
    assert change_contact(person, phone=NEW, actor=clerk, now=now)

    owner.refresh_from_db()
    assert (owner.phone, owner.phone_verified_at, person.phone) == (NEW, None, NEW)
    assert not is_in(client)
    assert NEW in type(person).objects.get(pk=person.pk).search
    assert not change_contact(person, phone=NEW, actor=clerk, now=now)


@pytest.mark.parametrize("why", ["family", "taken", "staff"])
def test_record_leaves_an_account_that_cannot_follow(client, clerk, now, why):
    owner = UserFactory(phone=OLD, phone_verified_at=now, is_staff=why == "staff")
    person = ParticipantFactory(account=owner, phone=OLD)
    if why == "family":
        ParticipantFactory(account=owner, phone=OLD)
    if why == "taken":
        UserFactory(phone=NEW)
    client.force_login(owner)

    assert change_contact(person, phone=NEW, actor=clerk, now=now)

    owner.refresh_from_db()
    assert (owner.phone, person.account, person.phone) == (OLD, None, NEW)
    assert not is_in(client)
