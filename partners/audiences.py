"""What segments learn from curations: who applied, who was let through, what a call uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from participants.segments import registry
from participants.segments.rules import AnyOf, Group
from partners.models import Application, CurationCall, CurationResult


def register() -> None:
    registry.register(group=RULES)


def call_choices() -> list[tuple[str, str]]:
    rows = CurationCall.objects.order_by("-opens_at", "-pk")
    return list(rows.values_list("slug", "title"))


def _passed(slugs: list[str], values: Mapping[str, Any]) -> Q:
    """Announced and standing results only: a list in hand decides nothing yet."""
    rows = CurationResult.objects.passed().filter(participant=OuterRef("pk"), call__in=_keys(slugs))
    return Q(Exists(rows))


def _applied(slugs: list[str], values: Mapping[str, Any]) -> Q:
    rows = Application.objects.live().filter(participant=OuterRef("pk"), call__in=_keys(slugs))
    return Q(Exists(rows))


def _keys(slugs: list[str]) -> list[int]:
    return list(CurationCall.objects.filter(slug__in=slugs).values_list("pk", flat=True))


RULES = Group(
    "Kurasi mitra",
    {
        "lolos_kurasi": AnyOf("Lolos kurasi", _passed, choices=call_choices),
        "melamar_kurasi": AnyOf("Melamar kurasi", _applied, choices=call_choices),
    },
)
