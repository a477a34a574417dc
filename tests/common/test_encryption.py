"""Encryption: what is sealed opens with its key and purpose only, and shows nowhere else."""

import base64
import hmac
import json
import os
import pickle

import pytest
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from umkm_portal.common import encryption
from umkm_portal.common.encryption import Cipher, DecryptionError, EncryptedField, Sealed

NIK = "3171074503900001"


def key(number, fill):
    return f"{number}:{base64.b64encode(bytes([fill]) * 32).decode()}"


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.FIELD_KEYS = [key(2, 2), key(1, 1)]
    settings.INDEX_KEYS = [key(2, 12), key(1, 11)]


@given(st.text(), st.text(alphabet="abc.", max_size=8))
def test_what_is_sealed_opens(text, purpose):
    sealed = Cipher(purpose).encrypt(text)

    assert Cipher(purpose).decrypt(sealed) == text
    assert Cipher(purpose).decrypt(memoryview(sealed)) == text


def test_equal_text_is_sealed_differently():
    assert Cipher("nik").encrypt(NIK) != Cipher("nik").encrypt(NIK)
    assert NIK.encode() not in Cipher("nik").encrypt(NIK)


def test_another_purpose_does_not_open():
    with pytest.raises(DecryptionError):
        Cipher("mfa").decrypt(Cipher("nik").encrypt(NIK))


@given(st.integers(0, 44), st.integers(1, 255))
def test_changed_data_does_not_open(place, change):
    sealed = bytearray(Cipher("nik").encrypt(NIK))
    sealed[place] ^= change

    with pytest.raises(DecryptionError):
        Cipher("nik").decrypt(bytes(sealed))


@pytest.mark.parametrize("data", [b"", b"\x01", b"3171074503900001", b"\x02" * 28])
def test_short_data_does_not_open(data):
    with pytest.raises(DecryptionError):
        Cipher("nik").decrypt(data)


def test_an_old_key_opens_and_asks_for_rotation(settings):
    settings.FIELD_KEYS = [key(1, 1)]
    sealed = Cipher("nik").encrypt(NIK)
    assert not encryption.needs_rotation(sealed)

    settings.FIELD_KEYS = [key(2, 2), key(1, 1)]

    assert Cipher("nik").decrypt(sealed) == NIK
    assert encryption.needs_rotation(sealed)
    assert not encryption.needs_rotation(memoryview(Cipher("nik").encrypt(NIK)))


def test_a_lost_key_is_named(settings):
    sealed = Cipher("nik").encrypt(NIK)
    settings.FIELD_KEYS = [key(1, 1)]

    with pytest.raises(DecryptionError, match="no key with id 2"):
        Cipher("nik").decrypt(sealed)


def test_a_wrong_key_of_the_same_id_does_not_open(settings):
    sealed = Cipher("nik").encrypt(NIK)
    settings.FIELD_KEYS = [key(2, 9)]

    with pytest.raises(DecryptionError, match="key 2 does not open"):
        Cipher("nik").decrypt(sealed)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        ["one"],
        ["1:short"],
        ["x:" + "A" * 44],
        [key(0, 1)],
        [key(256, 1)],
        [key(1, 1), key(1, 2)],
    ],
)
def test_bad_keys_are_refused_without_being_shown(settings, entries):
    settings.FIELD_KEYS = entries

    with pytest.raises(ImproperlyConfigured) as refusal:
        Cipher("nik")

    assert "FIELD_KEYS" in str(refusal.value)
    assert all(entry not in str(refusal.value) for entry in entries)


def test_url_safe_keys_are_read(settings):
    secret = bytes([255] * 32)
    settings.FIELD_KEYS = ["1:" + base64.urlsafe_b64encode(secret).decode()]
    sealed = Cipher("nik").encrypt(NIK)
    settings.FIELD_KEYS = ["1:" + base64.b64encode(secret).decode()]

    assert Cipher("nik").decrypt(sealed) == NIK


def test_a_cipher_travels_to_another_process():
    sealed = Cipher("nik").encrypt(NIK)

    assert pickle.loads(pickle.dumps(Cipher("nik"))).decrypt(sealed) == NIK


def test_forked_processes_never_share_a_nonce():
    def first_bytes():
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.write(writer, Cipher("nik").encrypt("x"))
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writer)
        with open(reader, "rb") as pipe:
            return pipe.read()[:13]

    Cipher("nik").encrypt("x")

    assert len({first_bytes() for _ in range(3)}) == 3


@given(st.text(), st.text())
def test_indexes_are_equal_for_equal_text_only(one, two):
    indexes = [encryption.blind_index("nik", text) for text in (one, two)]

    assert (indexes[0] == indexes[1]) == (one == two)


@given(st.text(), st.text(alphabet="abc.", max_size=8))
def test_an_index_is_plain_hmac(text, purpose):
    digest = hmac.digest(bytes([12]) * 32, f"{purpose}\0{text}".encode(), "sha256")

    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    assert encryption.blind_index(purpose, text) == f"2:{expected}"


def test_an_index_belongs_to_its_purpose_and_key():
    current, old = encryption.blind_indexes("nik", NIK)

    assert current == encryption.blind_index("nik", NIK)
    assert current.startswith("2:")
    assert old.startswith("1:")
    assert current[2:] != old[2:]
    assert encryption.blind_index("phone", NIK) != current
    assert len(current) == 45


@pytest.fixture
def model():
    with isolate_apps("umkm_portal.common"):

        class Secret(models.Model):  # noqa: DJ008
            nik = EncryptedField("NIK", purpose="test.nik", null=True)
            note = models.CharField(max_length=10, default="")

            class Meta:
                app_label = "common"

        with connection.schema_editor() as editor:
            editor.create_model(Secret)
        yield Secret
        with connection.schema_editor() as editor:
            editor.delete_model(Secret)


def stored(model):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nik FROM {model._meta.db_table}")
        return [None if row[0] is None else bytes(row[0]) for row in cursor.fetchall()]


@pytest.mark.django_db
def test_the_field_seals_at_rest_and_opens_on_access(model):
    model.objects.create(nik=NIK)
    model.objects.bulk_create([model(nik=NIK), model(nik=None)])

    assert [row.nik for row in model.objects.order_by("pk")] == [NIK, NIK, None]
    assert all(data is None or NIK.encode() not in data for data in stored(model))
    assert [data and Cipher("test.nik").decrypt(data) for data in stored(model)] == [NIK, NIK, None]


@pytest.mark.django_db
def test_saving_something_else_leaves_the_sealed_bytes_alone(model):
    model.objects.create(nik=NIK)
    before = stored(model)

    row = model.objects.get()
    assert row.nik == NIK
    row.note = "baru"
    row.save()

    assert stored(model) == before


@pytest.mark.django_db
def test_deferred_refreshed_and_pickled_values_open(model):
    row = model.objects.create(nik="lama")
    deferred = model.objects.defer("nik").get()
    assert deferred.get_deferred_fields() == {"nik"}
    assert deferred.nik == "lama"

    model.objects.update(nik=NIK)
    row.refresh_from_db()
    loaded = pickle.loads(pickle.dumps(model.objects.get().__dict__["nik"]))

    assert row.nik == NIK
    assert isinstance(loaded, Sealed)
    assert Cipher("test.nik").decrypt(loaded) == NIK


@pytest.mark.django_db
def test_values_never_show_ciphertext(model):
    model.objects.create(nik=NIK)

    sealed = model.objects.values_list("nik", flat=True).get()

    assert (str(sealed), repr(sealed), f"{sealed}") == ("<terenkripsi>",) * 3
    assert Cipher("test.nik").decrypt(sealed) == NIK


@pytest.mark.django_db
def test_a_lost_key_stops_the_reading_of_the_value_not_of_the_row(model, settings):
    model.objects.create(nik=NIK)
    settings.FIELD_KEYS = [key(7, 7)]

    row = model.objects.get()

    with pytest.raises(DecryptionError, match="no key with id 2"):
        row.nik  # noqa: B018


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", ["nik", "nik__in", "nik__contains", "nik__gt", "nik__foo__bar"])
def test_every_lookup_but_isnull_is_refused(model, lookup):
    with pytest.raises(TypeError, match="encrypted"):
        model.objects.filter(**{lookup: [NIK]}).exists()


@pytest.mark.django_db
def test_isnull_works(model):
    model.objects.bulk_create([model(nik=NIK), model(nik=None)])

    assert model.objects.filter(nik__isnull=True).count() == 1
    assert model.objects.exclude(nik__isnull=True).get().nik == NIK


@pytest.mark.django_db
def test_a_dump_holds_no_text_and_loads_again(model):
    row = model.objects.create(nik=NIK)

    dump = serializers.serialize("json", [row])
    field = json.loads(dump)[0]["fields"]["nik"]
    row.nik = model._meta.get_field("nik").to_python(field)
    row.save()

    assert NIK not in dump
    assert model.objects.get().nik == NIK


def test_the_field_describes_itself_to_migrations():
    field = EncryptedField(purpose="test.nik", null=True)

    _, path, args, kwargs = field.deconstruct()

    assert path == "umkm_portal.common.encryption.EncryptedField"
    assert (args, kwargs) == ([], {"purpose": "test.nik", "null": True})
