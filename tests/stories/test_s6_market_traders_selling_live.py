"""S6: a quarter of 4,500 traders of a market sell live, and the market makes a place for it.

The market's list comes in as it is, the place is opened together with a platform, and traders who
do not sell live yet learn it there in waves. In the end the platform has the list of those who
agreed, and the council reads how many learned live selling and for what money.

S6_TRADERS sets the size: 90 unless said, 4500 as it was.
"""

import os
import re
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from openpyxl import load_workbook

from participants.consents import give_consent, withdraw_consent
from participants.models import Business, Participant, Segment
from participants.segments.audiences import people_of
from participants.segments.services import save_segment
from partners.models import Agreement
from partners.sharing.lists import make_shared_list, open_shared_list
from partners.sharing.writing import write_list
from tests.factories import (
    MembershipFactory,
    PartnerFactory,
    ProgrammeFactory,
    TopicFactory,
    TrainerFactory,
    TrainingFactory,
    VenueFactory,
)
from tests.imports.conftest import bring_in
from tests.staff import make_member
from tests.tables import load_lists
from trainings.attendance.closing import close_cohort
from trainings.attendance.marks import Kind, Via, mark
from trainings.models import BudgetLine, Cohort, Session
from trainings.planning.readiness import open_cohort, readiness_of
from trainings.planning.trainers import fees_of, record_answers
from trainings.planning.waves import Pattern, parse_hours, propose, write_waves
from trainings.services import answers, people
from trainings.sessions import refresh_cohort_dates
from umkm_portal.common import codes
from umkm_portal.common.dates import JAKARTA
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.reports.council import places
from umkm_portal.reports.council.figures import figures_of
from umkm_portal.reports.council.periods import Period

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.timeout(900)]
TRADERS = int(os.environ.get("S6_TRADERS", "90"))
LIVE = TRADERS // 4
WAVES = 3
SEATS = max(TRADERS // 15, 6)
"""In each wave; three people are invited for each of them."""
MARKET = "Pasar Tanah Abang"
BEFORE = datetime(2025, 2, 1, 9, tzinfo=JAKARTA)
AFTER = datetime(2025, 4, 5, 9, tzinfo=JAKARTA)
FEE, MEAL, PLACE = 3_500_000, 45_000, 12_000_000


@pytest.fixture
def officer(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    load_lists()
    return MembershipFactory().user


@pytest.fixture
def platform():
    partner = PartnerFactory(organisation__slug="tiktok", organisation__short_name="TikTok")
    Agreement.objects.create(
        partner=partner,
        number="PKS 3/2025",
        purpose="Ruang siaran di pasar dan pelatihan",
        valid_from=date(2025, 1, 2),
        valid_to=date(2099, 12, 31),
        allowed_fields=["business_name", "products", "owner_name"],
    )
    return partner


def test_traders_learn_to_sell_live_where_the_market_made_a_place(
    officer, platform, tmp_path, client
):
    # The list of the market as it is: stall, name, phone, and who sells live already.
    file = bring_in(list_of_traders(tmp_path), by=officer, profile="pasar")
    assert (file.created_count, file.rejected_count, file.review_count) == (TRADERS, 0, 0)
    assert Business.objects.filter(market=MARKET, sells_live=True).count() == LIVE
    learners = segment("Belum siaran di Tanah Abang", officer, siaran="tidak")
    assert learners.people_count == TRADERS - LIVE

    # The place, with the platform that sends its people; three waves and their money.
    programme, waves = plan_waves(platform, officer)
    queue = list(people_of(learners).order_by("pk"))
    for number, wave in enumerate(waves):
        asked = queue[number * 3 * SEATS : (number + 1) * 3 * SEATS]
        hold(wave, asked, officer)
    taught = {row.participant_id for wave in waves for row in wave.enrolments.all()}
    assert not taught & set(
        Business.objects.filter(sells_live=True).values_list("participant", flat=True)
    )

    # Those who came may be shown to the platform when they agree; one of them thinks again.
    came = segment("Belajar siaran", officer, pernah_ikut=["siaran-langsung"])
    agreed = list(people_of(came).order_by("pk"))[: came.people_count * 4 // 5]
    facts = {"purpose": "sharing", "organisation": platform.organisation, "channel": "petugas"}
    for person in agreed:
        give_consent(person, **facts, actor=officer, now=AFTER)
    withdraw_consent(agreed.pop(), **facts, actor=officer, now=AFTER + timedelta(hours=1))
    listed = rows_for(platform, came, officer)
    assert sorted(listed) == sorted(codes.display(person.code) for person in agreed)

    # What the council reads: people and seats, the money, and the list behind the number.
    told = figures_of(Period(2025).window, now=waves[-1].ends_at)
    topic = waves[0].training.topic_id
    line = told.line(places.TOPIC, topic)
    present = sum(came_to(wave) for wave in waves)
    assert line.counts.people[0] == WAVES * 3 * SEATS
    assert line.counts.people[2] == line.counts.places[2] == came.people_count == present
    assert line.cohorts == WAVES
    planned = WAVES * (2 * FEE + MEAL * SEATS) + PLACE
    assert (line.cost.planned, line.cost.spent) == (planned, planned)
    assert line.spent_each == round(planned / present)
    assert told.line(places.PROGRAMME, programme.pk).cost == line.cost
    client.force_login(officer)
    page = client.get("/admin/laporan/?tahun=2025").content.decode()
    shown = re.search(r'href="([^"]*ukuran=hadir&amp;menurut=tema[^"]*)">([\d.]+)<', page)
    assert int(shown[2].replace(".", "")) == present
    assert count_pages(client, shown[1].replace("&amp;", "&")) == present


def list_of_traders(folder):
    """The market's own file; every fourth trader sells live."""
    path = folder / "pedagang.xlsx"
    header = ["Pasar", "Kios", "Nama", "HP", "Live selling", "Nama usaha", "Produk"]
    rows = (
        [
            *(MARKET, f"B{number // 100}-{number % 100}", f"Pedagang {words(number)}"),
            f"0812{number:08d}",
            "ya" if number % 4 == 0 and number // 4 < LIVE else "tidak",
            *(f"Kios {number}", "Gamis, kerudung"),
        ]
        for number in range(TRADERS)
    )
    write_xlsx(path, header, rows)
    return path


def words(number):
    """A name of letters that nobody else has."""
    return "".join(chr(97 + int(figure)) for figure in f"{number:05d}").title()


def segment(name, officer, **rules):
    return save_segment(Segment(), name=name, rules=rules, actor=officer, now=BEFORE)


def plan_waves(platform, officer):
    """A programme that pays the place, and three waves that are ready and opened."""
    programme = ProgrammeFactory(name="Ruang Siaran Tanah Abang", year=2025)
    BudgetLine.objects.create(
        programme=programme, purpose="venue", note="Ruang siaran", planned=PLACE, spent=PLACE
    )
    training = TrainingFactory(
        programme=programme,
        topic=TopicFactory(slug="siaran-langsung", name="Berjualan lewat siaran langsung"),
        provider=platform.organisation,
        audience="Pedagang pasar",
        materials="Naskah siaran",
    )
    room = VenueFactory(name=f"Ruang siaran {MARKET}", capacity=SEATS)
    influencer = TrainerFactory(name="Ratih", kind="influencer", fee_per_session=FEE)
    first = Cohort.objects.create(
        **{"code": "siaran-1", "training": training, "number": 1, "mode": "in_person"},
        **{"seats": SEATS, "closes_at": BEFORE + timedelta(days=22), "walk_ins": "free_seats"},
    )
    for day in (24, 26):
        start = datetime(2025, 2, day, 9, tzinfo=JAKARTA)
        end = start + timedelta(hours=3)
        Session.objects.create(cohort=first, venue=room, starts_at=start, ends_at=end)
    for session in first.sessions.all():
        session.trainers.add(influencer)
    refresh_cohort_dates(first)
    plan = Pattern(
        **{"waves": WAVES - 1, "first_day": date(2025, 3, 3), "weekdays": frozenset({0, 2})},
        **{"hours": parse_hours("09.00-12.00"), "sessions": 2, "weeks_between": 1},
    )
    others = write_waves(first, plan, expected=propose(first, plan).fingerprint)
    keys = influencer.assignments.values_list("pk", flat=True)
    record_answers(list(keys), state="confirmed", now=BEFORE)
    for wave in (waves := [first, *others]):
        for purpose, amount in (("trainer", fees_of(wave).wanted), ("meals", MEAL * SEATS)):
            facts = {"planned": amount, "spent": amount}
            BudgetLine.objects.create(cohort=wave, purpose=purpose, **facts)
        assert readiness_of(wave, now=BEFORE).is_ready
        open_cohort(wave, by=officer, now=BEFORE)
        wave.refresh_from_db()
    return programme, waves


def hold(wave, asked, officer):
    """Traders are invited by their codes; the first come to the door, some of them only once."""
    for start in range(0, len(asked), people.MOST):
        text = "\n".join(person.code for person in asked[start : start + people.MOST])
        result = people.invite_people(
            wave, text, actor=officer, now=BEFORE, override="pedagang pasar", any_hour=True
        )
        assert result.invited == len(asked[start : start + people.MOST])
    places_of = {row.participant_id: row for row in wave.enrolments.all()}
    for number, person in enumerate(asked):
        enrolment = places_of[person.pk]
        if number <= SEATS:
            answers.accept(enrolment, now=BEFORE, via=answers.VIA_LINK)
        elif number % 2:
            answers.decline(enrolment, reason="Ramai", now=BEFORE, via=answers.VIA_LINK)
    wave.refresh_from_db()
    assert (wave.taken, wave.enrolments.waiting().count()) == (SEATS, 1)
    for number, enrolment in enumerate(wave.enrolments.seated().order_by("arrival_no")):
        sessions = wave.sessions.order_by("starts_at")[: (2, 2, 2, 1, 0)[number % 5]]
        for session in sessions:
            come(session, enrolment, officer)
    close_cohort(wave, by=officer, now=wave.ends_at)


def come(session, enrolment, officer):
    mark(
        session,
        **{"enrolment": enrolment, "kind": Kind.IN, "via": Via.SCAN, "key": uuid4()},
        **{"happened_at": session.starts_at, "by": officer, "now": session.ends_at},
    )


def came_to(wave):
    """Four of five came, one of these to one session of two."""
    counts = [wave.enrolments.filter(state=state).count() for state in ("attended", "completed")]
    assert sum(counts) == SEATS - SEATS // 5
    return sum(counts)


def rows_for(platform, came, officer):
    """The codes in the file that a member of the platform downloads."""
    member, now = make_member(platform), AFTER + timedelta(hours=2)
    shared = make_shared_list(
        platform, segment=came, purpose="Ruang siaran di pasar", by=officer, now=now
    )
    if shared.state != shared.State.DONE:
        write_list(shared.pk)
        shared.refresh_from_db()
    rows = load_workbook(open_shared_list(shared, by=member, now=now)).active.iter_rows(
        max_col=1, values_only=True
    )
    known = {codes.display(code) for code in Participant.objects.values_list("code", flat=True)}
    return [cell for (cell,) in rows if cell in known]


def count_pages(client, address):
    """Rows of a list, over all its pages."""
    count = 0
    while True:
        text = client.get(address).content.decode()
        count += text.count('data-label="Kode"')
        older = re.search(r'href="([^"]+)">Berikutnya<', text)
        if not older:
            return count
        address = "/admin/laporan/daftar/" + older[1].replace("&amp;", "&")
