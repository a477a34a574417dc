"""What somebody at the counter can join at once; the app above that has seats fills it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from participants.models import Participant
from umkm_portal.accounts.models import User


class JoinRefused(Exception):
    """She cannot join; `str()` is the sentence for the member of staff."""


@dataclass(frozen=True)
class Choice:
    """One thing to join, as a line of a list: `key` comes back on saving."""

    key: str
    label: str


@dataclass(frozen=True)
class Place:
    """What she has joined, in words; `code` and `address` let her look, change and cancel."""

    sentence: str
    code: str = ""
    address: str = ""


@dataclass(frozen=True)
class Joining:
    """`choices` of now, `join` one (raises JoinRefused), `places` that lie ahead of a person."""

    choices: Callable[[datetime], Sequence[Choice]]
    join: Callable[[str, Participant, User, datetime], Place]
    places: Callable[[Participant, datetime], Sequence[Place]]


_nothing = Joining(lambda now: (), lambda *facts: Place(""), lambda person, now: ())
_registered: list[Joining] = []


def register(joining: Joining) -> None:
    """Called once, in `AppConfig.ready` of the app that has seats."""
    _registered[:] = [joining]


def current() -> Joining:
    return _registered[0] if _registered else _nothing
