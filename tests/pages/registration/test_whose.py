"""Whose data the pages touch and show: only of whoever proved the number or address."""

from datetime import timedelta

import pytest
from django.utils import timezone

from participants import niks
from participants.models import DuplicatePair, Participant, Registration
from participants.registration import drafts
from participants.tasks import remove_expired_registrations
from tests.factories import CohortFactory, ParticipantFactory, UserFactory
from tests.pages.registration.conftest import NIK, path_of
from tests.pages.registration.test_registering import text
from trainings.models import Enrolment
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.usefixtures("lists")
E164 = "+6281234567890"


def known(**facts):
    """Siti as the dinas has her on file."""
    told = {"full_name": "SITI AMINAH", "phone": E164, "identity": "verified", "email": ""}
    return ParticipantFactory(**{**told, **niks.facts_of(NIK)} | facts)


def test_known_and_unknown_people_see_the_same_pages_until_the_code(owner):
    seen = []
    for is_known in (False, True):
        if is_known:
            known(account=UserFactory(email=None, phone="+6281255556666"))
        siti = owner(contact="0812-5555-6666" if is_known else "0812-7777-8888")
        siti.post("/daftar/", nama=siti.name, kontak=siti.contact)
        page = text(siti.get("/daftar/kode/")).replace(siti.contact, "")
        seen.append([page, *(siti.get(f"/daftar/{name}/").status_code for name in ("usaha",))])

    assert seen[0] == seen[1]


def test_the_proved_number_completes_the_record_of_the_dinas(owner):
    record = known(birth_date=None)

    receipt = owner().register()

    assert Participant.objects.get() == record
    record.refresh_from_db()
    assert record.account.phone == E164
    assert record.businesses.get().name == "Dapur Siti"
    assert "Siti Aminah".upper() in text(receipt).upper()


def test_a_squatted_nik_brings_nothing_and_says_nothing(owner):
    real = known(phone="+6281277778888", address="Jalan Rahasia 1")
    before = Participant.objects.values().get(pk=real.pk)

    receipt = owner(name="Siti Aminah").register()

    squatter = Participant.objects.exclude(pk=real.pk).get()
    assert Participant.objects.values().get(pk=real.pk) == before
    assert (squatter.identity, squatter.nik) == ("claimed", NIK)
    assert "Rahasia" not in text(receipt)
    assert "terverifikasi" not in text(receipt)
    pair = DuplicatePair.objects.get()
    assert {pair.first, pair.second} == {real, squatter}


def test_a_family_registers_on_one_phone_and_one_login(owner):
    siti = owner()
    siti.register()
    assert siti.client.session["_auth_user_id"]
    siti.get("/daftar/?baru=1")
    siti.name = "Budi Santoso"

    asked = siti.post("/daftar/", nama=siti.name, kontak=siti.contact)
    assert path_of(asked) == "/daftar/identitas/", "the login has proved the number"
    siti.tell(identitas={"nik": "3171991203880002", "lahir": "12/03/1988"})
    siti.post("/daftar/periksa/")

    people = Participant.objects.order_by("pk")
    assert [p.full_name for p in people] == ["Siti Aminah", "Budi Santoso"]
    assert len({p.account for p in people}) == 1
    cohort = CohortFactory(seats=1)
    assert path_of(siti.get(f"/daftar/?gelombang={cohort.code}")) == "/daftar/ikut/"
    asked = siti.get(f"/daftar/ikut/?gelombang={cohort.code}")
    assert "Siapa yang ikut?" in text(asked)
    assert siti.post("/daftar/ikut/", gelombang=cohort.code).status_code == 409
    for person in people:
        joined = siti.post("/daftar/ikut/", gelombang=cohort.code, peserta=person.code)
        assert path_of(joined).startswith("/u/")
    assert [*Enrolment.objects.order_by("pk").values_list("state", flat=True)] == [
        "confirmed",
        "waitlisted",
    ]
    stranger = owner(contact="0812-9999-0000")
    assert path_of(
        stranger.post("/daftar/ikut/", gelombang=cohort.code, peserta=people[0].code)
    ) == ("/daftar/")


def test_the_same_name_and_number_go_on_where_they_stopped(owner):
    first = owner()
    first.begin()
    first.tell("identitas", "alamat")

    brother = owner(name="Budi")
    assert brother.begin() == "/daftar/lanjut/", "he may be her with another name"
    again = owner(name="siti  aminah")
    assert again.begin() == "/daftar/usaha/"

    assert Registration.objects.count() == 2
    assert NIK not in str(Registration.objects.values_list())
    draft = Registration.objects.order_by("pk").first()
    assert drafts.name_of(draft) == "Siti Aminah"


def test_another_number_needs_its_own_code_and_loses_nothing(owner):
    siti = owner()
    siti.begin()
    siti.tell("identitas")
    siti.contact = "siti@contoh.example"

    asked = siti.post("/daftar/", nama="Siti Aminah", kontak=siti.contact)
    assert path_of(asked) == "/daftar/kode/"
    assert Registration.objects.get().contact == E164
    message = Delivery.objects.latest("pk")
    assert "/daftar/lanjut/" in str(message.context["catatan"])
    assert path_of(siti.post("/daftar/kode/", kode=siti.code())) == "/daftar/alamat/"
    siti.tell("alamat", "usaha", "minat", minat={"whatsapp": "x"})
    receipt_of = siti.post("/daftar/periksa/")

    assert path_of(receipt_of) == "/daftar/selesai/"
    person = Participant.objects.get()
    assert (person.email, person.phone) == (siti.contact, "")
    copy = Delivery.objects.get(campaign__kind="registration_receipt")
    assert copy.address == siti.contact
    assert "s•••@contoh.example" in text(siti.get("/daftar/selesai/"))


def test_drafts_are_forgotten_after_fourteen_days(owner):
    siti = owner()
    siti.begin()
    Registration.objects.update(expires_at=timezone.now() - timedelta(minutes=1))

    assert path_of(siti.get("/daftar/identitas/")) == "/daftar/"
    assert remove_expired_registrations() == 1
    assert not Registration.objects.exists()


def test_refused_codes_are_a_sentence_at_the_field(owner, settings):
    settings.CODE_RESEND_SECONDS = 60
    siti = owner()
    siti.post("/daftar/", nama="Siti", kontak=siti.contact)

    again = siti.post("/daftar/", nama="Siti", kontak=siti.contact)

    assert again.status_code == 422
    assert "Tunggu" in text(again)
