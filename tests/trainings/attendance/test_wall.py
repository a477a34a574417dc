from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import SessionFactory
from trainings.attendance import wall

pytestmark = pytest.mark.django_db
STEP = timedelta(seconds=30)


def test_the_code_of_now_and_of_the_step_before_count_in_the_hours_of_the_session():
    begins = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    session, other = (
        SessionFactory(starts_at=begins, ends_at=begins + timedelta(hours=3)) for _ in range(2)
    )
    now = begins + timedelta(seconds=5)
    code = wall.code_at(session, now=now)
    spaced = f"{code[:3]} {code[3:]}"

    assert len(code) == 6
    accepted = [wall.accepts(session, spaced, now=now + STEP * n) for n in (-1, 0, 1, 2, 3)]
    assert accepted == [False, True, True, False, False]
    assert not wall.accepts(other, code, now=now)
    assert not wall.accepts(session, "", now=now)
    early, late = begins - timedelta(minutes=31), begins + timedelta(hours=3, minutes=31)
    assert not any(
        wall.accepts(session, wall.code_at(session, now=at), now=at) for at in (early, late)
    )
    assert wall.seconds_left(now=now) == 25
    session.cancelled_at = now
    assert not wall.accepts(session, code, now=now)
