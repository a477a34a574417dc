"""Published results of the programme: figures that are not rows, each with date and source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True)
class Fact:
    """One published figure; `target` is 0 where there was none."""

    value: int
    text: str
    source: str
    target: int = 0

    @property
    def percent(self) -> int:
        """Whole percent of the target, at most 100."""
        return min(self.value * 100 // self.target, 100) if self.target else 0

    @property
    def label(self) -> str:
        """The bar in words."""
        value, target = (f"{n:,}".replace(",", ".") for n in (self.value, self.target))
        return f"{value} dari target {target}, {self.percent} persen"


def facts() -> list[Fact]:
    published: list[dict[str, Any]] = settings.PUBLISHED_FACTS
    return [Fact(**fact) for fact in published]
