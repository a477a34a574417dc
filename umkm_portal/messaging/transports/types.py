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


class TooFast(AccountTrouble):
    """The provider takes less than the account sends; nothing was handed over.

    `retry_after` is how many seconds it asks us to wait, 0 when it says nothing.
    """

    def __init__(self, reason: str, *, retry_after: float = 0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TemplateTrouble(Exception):
    """The provider does not take this text (any more); nothing was handed over."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class ConnectionLost(Exception):
    """A connection that worked was closed before this message was handed over: open it again."""


@dataclass(frozen=True)
class ApprovedText:
    """A text that the provider knows: its name, and our values for {{1}}, {{2}} and so on."""

    name: str
    language: str
    values: tuple[str, ...]
    names: tuple[str, ...] = ()
    """What the provider calls the values, where it does not count them."""
    is_code: bool = False
    """An authentication template: the code stands in its button, too."""


@dataclass(frozen=True)
class Message:
    """One filled message: the whole MIME message for email, a text in UTF-8 for phones.

    `reference` is the delivery's public id, `values` what filled the text, `approved` the
    provider's own text where one is attached.
    """

    address: str
    content: bytes
    reference: UUID | str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    approved: ApprovedText | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one message; `state` is a `Delivery.State` value."""

    state: str
    error: str = ""
    provider_ref: str = ""
    suppresses: bool = False
    """The address does not exist: nothing more may go there."""
    opts_out: bool = False
    """She told the provider that she wants no more of this kind from us."""
    is_personal: bool = False
    """A refusal that says nothing about us: a hundred in a row do not stop the account."""
