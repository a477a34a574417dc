"""Names for the staff pages: who a recipient key is, and what a campaign is about.

This layer knows keys only. The apps above tell it the rest in `AppConfig.ready`; a page asks once
for all keys that it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from umkm_portal.messaging.models import Campaign


class Person(NamedTuple):
    """A recipient as staff see her: name, a short hint (her place), the address of her page."""

    name: str
    hint: str
    link: str


class Subject(NamedTuple):
    """What a campaign is about: `lists_link` leads to the lists that staff work by hand."""

    title: str
    link: str
    lists_link: str


_people: list[Callable[[Collection[int]], Mapping[int, Person]]] = []
_subjects: dict[str, Callable[[Campaign], Subject | None]] = {}
_reasons: dict[str, str] = {"no_channel": "Tanpa email atau WhatsApp"}


def register_people(names: Callable[[Collection[int]], Mapping[int, Person]]) -> None:
    """Let the app that owns people name them; the last one registered is asked."""
    _people[:] = [names]


def register_subject(kind: str, subject_of: Callable[[Campaign], Subject | None]) -> None:
    """Let an app say what the campaigns of a kind are about."""
    _subjects[kind] = subject_of


def register_reasons(labels: Mapping[str, str]) -> None:
    """Add the sentences that explain why a person was left out."""
    _reasons.update(labels)


def people(keys: Collection[int]) -> Mapping[int, Person]:
    """Those of the keys that somebody can name."""
    return _people[0](keys) if _people and keys else {}


def subject(campaign: Campaign) -> Subject | None:
    finder = _subjects.get(campaign.kind)
    return finder(campaign) if finder else None


def reason(code: str) -> str:
    """The sentence for a reason of exclusion, or the code itself."""
    return _reasons.get(code, code)
