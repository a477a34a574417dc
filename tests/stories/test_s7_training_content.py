"""S7: the dinas teaches products, marketing and bookkeeping; the council asks for live selling.

A year later it asks how many learned it. The page says so by people and by seats, with the money,
and names everybody behind the number to whoever may see them.
"""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from participants.models import Stage, StageEvent
from tests.factories import (
    BudgetLineFactory,
    CohortFactory,
    OrganisationFactory,
    ParticipantFactory,
    ProgrammeFactory,
    TargetFactory,
    TopicFactory,
    TrainingFactory,
)
from tests.staff import make_user
from trainings.attendance.closing import close_cohort
from trainings.attendance.marks import Kind, Via, mark
from trainings.services import answers
from umkm_portal.common.dates import JAKARTA
from umkm_portal.reports.council import places
from umkm_portal.reports.council.figures import figures_of
from umkm_portal.reports.council.periods import Period

pytestmark = [pytest.mark.django_db, pytest.mark.long]
CURRICULUM = {
    "Membuat produk": range(16),
    "Pemasaran": range(4, 16),
    "Pembukuan modal dan laba": range(8),
    "Siaran langsung": range(9),
}
"""Who of sixteen people takes which course."""
AGAIN = range(7, 9)
"""Who practises live selling a second time, at the stall."""


def test_the_council_reads_how_many_learned_live_selling(client):
    Stage.objects.get_or_create(code="P2", defaults={"name": "Pelatihan"})
    officer = make_user("head")
    crowd = [ParticipantFactory(full_name=f"Peserta {letter}") for letter in "ABCDEFGHIJKLMNOP"]
    dinas = OrganisationFactory(short_name="PPKUKM")
    programme = ProgrammeFactory(name="Kurikulum", year=2027, organiser=dinas)
    topics = {name: TopicFactory(name=name) for name in CURRICULUM}
    courses = [
        (name, takers, 3 + number) for number, (name, takers) in enumerate(CURRICULUM.items())
    ]
    for name, takers, month in [*courses, ("Siaran langsung", AGAIN, 8)]:
        training = TrainingFactory(topic=topics[name], programme=programme, organiser=dinas)
        teach(training, [crowd[number] for number in takers], month=month, by=officer)
    aim = TargetFactory(year=2027, topic=topics["Siaran langsung"], number=12, source="Rapat DPRD")

    told = figures_of(Period(2027).window, now=at(12))
    lines = {name: told.line(places.TOPIC, topic.pk) for name, topic in topics.items()}
    assert {name: line.trained for name, line in lines.items()} == {
        "Membuat produk": 16,
        "Pemasaran": 12,
        "Pembukuan modal dan laba": 8,
        "Siaran langsung": 9,
    }
    live = lines["Siaran langsung"]
    assert (live.counts.places[2], live.cohorts) == (11, 2)
    assert (live.cost.spent, live.spent_each) == (2_000_000, 222_222)
    assert (told.total.trained, told.total.counts.places[2]) == (16, 47)
    assert StageEvent.objects.filter(stage="P2", organisation=dinas).count() == 47
    half = figures_of(Period(2027, "s1").window, now=at(12))
    assert half.line(places.TOPIC, topics["Siaran langsung"].pk).counts.places[2] == 9

    client.force_login(make_user("auditor"))
    page = client.get("/admin/laporan/?tahun=2027").content.decode()
    assert "9</a> (75%)" in page, "of the twelve that the council asked for"
    assert aim.source in page
    address = f"/admin/laporan/daftar/?tahun=2027&ukuran=hadir&menurut=tema&kunci={live.key}"
    people = client.get(address).content.decode()
    assert all(person.full_name in people for person in crowd[:9])
    assert crowd[9].full_name not in people
    seats = client.get(f"{address}&hitung=kursi").content.decode()
    assert seats.count('data-label="Kode"') == 11
    client.force_login(make_user("partner"))
    assert client.get(address).status_code == 404


def at(month, day=8):
    return datetime(2027, month, day, 9, tzinfo=JAKARTA)


def teach(training, people, *, month, by):
    """One wave of a million rupiah, to which all who registered come."""
    wave = CohortFactory(training=training, starts_at=at(month), seats=20, opens_at=at(1))
    BudgetLineFactory(cohort=wave, spent=1_000_000)
    session = wave.sessions.get()
    for person in people:
        enrolment = answers.join(wave, person, now=at(month) - timedelta(days=9), via="akun")
        mark(
            session,
            **{"enrolment": enrolment, "kind": Kind.IN, "via": Via.SCAN, "key": uuid4()},
            **{"happened_at": session.starts_at, "by": by, "now": session.ends_at},
        )
    close_cohort(wave, by=by, now=wave.ends_at)
