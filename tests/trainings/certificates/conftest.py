"""A class that is over and closed: some finished, one left early, one never came."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone

from participants.models import Stage
from tests.staff import make_user
from tests.trainings.attendance.conftest import begun, seat
from trainings.attendance import marks
from trainings.attendance.closing import close_cohort
from trainings.certificates.issuing import issue_certificates

NAMES = ("Siti Aminah", "Budi Hartono", "Citra Dewi")


def come(enrolment, *, leaves_after=None):
    """She is marked at the beginning of the only session, and maybe on leaving early."""
    session = enrolment.cohort.sessions.get()
    times = {"in": session.starts_at}
    if leaves_after:
        times["out"] = session.starts_at + leaves_after
    for kind, at in times.items():
        facts = {"via": "scan", "key": uuid4(), "by": None, "now": session.ends_at}
        marks.mark(session, kind=kind, enrolment=enrolment, happened_at=at, **facts)


def over(names=NAMES, **facts):
    """A cohort of three hours yesterday, not closed, with seats for all of these people."""
    Stage.objects.get_or_create(code="P2", defaults={"name": "Pelatihan"})
    cohort = begun(minutes=24 * 60, seats=len(names) + 5, **facts)
    return cohort, [seat(cohort, full_name=name) for name in names]


def closed_class(names=NAMES, **facts):
    """The same, closed after all of them were there to the end."""
    cohort, places = over(names, **facts)
    for place in places:
        come(place)
    close(cohort)
    return cohort, places


def close(cohort):
    close_cohort(cohort, by=None, now=timezone.now())
    cohort.refresh_from_db()


@pytest.fixture
def scene():
    cohort, (siti, budi, citra, left, absent) = over((*NAMES, "Dodi Pulang", "Eka Absen"))
    for place in (siti, budi, citra):
        come(place)
    come(left, leaves_after=timedelta(hours=1))
    close(cohort)
    people = {"siti": siti, "budi": budi, "citra": citra, "left": left, "absent": absent}
    return SimpleNamespace(now=timezone.now(), cohort=cohort, officer=make_user("head"), **people)


@pytest.fixture
def issued(scene):
    """The scene with a certificate for each who finished."""
    issue_certificates(scene.cohort, by=scene.officer, now=scene.now)
    scene.papers = {one.name: one for one in scene.siti.certificates.model.objects.all()}
    return scene
