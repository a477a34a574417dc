"""Kinds of messages, registered by the apps above in `AppConfig.ready`.

This layer sends without knowing what an invitation is. The app that does registers a kind: its
wording, who of an audience is still to be told, and one SELECT that lists people with addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from umkm_portal.messaging.models import Campaign

Purpose = Literal["bulk", "service"]
ADDED_VARIABLES = {
    "tautan": "https://contoh.example/u/AbCdEf/",
    "berhenti": "https://contoh.example/berhenti/AbCdEf/",
}
"""Links of one delivery, filled by this app for every kind."""


class UnknownKind(LookupError):
    """Nobody registered a kind of this name."""


def everyone(campaign: Campaign, subject_ids: Sequence[int]) -> set[int]:
    """For kinds that nothing can overtake."""
    return set(subject_ids)


def nothing_shared(campaign: Campaign) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class CampaignKind:
    """One kind of message, e.g. the invitation to a cohort.

    `purpose` "bulk" carries an opt-out and keeps working hours; "service" (a confirmed seat, a
    code) does neither, unless it `waits_for_hours`. `priority` is a `DeliveryBatch.Priority`.

    `variables` maps each `{nama}`-style placeholder of the wording to a sample value.
    `wording` maps a channel to its default (subject, body); plain text, blank lines between
    paragraphs.

    `expansion_sql` is one SELECT over `messaging_audiencemember m` for `%(campaign)s` and
    `m.position BETWEEN %(first)s AND %(last)s` returning `recipient_key, subject_id, channel,
    address, context` (jsonb of strings) with at most one row a person and channel; write `%%` for
    a percent sign. It lists every channel that may be used for the person (WhatsApp only with her
    recorded consent), also those of which she gets nothing at first: the sender takes the first of
    her order that the campaign has, and the next when that one fails for good. The two position
    parameters stand where any expression may stand. Kinds of single messages (`queue_one`) have
    none.

    `still_wanted(campaign, subject_ids)` gives the subset of the deliveries' subject ids that
    still want the message; asked just before sending, once a chunk, so one query at most.
    `still_due(delivery_ids)` does the same by delivery, for kinds of which one subject may have
    several messages, each with its own time; what it leaves out is cancelled.
    `may_follow(campaign, subject_ids)` gives those who may still be told by their next channel
    when a message failed for good; where it is not given, whoever still wants the message.
    `shared_context(campaign)` gives the values that all recipients of a campaign share.
    `single_context(subject_id)` gives the values of one single message when `queue_one` was
    called without a context.

    `secrets` names values (a one-time code) that are sealed in the ledger and forgotten once the
    message has gone; with `forgets_address` where it went is forgotten, too.
    """

    name: str
    label: str
    purpose: Purpose
    priority: int
    variables: Mapping[str, str]
    wording: Mapping[str, tuple[str, str]]
    expansion_sql: str = ""
    still_wanted: Callable[[Campaign, Sequence[int]], set[int]] = everyone
    still_due: Callable[[Sequence[int]], set[int]] | None = field(default=None)
    may_follow: Callable[[Campaign, Sequence[int]], set[int]] | None = field(default=None)
    shared_context: Callable[[Campaign], dict[str, str]] = nothing_shared
    single_context: Callable[[int], dict[str, str]] | None = field(default=None)
    secrets: frozenset[str] = frozenset()
    forgets_address: bool = False
    waits_for_hours: bool = False

    @property
    def is_bulk(self) -> bool:
        return self.purpose == "bulk"

    @property
    def keeps_hours(self) -> bool:
        """Whether it leaves in the account's working hours only."""
        return self.is_bulk or self.waits_for_hours


_registered: dict[str, CampaignKind] = {}


def register(kind: CampaignKind) -> CampaignKind:
    """Make a kind known; registering the same name again replaces it."""
    _registered[kind.name] = kind
    return kind


def get(name: str) -> CampaignKind:
    """Raises UnknownKind."""
    try:
        return _registered[name]
    except KeyError:
        raise UnknownKind(name) from None


def names(*, purpose: Purpose | None = None) -> list[str]:
    """Names of all kinds, or of those of one purpose."""
    return [k.name for k in _registered.values() if purpose is None or k.purpose == purpose]


def names_for(purpose: str) -> list[str]:
    """Names of the kinds that one line of the list of stopped addresses is about.

    `purpose` is that of many kinds ("bulk") or the name of a single one.
    """
    return [k.name for k in _registered.values() if purpose in (k.purpose, k.name)]


def names_at_any_hour() -> list[str]:
    """Names of the kinds that leave at night and on holidays, too."""
    return [kind.name for kind in _registered.values() if not kind.keeps_hours]
