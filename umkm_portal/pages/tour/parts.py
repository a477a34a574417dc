"""What the steps of the tour are made of, and how they speak."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse

from umkm_portal.embedded.models import CaughtMail

ENGLISH = "en"


@dataclass(frozen=True)
class Action:
    """One button: a link, or the login of a practice account that leads to a page."""

    label: str
    url: str
    account: str = ""
    """A key of `tour.accounts`; empty for a link."""
    is_download: bool = False
    is_post: bool = False
    """A button that does something itself."""


@dataclass(frozen=True)
class Tick:
    """One thing that has or has not happened."""

    label: str
    is_done: bool


@dataclass(frozen=True)
class Step:
    """One step; done when all its ticks are."""

    key: str
    title: str
    text: str
    ticks: list[Tick]
    actions: list[Action] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return all(tick.is_done for tick in self.ticks)


@dataclass(frozen=True)
class Part:
    """Steps that follow from one another; the parts go in any order."""

    title: str
    steps: list[Step]
    first: int
    """The number of its first step in the whole tour."""

    @property
    def key(self) -> str:
        return self.steps[0].key

    @property
    def done_count(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next_key(self) -> str:
        """The step to do next; empty when all are done."""
        return next((step.key for step in self.steps if not step.is_done), "")


@dataclass(frozen=True)
class Speaker:
    """Chooses the Indonesian or the English of a pair."""

    language: str

    def __call__(self, indonesian: str, english: str) -> str:
        return english if self.language == ENGLISH else indonesian

    def number(self, value: int) -> str:
        """`1.185` in Indonesian, `1,185` in English."""
        return self(f"{value:,}".replace(",", "."), f"{value:,}")


def admin_url(name: str, *args: object) -> str:
    """The address of a staff page; the first staff page while that one does not exist."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return reverse("admin:index")


def mail_url(mail: CaughtMail) -> str:
    return reverse("pages:mail", args=[mail.pk])
