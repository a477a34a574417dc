"""Who takes the answers that people send back, registered by the apps above.

This layer reads yes, no and stop. What the question was, and what an answer to it does, only the
app knows that asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from umkm_portal.messaging.models import Reply


class Question(NamedTuple):
    """Something that a person was asked and has not answered; `subject_id` as in her messages."""

    kind: str
    recipient_key: int
    subject_id: int
    title: str
    asked_at: datetime


class Recorded(NamedTuple):
    """What an answer brought, or why it could not be taken, as a sentence for staff."""

    is_done: bool
    sentence: str


@dataclass(frozen=True)
class ReplyHandler:
    """`open_questions(recipient_keys, now=...)` lists what these people may answer now, in at
    most a few queries; `answer(subject_id, word, now=..., actor_id=...)` takes a yes or a no."""

    open_questions: Callable[..., Sequence[Question]]
    answer: Callable[..., Recorded]


_handlers: dict[str, ReplyHandler] = {}
_stops: list[Callable[..., None]] = []


def register(kind: str, handler: ReplyHandler) -> None:
    """Let an app take the answers to its messages of a kind."""
    _handlers[kind] = handler


def register_stop(stop: Callable[..., None]) -> None:
    """Let the app that owns consents follow a STOP: `stop(channel=, address=, now=)`."""
    _stops[:] = [stop]


def open_questions(recipient_keys: Collection[int], *, now: datetime) -> list[Question]:
    """What these people may answer now, the latest first."""
    if not recipient_keys:
        return []
    found = [
        question
        for handler in _handlers.values()
        for question in handler.open_questions(recipient_keys, now=now)
    ]
    return sorted(found, key=lambda q: (q.asked_at, q.subject_id), reverse=True)


def answer(
    question: Question, word: Reply.Word, *, now: datetime, actor_id: int | None = None
) -> Recorded:
    """Hand a yes or a no to the app that asked."""
    handler = _handlers[question.kind]
    return handler.answer(question.subject_id, word, now=now, actor_id=actor_id)


def stopped(*, channel: str, address: str, now: datetime) -> None:
    """Tell the app that owns consents that an address wants nothing more."""
    for stop in _stops:
        stop(channel=channel, address=address, now=now)
