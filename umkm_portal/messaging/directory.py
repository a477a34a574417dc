"""Names for the staff pages: who a recipient key is, and what a campaign is about.

This layer knows keys only. The apps above tell it the rest in `AppConfig.ready`; a page asks once
for all keys that it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from umkm_portal.accounts.models import User
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


class Located(NamedTuple):
    """A person who has an address, and where she lives."""

    key: int
    region_id: int | None


class Area:
    """The people whom one officer may see: of all others pages tell her numbers only."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._keys = _areas[0](user) if _areas else Campaign.objects.none().values("pk")

    @property
    def is_whole(self) -> bool:
        """Whether she may see everybody."""
        return self._keys is None

    def rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows (deliveries, exclusions) that are about people of hers."""
        return rows if self._keys is None else rows.filter(recipient_key__in=self._keys)

    def people(self, keys: Collection[int]) -> Mapping[int, Person]:
        """Names of those of the keys that are hers."""
        if self._keys is not None and keys:
            keys = list(self._keys.filter(pk__in=keys).values_list("pk", flat=True))
        return people(keys)

    def addresses(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows with a channel and an address that are of people of hers."""
        return rows if self._keys is None else rows.filter(_addresses[0](self.user))


_areas: list[Callable[[User], QuerySet[Any] | None]] = []
_addresses: list[Callable[[User], Q]] = []
_people: list[Callable[[Collection[int]], Mapping[int, Person]]] = []
_owners: list[Callable[[str, str], Sequence[Located]]] = []
_address_of: list[Callable[[int, str], str]] = []
_takers: list[Callable[..., None]] = []
_subjects: dict[str, Callable[[Campaign], Subject | None]] = {}
_with_lists: set[str] = set()
_untold_links: list[Callable[[Campaign], str]] = []
_reasons: dict[str, str] = {"no_channel": "Tanpa email atau WhatsApp"}


def register_people(names: Callable[[Collection[int]], Mapping[int, Person]]) -> None:
    """Let the app that owns people name them; the last one registered is asked."""
    _people[:] = [names]


def register_areas(
    keys: Callable[[User], QuerySet[Any] | None], addresses: Callable[[User], Q]
) -> None:
    """Let the app that owns people say whom an officer may see.

    `keys` selects the ids of her people, None for everybody; `addresses` is the condition that a
    row's channel and address are of one of them.
    """
    _areas[:] = [keys]
    _addresses[:] = [addresses]


def register_owners(owners: Callable[[str, str], Sequence[Located]]) -> None:
    """Let the app that owns people say whose an address of a channel is: families share phones."""
    _owners[:] = [owners]


def register_address(address: Callable[[int, str], str]) -> None:
    """Let the app that owns people say where one of them is written to on a channel."""
    _address_of[:] = [address]


def register_taken(note: Callable[..., None]) -> None:
    """Let the app that owns people write down that a list of them was taken along."""
    _takers[:] = [note]


def register_subject(kind: str, subject_of: Callable[[Campaign], Subject | None]) -> None:
    """Let an app say what the campaigns of a kind are about."""
    _subjects[kind] = subject_of


def register_lists(*kinds: str) -> None:
    """Kinds whose people without a message stand on lists of their own app."""
    _with_lists.update(kinds)


def register_untold(link: Callable[[Campaign], str]) -> None:
    """Let the app that owns people lead to the list of those whom no message reached."""
    _untold_links[:] = [link]


def register_reasons(labels: Mapping[str, str]) -> None:
    """Add the sentences that explain why a person was left out."""
    _reasons.update(labels)


def people(keys: Collection[int]) -> Mapping[int, Person]:
    """Those of the keys that somebody can name."""
    return _people[0](keys) if _people and keys else {}


def owners(channel: str, address: str) -> Sequence[Located]:
    """The people of an address, by key; nobody for an address that nobody has."""
    return _owners[0](str(channel), address) if _owners and address else []


def address_of(key: int, channel: str) -> str:
    """Where a person is written to on a channel now; "" for nobody, and for no address."""
    return _address_of[0](key, str(channel)) if _address_of else ""


def note_taken(keys: Collection[int], *, actor: User, purpose: str, now: datetime) -> None:
    """Write down that somebody took a list of these people along, and what for."""
    for note in _takers:
        note(keys, actor=actor, purpose=purpose, now=now)


def subject(campaign: Campaign) -> Subject | None:
    finder = _subjects.get(campaign.kind)
    return finder(campaign) if finder else None


def kinds_with_lists() -> list[str]:
    """Kinds whose people without a message are found elsewhere."""
    return sorted(_with_lists)


def lists_link(campaign: Campaign, about: Subject | None) -> str:
    """Where staff work off those whom no message of a campaign reached, or ""."""
    if campaign.kind in _with_lists:
        return about.lists_link if about else ""
    is_announced = not campaign.is_standing and campaign.started_at is not None
    return _untold_links[0](campaign) if _untold_links and is_announced else ""


def reason(code: str) -> str:
    """The sentence for a reason of exclusion, or the code itself."""
    return _reasons.get(code, code)
