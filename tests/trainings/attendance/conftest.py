"""A class that has just begun: two people with seats, and ways to seat more."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from participants.models import Stage
from tests.factories import CohortFactory, ParticipantFactory
from tests.staff import make_user
from trainings.attendance import marks
from trainings.services import answers
from trainings.tickets import token_of


def begun(*, minutes=10, **facts):
    """A cohort whose only session of three hours began some minutes ago."""
    starts_at = timezone.now().replace(microsecond=0) - timedelta(minutes=minutes)
    return CohortFactory(starts_at=starts_at, **facts)


def seat(cohort, person=None, **facts):
    """A seat taken the day before the class."""
    before = cohort.starts_at - timedelta(days=1)
    person = person or ParticipantFactory(**facts)
    return answers.join(cohort, person, now=before, via="telepon")


def address_of(enrolment):
    """What the QR code of a ticket holds."""
    path = reverse("trainings:ticket", args=[token_of(enrolment)])
    return f"{settings.PORTAL_URL}{path}"


@pytest.fixture
def scene():
    cohort = begun()
    siti = seat(cohort, full_name="Siti Aminah")
    budi = seat(cohort, full_name="Budi Hartono")
    Stage.objects.get_or_create(code="P2", defaults={"name": "Pelatihan"})
    return SimpleNamespace(
        now=timezone.now(),
        cohort=cohort,
        session=cohort.sessions.get(),
        siti=siti,
        budi=budi,
        officer=make_user("head"),
    )


@pytest.fixture
def mark(scene):
    """`mark(read or enrolment)`: one mark of the scene's officer, now."""

    def run(who, *, session=None, kind="in", via="scan", key=None, at=None, now=None):
        chosen = {"read": who} if isinstance(who, str) else {"enrolment": who}
        return marks.mark(
            session or scene.session,
            kind=kind,
            via=via,
            key=key or uuid4(),
            happened_at=at or scene.now,
            by=scene.officer,
            now=now or scene.now,
            **chosen,
        )

    return run
