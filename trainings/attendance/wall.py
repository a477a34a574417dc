"""The code on the wall by which people check in themselves: another one each half minute.

It is reckoned from the session's secret and the time, so nothing is stored; the code before the
present one still counts, for who was just typing.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from trainings.models import Session

STEP = 30
DIGITS = 6
MARGIN = timedelta(minutes=30)
"""Before and after the session, while codes count."""


def is_open(session: Session, *, now: datetime) -> bool:
    """Whether people may check in themselves at this moment."""
    return (
        session.cancelled_at is None
        and session.starts_at - MARGIN <= now <= session.ends_at + MARGIN
    )


def code_at(session: Session, *, now: datetime) -> str:
    """The six digits that the wall shows."""
    return _code(session, _step(now))


def seconds_left(*, now: datetime) -> int:
    """How long the present code is shown, 1 to 30 seconds."""
    return STEP - int(now.timestamp()) % STEP


def accepts(session: Session, typed: str, *, now: datetime) -> bool:
    """Whether `typed` is the code of now or of the step before, and the door is open."""
    digits = "".join(
        character for character in typed if character.isascii() and character.isdigit()
    )
    if not is_open(session, now=now) or len(digits) != DIGITS:
        return False
    current = _step(now)
    return any(hmac.compare_digest(digits, _code(session, step)) for step in (current, current - 1))


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP


def _code(session: Session, step: int) -> str:
    """RFC 4226's way of drawing digits from an HMAC, with SHA-256."""
    text = f"{session.pk}:{step}".encode()
    digest = hmac.digest(session.check_in_seed.encode(), text, "sha256")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"
