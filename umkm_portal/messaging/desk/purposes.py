"""What a campaign of the desk may be for; the apps above register in `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from umkm_portal.accounts.models import User
from umkm_portal.messaging.models import CampaignPlan


def nothing_known(plan: CampaignPlan) -> Mapping[str, str]:
    return {}


class UnknownPurpose(LookupError):
    """Nobody registered a purpose of this name."""


@dataclass(frozen=True)
class Purpose:
    """A purpose that the desk itself carries out, by one kind of message.

    `words(plan)` gives the values that the plan itself knows for placeholders, for its preview;
    `lacking(plan)` maps placeholders that this plan cannot fill to the sentence that says why.

    `sources` names the sources of people it may use, none for all. `required` maps a placeholder
    that every text must have to the sentence that says why.
    """

    name: str
    label: str
    hint: str
    kind: str
    sources: tuple[str, ...] = ()
    needs_link: bool = False
    required: tuple[tuple[str, str], ...] = ()
    words: Callable[[CampaignPlan], Mapping[str, str]] = nothing_known
    lacking: Callable[[CampaignPlan], Mapping[str, str]] = nothing_known


@dataclass(frozen=True)
class Lead:
    """A purpose that has pages of its own: `links(user)` are (words, address)."""

    label: str
    hint: str
    links: Callable[[User], Sequence[tuple[str, str]]]


_purposes: dict[str, Purpose] = {}
_leads: dict[str, Lead] = {}


def register(purpose: Purpose) -> None:
    """Offer a purpose; registering the same name again replaces it."""
    _purposes[purpose.name] = purpose


def register_lead(lead: Lead) -> None:
    """Point staff who mean this to where it is done."""
    _leads[lead.label] = lead


def find(name: str) -> Purpose:
    """Raises UnknownPurpose."""
    try:
        return _purposes[name]
    except KeyError:
        raise UnknownPurpose(name) from None


def all_purposes() -> list[Purpose]:
    return list(_purposes.values())


def all_leads() -> list[Lead]:
    return list(_leads.values())
