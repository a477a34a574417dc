"""What the apps above add to segments: rules, slugs that are taken, uses, and links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from participants.models import Participant, Segment
from participants.segments.register import GROUPS
from participants.segments.rules import Group, RuleSet

TakenSlugs = Callable[[], Iterable[str]]
Use = Callable[[Segment], str]
Links = Callable[[Segment], Iterable[tuple[str, str]]]

_groups: list[Group] = []
_taken: list[TakenSlugs] = []
_uses: list[Use] = []
_links: list[Links] = []


def register(
    *,
    group: Group | None = None,
    taken_slugs: TakenSlugs | None = None,
    use: Use | None = None,
    links: Links | None = None,
) -> None:
    """Add to segments from above; called in `AppConfig.ready`.

    `use` says in a sentence what uses a segment (empty: nothing); a segment in use is kept.
    `links` gives (words, address) of what can be done with it next.
    """
    added: list[tuple[list, object]] = [
        (_groups, group),
        (_taken, taken_slugs),
        (_uses, use),
        (_links, links),
    ]
    for found, addition in added:
        if addition is not None and addition not in found:
            found.append(addition)
    rule_set.cache_clear()


def groups() -> list[Group]:
    """Every group of rules, in the order of the form."""
    return [*GROUPS, *_groups]


@cache
def rule_set() -> type[RuleSet]:
    """The filter set of all registered rules."""
    rules = {name: rule for group in groups() for name, rule in group.rules.items()}
    meta = type("Meta", (), {"model": Participant, "fields": []})
    kind: Any = type(RuleSet)  # django-filter collects its filters in the metaclass
    return kind("PeopleRules", (RuleSet,), {**rules, "Meta": meta})


def taken_slugs() -> set[str]:
    """Names by which the apps above know groups of their own."""
    return {slug for source in _taken for slug in source()}


def uses_of(segment: Segment) -> list[str]:
    """Sentences that tell what uses this segment."""
    return [sentence for use in _uses if (sentence := use(segment))]


def links_of(segment: Segment) -> list[tuple[str, str]]:
    """What can be done with this segment: (words, address)."""
    return [link for source in _links for link in source(segment)]
