"""Changing keys: everything readable before is readable after, under the new key alone."""

import base64
import json
from io import StringIO

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from django.db import connection

from participants import niks
from participants.models import Participant
from tests.factories import ParticipantFactory, UserFactory
from umkm_portal.backups import rotation
from umkm_portal.imports.models import ImportFile, ImportRow

pytestmark = pytest.mark.django_db
KEY_1, KEY_2 = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
NIKS = [f"31719901019000{n:02}" for n in range(1, 8)]


@pytest.fixture
def old_keys(settings):
    settings.FIELD_KEYS, settings.INDEX_KEYS = [f"1:{KEY_1}"], [f"1:{KEY_1}"]


@pytest.fixture
def new_keys(settings):
    """Call it to put new keys before the old ones; `alone=True` takes the old ones away."""

    def change(*, alone=False):
        old = [] if alone else [f"1:{KEY_1}"]
        settings.FIELD_KEYS, settings.INDEX_KEYS = [f"2:{KEY_2}", *old], [f"2:{KEY_2}", *old]

    return change


def rotate():
    out = StringIO()
    call_command("rotate_keys", json=True, stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def history_count():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM participants_participanthistory")
        return cursor.fetchone()[0]


def test_rotated_niks_are_read_and_found_under_the_new_keys_alone(old_keys, new_keys, monkeypatch):
    monkeypatch.setattr(rotation, "CHUNK", 3)
    people = {nik: ParticipantFactory(**niks.facts_of(nik)).pk for nik in NIKS}
    nobody = ParticipantFactory()
    history = history_count()
    new_keys()

    report = rotate()

    new_keys(alone=True)
    for nik, pk in people.items():
        found = Participant.objects.get(nik_index__in=niks.indexes_of(nik))
        assert (found.pk, found.nik) == (pk, nik)
    nobody.refresh_from_db()
    assert (nobody.nik, nobody.nik_index) == (None, None)
    assert report["sealed_again"]["participants.Participant.nik"] == len(NIKS)
    assert report["indexed_again"] == len(NIKS)
    assert history_count() == history


def test_rotating_again_changes_nothing(old_keys, new_keys):
    ParticipantFactory(**niks.facts_of(NIKS[0]))
    new_keys()
    rotate()
    before = bytes(Participant.objects.values_list("nik", flat=True).get())

    report = rotate()

    assert bytes(Participant.objects.values_list("nik", flat=True).get()) == before
    assert (set(report["sealed_again"].values()), report["indexed_again"]) == ({0}, 0)


def test_rotated_second_factors_and_staged_rows_still_open(old_keys, new_keys):
    user, secret = UserFactory(is_staff=True), generate_totp_secret()
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    file = ImportFile.objects.create(name="a.csv", profile="register", sha256="0", state="done")
    ImportRow.objects.create(file=file, row_no=2, raw='["3171990101900001"]')
    new_keys()

    rotate()

    new_keys(alone=True)
    by_type = {a.type: a.wrap() for a in Authenticator.objects.all()}
    assert by_type["recovery_codes"].get_unused_codes() == codes
    stored = by_type["totp"].instance.data["secret"]
    assert get_adapter().decrypt(stored) == secret
    assert ImportRow.objects.get().raw == '["3171990101900001"]'


def test_values_whose_key_is_missing_are_counted_and_left_alone(old_keys, new_keys):
    ParticipantFactory(**niks.facts_of(NIKS[0]))
    before = bytes(Participant.objects.values_list("nik", flat=True).get())
    new_keys(alone=True)

    with pytest.raises(CommandError, match="1 values cannot be opened"):
        rotate()

    assert bytes(Participant.objects.values_list("nik", flat=True).get()) == before


def test_rotation_waits_for_files_on_their_way(old_keys, new_keys):
    ImportFile.objects.create(name="a.csv", profile="register", sha256="0", state="checked")
    new_keys()

    with pytest.raises(CommandError, match="1 uploaded files are on their way"):
        rotate()


def test_one_nik_under_two_index_keys_is_named(old_keys, new_keys):
    facts = {"identity": "verified", "status": "active"}
    first = ParticipantFactory(**niks.facts_of(NIKS[0]), **facts)
    new_keys()
    ParticipantFactory(**niks.facts_of(NIKS[0]), **facts)

    with pytest.raises(CommandError, match=rf"same NIK; merge them first \(ids {first.pk}\)"):
        rotate()
