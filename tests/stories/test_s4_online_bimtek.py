"""S4: an online bimtek of 278 businesses, some of them from far away.

A suku dinas of South Jakarta teaches "Meningkatkan Omzet Melalui Digital" online. People from
Padang to Lombok come too; for mentoring and licences they are sent to the dinas of their own city.
"""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from participants.models import Participant, Referral, StageEvent
from participants.registration.people import Entry, register_person
from tests.factories import CohortFactory, OrganisationFactory, UserFactory
from tests.tables import load_lists
from trainings import invariants
from trainings.attendance import closing
from trainings.attendance.meetings import services as meetings
from trainings.models import Cohort, Enrolment
from trainings.services.joining import NotEligible, join_uninvited
from trainings.services.transitions import State
from trainings.tickets import cohort_in_words, ticket
from umkm_portal.common import codes
from umkm_portal.common.dates import JAKARTA
from umkm_portal.regions.models import Region

pytestmark = pytest.mark.django_db
CITIES = {
    "13.71": "Padang",
    "16.71": "Palembang",
    "32.74": "Cirebon",
    "32.73": "Bandung",
    "33.72": "Surakarta",
    "34.71": "Yogyakarta",
    "52.01": "Lombok Barat",
}
ONE_IN = 9
"""Every ninth person is from one of these cities."""
LINK = "https://zoom.example/j/omzet"
HEADER = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"
LETTERS = str.maketrans("0123456789", "abcdefghij")
DAY = datetime(2027, 3, 4, 9, tzinfo=JAKARTA)


def before(**time):
    return DAY - timedelta(**time)


@pytest.fixture
def bimtek(request):
    """The online class of 9 to 12, with a seat for everybody but the last who comes."""
    load_lists()
    cohort = CohortFactory(
        training__title="Meningkatkan Omzet Melalui Digital",
        training__kind="online",
        training__organiser=OrganisationFactory(short_name="Sudin Parekraf Jaksel"),
        code="omzet-digital",
        mode=Cohort.Mode.ONLINE,
        seats=request.param,
        starts_at=DAY,
        opens_at=before(days=20),
        closes_at=before(days=1),
    )
    cohort.sessions.update(venue=None, link=LINK)
    return cohort


def register(number, city):
    """One person as the pages register her; she wants to take part."""
    entry = Entry(
        full_name=f"Siti {str(number).translate(LETTERS).title()}",
        phone=f"+62812{number:08}",
        email=f"pemilik{number}@contoh.example" if number % 2 else "",
        region=Region.objects.get(code=city, valid_to=None),
        business_name=f"Usaha {number}",
        is_willing=True,
    )
    return register_person(
        entry, source="daring", account=None, actor=None, ktp_seen=False, now=before(days=9)
    )


def home_of(number):
    cities = list(CITIES)
    is_outside = number % ONE_IN == ONE_IN - 1
    return cities[number // ONE_IN % len(cities)] if is_outside else "31.74.01"


def link_shown(enrolment, *, now):
    """The link on her ticket at that moment; None for whoever has no ticket."""
    enrolment.cohort = cohort_in_words(enrolment)
    shown = ticket(enrolment, now=now)
    return shown.sittings[0].link if shown else None


@pytest.mark.parametrize(
    "bimtek", [28, pytest.param(278, marks=pytest.mark.long)], indirect=True, ids=str
)
def test_everybody_learns_online_and_outsiders_hear_of_their_own_dinas(bimtek, client, tmp_path):
    # They register; whoever is from elsewhere is referred to the dinas of her own city.
    people = [register(number, home_of(number)) for number in range(bimtek.seats + 1)]
    outside = [number for number in range(len(people)) if home_of(number) != "31.74.01"]
    referrals = Referral.objects.values_list("participant", "region__code")
    assert dict(referrals) == {people[n].pk: home_of(n) for n in outside}
    assert len(referrals) == len(outside) >= 3
    assert Referral.objects.untold().count() == len(outside)

    # The bimtek is for anyone; a class of the licence service is for Jakarta only.
    for person in people:
        join_uninvited(bimtek, person, now=before(days=8))
    licences = CohortFactory(eligibility="jakarta_resident", starts_at=DAY + timedelta(days=7))
    with pytest.raises(NotEligible, match="hanya untuk warga Jakarta"):
        join_uninvited(licences, people[outside[0]], now=before(days=8))
    seats = list(bimtek.enrolments.select_related("participant").order_by("arrival_no"))
    assert [one.state for one in seats[:-1]] == [State.CONFIRMED] * bimtek.seats
    *there, waiting = seats
    assert waiting.state == State.WAITLISTED

    # The link is on the tickets of an hour before, and nowhere else.
    far = next(one for one in there if one.participant_id == people[outside[0]].pk)
    assert link_shown(far, now=before(minutes=61)) == ""
    assert link_shown(far, now=before(minutes=59)) == LINK
    assert link_shown(waiting, now=before(minutes=59)) is None
    public = client.get(reverse("trainings:cohort", args=[bimtek.code])).content.decode()
    assert "Daring" in public
    assert LINK not in public

    # The meeting leaves its list: most by code or address, some by name, a phone without a name.
    session, officer = bimtek.sessions.get(), UserFactory()
    stayed, left_early, absent = split(there)
    path = tmp_path / "peserta.csv"
    path.write_text(meeting_list(stayed, left_early), encoding="utf-8-sig")
    file = meetings.receive_file(
        session, path, name="peserta.csv", sha256="4" * 64, by=officer, now=DAY
    )
    kinds = Counter(file.rows.values_list("match", flat=True))
    assert kinds["nobody"] == 1
    assert kinds["name"] > 0
    assert kinds.total() == len(stayed) + len(left_early)
    meetings.assign_row(file.rows.get(match="nobody"), stayed[0])
    over = DAY + timedelta(hours=4)
    count = meetings.accept_file(file, with_guesses=True, by=officer, now=over)
    assert count == len(stayed) + len(left_early)

    # It is closed: whoever stayed has finished, with the step P2 for the suku dinas.
    closed = closing.close_cohort(bimtek, by=officer, now=over)
    assert (closed.completed, closed.attended, closed.no_show) == (
        len(stayed),
        len(left_early),
        len(absent),
    )
    steps = StageEvent.objects.standing().filter(stage="P2")
    assert set(steps.values_list("participant", flat=True)) == {
        one.participant_id for one in stayed
    }
    assert {step.organisation for step in steps} == {bimtek.training.organiser}
    assert (
        Participant.objects.filter(pk__in=steps.values("participant"))
        .exclude(region__code__startswith="31.")
        .exists()
    )
    waiting.refresh_from_db()
    assert waiting.state == State.WAITLISTED
    assert Enrolment.objects.filter(cohort=bimtek, state=State.COMPLETED).count() == len(stayed)
    assert invariants.violations() == []


def split(seats):
    """Who stays to the end, who leaves after 45 minutes, who does not come."""
    early = [one for number, one in enumerate(seats) if number % 10 == 3]
    absent = [one for number, one in enumerate(seats) if number % 10 == 7]
    gone = {one.pk for one in [*early, *absent]}
    return [one for one in seats if one.pk not in gone], early, absent


def meeting_list(stayed, left_early):
    """As Zoom writes it: two joins for some, a code, an address or a name for each."""
    lines = [HEADER, "iPhone,,03/04/2027 08:55:00 AM,03/04/2027 12:05:00 PM,190,Yes"]
    for number, one in enumerate([*stayed[1:], *left_early]):
        person = one.participant
        leaves = ["09:45:00 AM"] if one in left_early else ["10:30:00 AM", "12:00:00 PM"]
        if person.email:
            name = f"Toko {number},{person.email}"
        elif number % 3:
            name = f"{codes.display(one.short_code)} {person.full_name},"
        else:
            name = f"{person.full_name},"
        joins = ["08:50:00 AM", "10:20:00 AM"]
        lines += [
            f"{name},03/04/2027 {join},03/04/2027 {leave},0,Yes"
            for join, leave in zip(joins, leaves, strict=False)
        ]
    return "\n".join(lines)
