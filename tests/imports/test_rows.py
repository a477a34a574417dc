"""Single rows: put right in the page, decided by a person, judged by the policies of the file."""

import pytest
from django.utils import timezone

from participants import niks
from participants.models import Business, Participant
from tests.factories import ParticipantFactory, UserFactory
from tests.imports.conftest import bring_in, check, counts
from umkm_portal.accounts.models import Organisation
from umkm_portal.imports import decisions, policies, repairs, services
from umkm_portal.imports.models import ImportRow, RowRepair

pytestmark = pytest.mark.usefixtures("register")
NIK, OTHER_NIK = "3171994101900001", "3171994101900002"
SITI = {"Nama": "Siti Aminah", "NIK": NIK, "HP": "081234567890", "Tanggal lahir": "01/01/1990"}
BUDI = {"Nama": "Budi", "NIK": OTHER_NIK, "HP": "081299999999"}


def decide(file, choice, row_no=2, **facts):
    decided = decisions.decide_rows(
        file, row_nos=[row_no], choice=choice, by=None, now=timezone.now(), **facts
    )
    services.process_file(file.pk)
    services.apply_file(file.pk)
    file.refresh_from_db()
    return decided


def repair(file, row_no, **cells):
    return repairs.repair_row(
        file, row_no=row_no, cells=cells, by=UserFactory(), now=timezone.now()
    )


# --- Repairs --------------------------------------------------------------------------------------
def test_a_repaired_row_is_checked_at_once_and_counted(make_file):
    file = check(make_file([SITI, {**BUDI, "NIK": "3.17E+15", "HP": "021-384"}]))

    still = repair(file, 3, NIK=OTHER_NIK)
    half = (still.action, [problem["column"] for problem in still.problems])
    done = repair(file, 3, HP="0812-9999-9999")

    file.refresh_from_db()
    assert half == ("reject", ["HP"])
    assert (done.action, counts(file)) == ("create", {"created": 2})
    assert OTHER_NIK not in str(RowRepair.objects.values("cells"))
    ImportRow.objects.all().delete()  # as a crash of the database does
    services.approve_file(file, by=None, now=timezone.now())
    for work in (services.apply_file, services.process_file, services.apply_file):
        work(file.pk)
    assert set(Participant.objects.values_list("full_name", flat=True)) == {"Siti Aminah", "Budi"}
    assert RowRepair.objects.get().cells is None


def test_a_repair_meets_the_other_rows_of_the_file(make_file):
    rows = [SITI, {**BUDI, "NIK": "123"}, {**SITI, "Nama": "Orang Lain"}]
    file = check(make_file(rows))
    assert counts(file) == {"rejected": 3}

    repair(file, 4, NIK=OTHER_NIK)
    file.refresh_from_db()
    apart = counts(file)
    again = repair(file, 3, NIK=OTHER_NIK)

    file.refresh_from_db()
    assert apart == {"created": 2, "rejected": 1}
    assert "orang yang sama" in again.problems[0]["message"]
    assert counts(file) == {"created": 1, "rejected": 2}


def test_a_row_repaired_after_acceptance_goes_into_the_register(make_file):
    file = bring_in(make_file([SITI, SITI, {**BUDI, "NIK": "123"}]))
    assert counts(file) == {"created": 1, "rejected": 2}
    done_at = file.done_at

    repair(file, 4, NIK=OTHER_NIK)
    file.refresh_from_db()
    assert file.state == "approved"
    services.apply_file(file.pk)

    file.refresh_from_db()
    assert (file.state, file.done_at) == ("done", done_at)
    assert counts(file) == {"created": 2, "rejected": 1}
    assert Participant.objects.count() == 2
    with pytest.raises(services.NotNow):
        repair(file, 4, NIK=NIK)


# --- Decisions ------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_accepted", [False, True])
@pytest.mark.parametrize(
    ("choice", "name", "address"),
    [("take", "Siti Rohani", "Jl. Baru"), ("keep", "Siti Aminah", "Jl. Baru")],
)
def test_a_verified_name_changes_by_decision_only(make_file, is_accepted, choice, name, address):
    bring_in(make_file([SITI]))
    path = make_file([{**SITI, "Nama": "Siti Rohani", "Alamat": "Jl. Baru"}])
    file = bring_in(path) if is_accepted else check(path)
    assert counts(file) == {"review": 1}

    decide(file, choice)
    if not is_accepted:
        assert counts(file) == {"updated": 1}
        services.approve_file(file, by=None, now=timezone.now())
        services.apply_file(file.pk)
        file.refresh_from_db()

    person = Participant.objects.get()
    assert (person.full_name, person.address) == (name, address)
    assert (file.state, counts(file)) == ("done", {"updated": 1})
    assert decisions.decision_of(file, 2).choice == choice


def test_a_claimed_nik_is_verified_or_another_persons(make_file):
    claim = ParticipantFactory(full_name="Pengaku", identity="claimed", **niks.facts_of(NIK))
    file = bring_in(make_file([SITI]))

    decide(file, "new")

    claim.refresh_from_db()
    real = Participant.objects.get(full_name="Siti Aminah")
    assert (claim.identity, real.identity, real.nik) == ("claimed", "verified", NIK)
    assert (file.state, counts(file)) == ("done", {"created": 1})


def test_a_claim_that_is_right_becomes_verified(make_file):
    claim = ParticipantFactory(full_name="Siti Aminah", identity="claimed", **niks.facts_of(NIK))
    file = bring_in(make_file([SITI]))

    decide(file, "take")

    claim.refresh_from_db()
    assert (claim.identity, claim.phone) == ("verified", "+6281234567890")
    assert Participant.objects.count() == 1


def test_a_row_is_linked_to_the_person_that_staff_name(make_file):
    bring_in(make_file([SITI, BUDI]))
    budi = Participant.objects.get(full_name="Budi")
    file = bring_in(make_file([{**SITI, "Nama": "Budi", "Alamat": "Jl. Budi"}]))

    decide(file, "link", target_id=budi.pk)

    budi.refresh_from_db()
    assert (budi.full_name, budi.address, budi.nik) == ("Budi", "Jl. Budi", OTHER_NIK)
    assert Participant.objects.get(full_name="Siti Aminah").address == ""
    assert counts(file) == {"updated": 1}


def test_a_skipped_row_changes_nothing_and_a_proved_contact_stays(make_file):
    bring_in(make_file([SITI, BUDI]))
    Participant.objects.filter(full_name="Budi").update(account=UserFactory())
    rows = [{**SITI, "Nama": "Siti Rohani"}, {**BUDI, "HP": "081200000000", "Alamat": "Jl. B"}]
    file = bring_in(make_file(rows))
    assert counts(file) == {"review": 2}

    decide(file, "skip")
    with pytest.raises(services.NotNow):
        decide(file, "take", row_no=3)
    decide(file, "keep", row_no=3)

    budi = Participant.objects.get(full_name="Budi")
    assert (budi.phone, budi.address) == ("+6281299999999", "Jl. B")
    assert counts(file) == {"updated": 1, "rejected": 1}
    assert Participant.objects.filter(full_name="Siti Aminah").exists()


# --- Policies -------------------------------------------------------------------------------------
def test_policies_keep_overwrite_or_review_each_field(make_file):
    old = {**SITI, "Alamat": "Jl. Lama", "Nama usaha": "Dapur", "Produk": "kue"}
    bring_in(make_file([old]))
    new = {**old, "Alamat": "Jl. Baru", "Produk": "batik", "Kios": "B1", "HP": "081211112222"}
    file = check(make_file([new], "baru.csv"))
    assert counts(file) == {"updated": 1}

    policies.set_policies(file, {"address": "keep", "phone": "review", "products": "keep"})
    services.process_file(file.pk)
    file.refresh_from_db()
    assert counts(file) == {"review": 1}
    policies.set_policies(file, {"address": "keep", "products": "keep", "phone": "overwrite"})
    services.process_file(file.pk)
    file.refresh_from_db()
    assert counts(file) == {"updated": 1}
    services.approve_file(file, by=None, now=timezone.now())
    services.apply_file(file.pk)

    person, business = Participant.objects.get(), Business.objects.get()
    assert (person.address, person.phone) == ("Jl. Lama", "+6281211112222")
    assert (business.products, business.stall) == ("kue", "B1")


def test_a_reviewed_field_waits_and_is_decided(make_file):
    bring_in(make_file([{**SITI, "Alamat": "Jl. Lama"}]))
    file = check(make_file([{**SITI, "Alamat": "Jl. Baru", "Email": "a@b.example"}]))
    policies.set_policies(file, {"address": "review"})
    services.process_file(file.pk)

    decide(file, "keep")

    assert counts(file) == {"updated": 1}
    services.approve_file(file, by=None, now=timezone.now())
    services.apply_file(file.pk)
    person = Participant.objects.get()
    assert (person.address, person.email) == ("Jl. Lama", "a@b.example")


def test_unknown_policies_and_accepted_files_are_refused(make_file):
    file = check(make_file([SITI]))
    with pytest.raises(services.NotNow, match="tidak dikenal"):
        policies.set_policies(file, {"identity": "overwrite"})
    services.approve_file(file, by=None, now=timezone.now())
    with pytest.raises(services.NotNow, match="sebelum daftar diterima"):
        policies.set_policies(file, {"address": "keep"})


# --- Sources --------------------------------------------------------------------------------------
def test_the_same_person_from_three_sources_stays_one(make_file):
    parekraf = Organisation.objects.get(slug="parekraf")
    bring_in(make_file([SITI], "induk.csv"))
    market = {"Pasar": "Pasar Tanah Abang", "Kios": "B2", "Nama": "SITI AMINAH"}
    market |= {"HP": "0812-3456-7890", "Jualan live": "ya"}
    stall = bring_in(make_file([market], "pasar.csv"), profile="pasar")
    own = bring_in(
        make_file([{**SITI, "Nama": "Hj. Siti Aminah", "Alamat": "Jl. Melati"}], "dinas.csv"),
        profile="dinas",
        organisation=parekraf,
    )

    person, business = Participant.objects.get(), Business.objects.get()
    assert (counts(stall), counts(own)) == ({"updated": 1}, {"updated": 1})
    assert (person.full_name, person.nik, person.address) == ("Siti Aminah", NIK, "Jl. Melati")
    assert (business.market, business.stall, business.sells_live) == (
        "Pasar Tanah Abang",
        "B2",
        True,
    )
    assert [m.organisation.slug for m in person.mentorships.all()] == ["parekraf"]
