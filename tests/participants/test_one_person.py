"""The same person comes by herself and by four lists, in any order: one record, all is in it.

The list of the kecamatan names her among fifty for one class.
"""

from datetime import date
from itertools import product

import pytest
from django.utils import timezone

from participants import invariants, niks
from participants.models import DuplicatePair, Participant
from participants.registration.people import Entry, register_person
from tests.factories import CohortFactory, UserFactory
from tests.imports.conftest import bring_in, make_file, register
from trainings.models import Enrolment
from umkm_portal.accounts.models import Organisation
from umkm_portal.imports import decisions, services
from umkm_portal.imports.models import ImportFile, ImportRow
from umkm_portal.regions.models import Region

__all__ = ["make_file", "register"]
pytestmark = pytest.mark.usefixtures("register")
NIK, PHONE = "3171994101900001", "081234567890"
BORN = "01/01/1990"
SELF, MARKET, AGENCY, DINAS, CLASS = "sendiri", "pasar", "dinas", "register", "kelas"
FIRST = ("Budi", "Rahmat", "Dewi", "Yohanes", "Kartika", "Maulana", "Puspita")
LAST = ("Santoso", "Hidayat", "Lestari", "Simbolon", "Wijaya", "Nugroho", "Ramadhani")
NEIGHBOURS = [
    {"Nama": f"{first} {last}", "No HP": f"0857{number:08d}", "Kelurahan": "Kebon Kacang"}
    for number, (first, last) in enumerate(product(FIRST, LAST), 10_000_001)
]
"""The other 49 names of the class."""
ORDERS = (
    (SELF, MARKET, AGENCY, DINAS, CLASS),
    (MARKET, SELF, CLASS, AGENCY, DINAS),
    (CLASS, DINAS, MARKET, SELF, AGENCY),
    (AGENCY, CLASS, SELF, DINAS, MARKET),
    (DINAS, AGENCY, CLASS, MARKET, SELF),
)


class Comings:
    """Each way by which Siti Aminah comes into the register, once."""

    def __init__(self, make_file):
        self.make_file = make_file
        self.cohort = CohortFactory(seats=60)
        self.agency = Organisation.objects.filter(kind="agency").order_by("pk").first()
        self.files = []

    def by(self, way):
        rows = {
            MARKET: {"Pasar": "Pasar Tanah Abang", "Kios": "B2-14", "Nama": "SITI AMINAH"}
            | {"No HP": PHONE, "Live": "ya"},
            AGENCY: {"Nama": "Hj. Siti Aminah", "HP": PHONE, "NIK": NIK, "Produk": "Kue basah"},
            DINAS: {"Nama": "Siti Aminah", "NIK": NIK, "HP": PHONE, "Tanggal lahir": BORN}
            | {"Nama usaha": "Dapur Siti"},
            CLASS: {"Nama": "siti aminah", "No HP": PHONE, "Kelurahan": "Kebon Kacang"},
        }
        if way == SELF:
            self._register()
            return
        options = {"goal": str(self.cohort.pk)} if way == CLASS else {}
        facts = {"organisation": self.agency} if way == AGENCY else {}
        others = NEIGHBOURS if way == CLASS else []
        path = self.make_file([*others[:20], rows[way], *others[20:]], f"{way}.csv")
        file = bring_in(path, profile=way, options=options, **facts)
        waiting = file.rows.filter(action=ImportRow.Action.REVIEW)
        if numbers := list(waiting.values_list("row_no", flat=True)):
            # She typed her NIK herself: an officer looks at her KTP and says that it is she.
            decide = {"choice": "take", "by": None, "now": timezone.now()}
            decisions.decide_rows(file, row_nos=numbers, **decide)
            services.apply_file(file.pk)
        file.refresh_from_db()
        self.files.append(file)

    def _register(self):
        account = UserFactory(email=None, phone="+6281234567890", phone_verified_at=timezone.now())
        entry = Entry(
            full_name="Siti Aminah",
            phone="+6281234567890",
            nik=NIK,
            region=Region.objects.get(name="Kebon Kacang", level=Region.Level.VILLAGE),
            address="Jl. Kebon 1",
            business_name="Dapur Siti",
            channels=[("shopee", "https://shopee.co.id/dapursiti")],
            is_willing=True,
        )
        now = timezone.now()
        register_person(entry, source=SELF, account=account, actor=None, ktp_seen=False, now=now)


@pytest.mark.parametrize("order", ORDERS, ids=">".join)
def test_who_comes_by_five_ways_stays_one(make_file, order):
    comings = Comings(make_file)
    for way in order:
        comings.by(way)

    assert Participant.objects.count() == Enrolment.objects.count() == 50
    person = Participant.objects.get(full_name__icontains="siti aminah")
    business = person.businesses.get()
    assert (person.nik, person.identity, person.phone) == (NIK, "verified", "+6281234567890")
    assert niks.facts_of(NIK)["nik_index"] == person.nik_index
    assert (person.birth_date, person.address) == (date(1990, 1, 1), "Jl. Kebon 1")
    assert (person.region.name, person.account.phone) == ("Kebon Kacang", person.phone)
    assert (business.name, business.products) == ("Dapur Siti", "Kue basah")
    assert (business.market, business.stall, business.sells_live) == (
        "Pasar Tanah Abang",
        "B2-14",
        True,
    )
    assert business.channels.get().platform == "shopee"
    assert person.stage_events.filter(stage="P1").count() == 1
    assert Enrolment.objects.filter(participant=person).count() == 1
    assert {row.cohort for row in Enrolment.objects.all()} == {comings.cohort}
    assert not DuplicatePair.objects.exists()
    assert invariants.violations() == []
    # Each way is remembered: the rows of the files, the agency, her own answers.
    assert {row.file.profile for row in ImportRow.objects.filter(target_id=person.pk)} == {
        MARKET,
        AGENCY,
        DINAS,
        CLASS,
    }
    assert person.mentorships.get().organisation == comings.agency
    assert person.consents.get(purpose="notice").channel == SELF
    assert person.willing_source == SELF
    assert person.source == (SELF if order[0] == SELF else f"Impor #{comings.files[0].pk}")
    assert ImportFile.objects.exclude(state="done").count() == 0
