"""Seven people and four waves of March to June 2026, each counted by hand in the tests."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

from participants.duplicates.merging import merge
from participants.erasing import anonymise
from participants.models import Stage
from tests.factories import (
    BudgetLineFactory,
    BusinessFactory,
    CohortFactory,
    InvitationRoundFactory,
    OrganisationFactory,
    ParticipantFactory,
    ProgrammeFactory,
    RegionFactory,
    TopicFactory,
    TrainingFactory,
)
from tests.staff import make_user
from trainings.attendance.closing import close_cohort
from trainings.attendance.marks import Kind, Via, mark
from trainings.attendance.walk_ins import walk_in
from trainings.certificates import issuing
from trainings.models import Certificate, Cohort
from trainings.services import answers, cancelling, transitions
from umkm_portal.common.dates import JAKARTA
from umkm_portal.regions.models import Region

NOW = datetime(2026, 4, 1, 9, tzinfo=JAKARTA)
BEFORE = datetime(2026, 2, 20, 9, tzinfo=JAKARTA)


def on(month, day, year=2026):
    return datetime(year, month, day, 9, tzinfo=JAKARTA)


def kelurahan(city, name="Kelurahan"):
    if not Region.objects.filter(code=city).exists():
        RegionFactory(code=city, level=Region.Level.CITY, name=f"Kota {city}")
    return RegionFactory(code=f"{city}.99.{Region.objects.count() + 1001}", name=name)


def wave(training, starts_at, **facts):
    return CohortFactory(
        training=training,
        starts_at=starts_at,
        walk_ins="free_seats",
        **{"opens_at": BEFORE, **facts},
    )


def money(cohort, planned, committed=0, spent=0):
    BudgetLineFactory(cohort=cohort, planned=planned, committed=committed, spent=spent)


def invited(opened, person):
    return transitions.create(opened.cohort, person, now=BEFORE, via="sistem", round=opened)


def come(cohort, enrolment, by):
    for session in cohort.sessions.order_by("starts_at"):
        mark(
            session,
            enrolment=enrolment,
            kind=Kind.IN,
            via=Via.SCAN,
            key=uuid4(),
            happened_at=session.starts_at,
            by=by,
            now=session.ends_at,
        )


def set_up():
    """Live selling in March and May, bookkeeping in March, and a wave that was cancelled."""
    Stage.objects.get_or_create(code="P2", defaults={"name": "Pelatihan"})
    officer = make_user("superuser")
    live, books = TopicFactory(name="Siaran langsung"), TopicFactory(name="Pembukuan")
    ours, theirs = OrganisationFactory(short_name="PPKUKM"), OrganisationFactory(short_name="KPKP")
    programme = ProgrammeFactory(name="Digital", year=2026, organiser=ours)
    BudgetLineFactory(cohort=None, programme=programme, planned=1_000_000, spent=400_000)
    selling = TrainingFactory(topic=live, programme=programme, organiser=ours)
    keeping = TrainingFactory(topic=books, organiser=theirs)

    march, may = wave(selling, on(3, 10)), wave(selling, on(5, 5))
    ledger, off = wave(keeping, on(3, 12)), wave(keeping, on(6, 9))
    draft = wave(keeping, on(6, 10), state=Cohort.State.DRAFT)
    before = wave(keeping, on(12, 30, year=2025), opens_at=None)
    money(march, 500_000, committed=100_000, spent=200_000)
    money(may, 300_000)
    money(off, 700_000, committed=30_000, spent=50_000)
    money(draft, 900_000)
    money(before, 5_000_000, spent=5_000_000)

    ani = ParticipantFactory(full_name="Ani", region=kelurahan("31.74"))
    BusinessFactory(participant=ani, region=kelurahan("31.75"))
    BusinessFactory(participant=ani, region=kelurahan("31.72"))
    budi = ParticipantFactory(full_name="Budi", region=kelurahan("31.74"))
    citra = ParticipantFactory(full_name="Citra", region=kelurahan("32.71"))
    dedi = ParticipantFactory(full_name="Dedi", region=None)
    eka = ParticipantFactory(full_name="Eka", region=kelurahan("31.73"))
    twin = ParticipantFactory(full_name="Eka S", region=eka.region)
    fitri = ParticipantFactory(full_name="Fitri", region=eka.region)

    opened = InvitationRoundFactory(cohort=march)
    places = {
        person.full_name: invited(opened, person) for person in (ani, budi, dedi, eka, twin, fitri)
    }
    for name in ("Ani", "Eka S", "Fitri"):
        answers.accept(places[name], now=BEFORE, via="tautan")
    answers.decline(places["Budi"], reason="Sibuk", now=BEFORE, via="tautan")
    answers.join(ledger, ani, now=BEFORE, via="akun")
    answers.join(may, budi, now=BEFORE, via="akun")
    later = InvitationRoundFactory(cohort=off)
    answers.accept(invited(later, dedi), now=BEFORE, via="tautan")
    cancelling.cancel_cohort(off, reason="Aula dipakai", by=officer, now=BEFORE)
    answers.join(before, dedi, now=before.starts_at - timedelta(days=3), via="akun")

    for name in ("Ani", "Eka S", "Fitri"):
        come(march, places[name], officer)
    at = march.starts_at + timedelta(minutes=20)
    walk_in(march.sessions.get(), citra, key=uuid4(), by=officer, now=at)
    close_cohort(march, by=officer, now=on(3, 11))
    issuing.issue_certificates(march, by=officer, now=on(3, 11))
    paper = Certificate.objects.get(enrolment__participant=citra)
    issuing.revoke(paper, reason="Salah cetak", by=officer, now=on(3, 12))
    come(ledger, ledger.enrolments.get(), officer)
    merge(twin, eka, actor=officer, now=on(3, 20))
    anonymise(fitri, actor=officer, now=on(3, 21))
    return SimpleNamespace(
        officer=officer, programme=programme, live=live, books=books, ours=ours, theirs=theirs,
        march=march, may=may, ledger=ledger, off=off, ani=ani, eka=eka, budi=budi,
    )  # fmt: skip
