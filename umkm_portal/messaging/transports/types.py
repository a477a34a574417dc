"""What transports take and give back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

Meanwhile = Callable[[], None]


def nothing() -> None:
    """What there is to do meanwhile when there is nothing."""


class AccountTrouble(Exception):
    """The sender or its server is in trouble, not the recipient; nothing was handed over."""

    def __init__(self, reason: str, *, is_lasting: bool = False) -> None:
        super().__init__(reason)
        self.is_lasting = is_lasting


class ConnectionLost(Exception):
    """A connection that worked was closed before this message was handed over: open it again."""


@dataclass(frozen=True)
class Message:
    """One filled message: the whole MIME message for email, a text in UTF-8 for phones.

    `reference` is the delivery's public id, `values` what filled the text.
    """

    address: str
    content: bytes
    reference: UUID | str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of one message; `state` is a `Delivery.State` value."""

    state: str
    error: str = ""
    provider_ref: str = ""
    suppresses: bool = False
    """The address does not exist: nothing more may go there."""
