"""Every rule of a segment finds exactly the people it speaks of."""

from datetime import timedelta

import pytest
from django.utils import timezone

from participants.models import Consent, Mentorship, SalesChannel, Stage, StageEvent
from participants.segments.audiences import (
    RulesBroken,
    count_by_district,
    people_by,
    samples_of,
    strongest_cuts,
)
from participants.segments.registry import rule_set
from partners.models import CurationResult
from tests.factories import (
    ApplicationFactory,
    BusinessFactory,
    CohortFactory,
    CurationCallFactory,
    EnrolmentFactory,
    InvitationRoundFactory,
    OrganisationFactory,
    ParticipantFactory,
    RegionFactory,
    SectorFactory,
    TopicFactory,
)
from tests.staff import make_user
from umkm_portal.accounts.models import Organisation
from umkm_portal.regions.models import Region

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def scene():
    """Ani has everything a rule can ask for; Budi has nothing of it; Citra lives elsewhere."""
    Region.objects.bulk_create(
        Region(code=code, name=name, short_name=name, level=level)
        for code, name, level in (
            ("31.74", "Jakarta Selatan", "city"),
            ("31.74.01", "Tebet", "district"),
            ("32.73", "Bandung", "city"),
        )
    )
    village = RegionFactory(code="31.74.01.1001")
    agency = OrganisationFactory(slug="dinas-a")
    ani = ParticipantFactory(
        full_name="Ani",
        region=village,
        track="scaling_up",
        identity="verified",
        birth_date=TODAY.replace(year=TODAY.year - 30, day=1, month=1),
        source="Pasar Tanah Abang",
        willing_on=TODAY,
        last_served_on=None,
        agency=agency,
    )
    budi = ParticipantFactory(
        full_name="Budi",
        region=None,
        email="",
        phone="",
        active_until=TODAY - timedelta(days=1),
        is_willing=False,
        last_served_on=TODAY,
        created_at=timezone.now() - timedelta(days=400),
    )
    citra = ParticipantFactory(
        full_name="Citra", region=Region.objects.get(code="32.73"), last_served_on=TODAY
    )
    _give_everything(ani, agency)
    BusinessFactory(participant=budi, sector=SectorFactory(slug="fesyen"), yearly_sales=3 * 10**9)
    ParticipantFactory(status="anonymised", region=village)
    call = CurationCallFactory(slug="bazar")
    for person, outcome in ((ani, "passed"), (budi, "failed")):
        ApplicationFactory(call=call, participant=person)
        CurationResult.objects.create(call=call, participant=person, outcome=outcome)
    return {"ani": ani, "budi": budi, "citra": citra}


def _give_everything(ani, agency):
    shop = BusinessFactory(
        participant=ani,
        sector=SectorFactory(slug="makanan"),
        yearly_sales=10**9,
        sells_live=True,
        market="Tanah Abang",
        nib="1234567890123",
    )
    SalesChannel.objects.create(business=shop, platform="shopee")
    Stage.objects.bulk_create([Stage(code="P1", name="a"), Stage(code="P2", name="b")])
    StageEvent.objects.create(participant=ani, stage_id="P1", occurred_on=TODAY, source_ref="1")
    wrong = StageEvent.objects.create(
        participant=ani, stage_id="P2", occurred_on=TODAY, source_ref="2"
    )
    StageEvent.objects.create(
        participant=ani, stage_id="P1", occurred_on=TODAY, source_ref="3", corrects=wrong
    )
    Mentorship.objects.create(participant=ani, organisation=agency)
    partner = OrganisationFactory(slug="shopee", kind=Organisation.Kind.PARTNER)
    for purpose, event in (("whatsapp", "given"), ("photo", "given"), ("photo", "withdrawn")):
        Consent.objects.create(
            participant=ani, purpose=purpose, event=event, notice_version="1", channel="web"
        )
    Consent.objects.create(
        participant=ani,
        purpose="sharing",
        organisation=partner,
        event="given",
        notice_version="1",
        channel="web",
    )
    topic = TopicFactory(slug="siaran")
    cohort = CohortFactory(training__topic=topic)
    EnrolmentFactory(
        participant=ani,
        cohort=cohort,
        round=InvitationRoundFactory(cohort=cohort),
        state="attended",
        answered_at=timezone.now(),
    )
    TopicFactory(slug="foto")


DAY = f"{TODAY:%Y-%m-%d}"
TOMORROW = f"{TODAY + timedelta(days=1):%Y-%m-%d}"
CASES = [
    ({}, "ani budi citra"),
    ({"wilayah": ["31.74"]}, "ani"),
    ({"wilayah": ["31.74.01"]}, "ani"),
    ({"wilayah": ["31.74.01.1001", "luar"]}, "ani citra"),
    ({"wilayah": ["kosong"]}, "budi"),
    ({"aktif": "ya"}, "ani citra"),
    ({"aktif": "tidak"}, "budi"),
    ({"bersedia": "tidak"}, "budi"),
    ({"bersedia_sejak": DAY}, "ani"),
    ({"bersedia_sejak": TOMORROW}, ""),
    ({"belum_dilayani_sejak": DAY}, "ani"),
    ({"sektor": ["makanan", "fesyen"]}, "ani budi"),
    ({"sektor": ["fesyen"]}, "budi"),
    ({"skala": ["micro"]}, "ani"),
    ({"skala": ["kosong"]}, ""),
    ({"kanal": ["shopee"]}, "ani"),
    ({"kanal": ["tiktok"]}, ""),
    ({"sektor": ["fesyen"], "kanal": ["shopee"]}, ""),
    ({"siaran": "ya"}, "ani"),
    ({"siaran": "tidak"}, "budi"),
    ({"pasar": "ya"}, "ani"),
    ({"nama_pasar": "abang"}, "ani"),
    ({"nib": "tidak"}, "budi"),
    ({"sudah_langkah": ["P1"]}, "ani"),
    ({"sudah_langkah": ["P1", "P2"]}, ""),
    ({"belum_langkah": ["P2"]}, "ani budi citra"),
    ({"belum_langkah": ["P1"]}, "budi citra"),
    ({"sudah_langkah": ["P1"], "langkah_sejak": TOMORROW}, ""),
    ({"langkah_sejak": DAY}, "ani"),
    ({"jalur": "scaling_up"}, "ani"),
    ({"identitas": "verified"}, "ani"),
    ({"usia_dari": "30"}, "ani"),
    ({"usia_sampai": "29"}, ""),
    ({"usia_dari": "30", "usia_sampai": "30"}, "ani"),
    ({"kontak": ["phone", "email"]}, "ani citra"),
    ({"dinas": ["dinas-a"]}, "ani"),
    ({"didampingi": "tidak"}, "budi citra"),
    ({"asal": "tanah"}, "ani"),
    ({"terdaftar_sejak": DAY}, "ani citra"),
    ({"terdaftar_sampai": f"{TODAY - timedelta(days=100):%Y-%m-%d}"}, "budi"),
    ({"setuju_wa": "ya"}, "ani"),
    ({"setuju_foto": "tidak"}, "ani budi citra"),
    ({"setuju_mitra": ["shopee"]}, "ani"),
    ({"pernah_ikut": ["siaran"]}, "ani"),
    ({"belum_ikut": ["siaran"]}, "budi citra"),
    ({"pernah_ikut": ["foto"]}, ""),
    ({"tidak_hadir": ["siaran"]}, ""),
    ({"diundang_hari": "7"}, "ani"),
    ({"tidak_diundang_hari": "7"}, "budi citra"),
    ({"menjawab_hari": "7"}, "ani"),
    ({"melamar_kurasi": ["bazar"]}, "ani budi"),
    ({"lolos_kurasi": ["bazar"]}, "ani"),
]


def test_each_rule_finds_its_people(scene):
    found = {
        str(rules): " ".join(
            people_by(rules).order_by("pk").values_list("full_name", flat=True)
        ).lower()
        for rules, _ in CASES
    }

    assert found == {str(rules): names for rules, names in CASES}
    assert {name for rules, _ in CASES for name in rules} == set(rule_set().base_filters)


def test_a_city_office_counts_its_own_people_only(scene):

    office = make_user("city")

    assert [p.full_name for p in people_by({}, user=office)] == ["Ani"]
    assert [p.full_name for p in people_by({"wilayah": ["luar"]}, user=office)] == []


def test_split_samples_and_the_rule_that_cuts_most(scene):
    assert dict(count_by_district(people_by({}))) == {
        "Tebet": 1,
        "Luar Jakarta": 1,
        "Wilayah belum diketahui": 1,
    }
    shown = {sample.name: sample.contact for sample in samples_of(people_by({}))}
    assert "••••" in shown["Ani"]
    assert scene["ani"].phone[3:] not in shown["Ani"]

    cuts = strongest_cuts({"aktif": "ya", "kanal": ["tiktok"]})

    assert [(cut.label, cut.people) for cut in cuts] == [("Berjualan di", 2), ("Masih aktif", 0)]


@pytest.mark.parametrize(
    "rules", [{"sektor": ["tidak-ada"]}, {"usia_dari": "tua"}, {"dari_versi_lain": "1"}]
)
def test_a_rule_that_is_not_understood_finds_nobody_instead_of_everybody(scene, rules):
    with pytest.raises(RulesBroken, match="perbaiki"):
        people_by(rules)
