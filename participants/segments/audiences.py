"""From rules to people: who, how many, a few of them, where they live, and what cuts most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count
from django.http import QueryDict
from django_filters.constants import EMPTY_VALUES

from participants.models import Participant, ParticipantQuerySet, Segment
from participants.segments.registry import groups, rule_set
from participants.segments.rules import AnyOf, RuleSet
from umkm_portal.accounts.models import User
from umkm_portal.common import codes, phones
from umkm_portal.regions.models import Region

Rules = Mapping[str, str | list[str]]
SAMPLES = 10


class RulesBroken(Exception):
    """A rule is not understood (any more); guessing might write to people nobody meant."""


class Sample(NamedTuple):
    """One person shown as an example, with contacts that name nobody."""

    pk: int
    name: str
    code: str
    place: str
    contact: str


class Cut(NamedTuple):
    """How many people there would be without one rule."""

    label: str
    people: int


def typed_rules(data: QueryDict) -> dict[str, str | list[str]]:
    """The rules in a submitted form that say something, as they are kept."""
    rules: dict[str, str | list[str]] = {}
    for group in groups():
        for name in group.rules:
            values = [value.strip() for value in data.getlist(name) if value.strip()]
            if values:
                rules[name] = values if isinstance(group.rules[name], AnyOf) else values[-1]
    return rules


def filter_by(rules: Rules, people: ParticipantQuerySet | None = None) -> RuleSet:
    """The filter set of these rules over living people; its form tells what is wrong."""
    data = QueryDict(mutable=True)
    for name, value in rules.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    people = Participant.objects.all() if people is None else people
    return rule_set()(data, queryset=people.living().unrestricted())


def people_by(rules: Rules, *, user: User | None = None) -> ParticipantQuerySet:
    """The living people who meet every rule, and whom `user` may see when one is given.

    Nobody who restricted the use of her data is among them.

    Raises RulesBroken for rules that are not understood.
    """
    everybody = Participant.objects.all()
    found = filter_by(rules, everybody.for_user(user) if user else everybody)
    unknown = rules.keys() - found.filters.keys()
    if unknown or not found.is_valid():
        broken = [*unknown, *(str(found.filters[name].label) for name in found.errors)]
        raise RulesBroken(
            f"Aturan segmen tidak berlaku lagi: {', '.join(sorted(broken))}. Buka segmennya, "
            "perbaiki, lalu simpan."
        )
    return found.qs


def people_of(segment: Segment, *, user: User | None = None) -> ParticipantQuerySet:
    """The people of a saved segment as it is now. Raises RulesBroken."""
    return people_by(segment.rules, user=user)


def compiled(
    people: ParticipantQuerySet, columns: tuple[str, ...] = ("id",)
) -> tuple[str, tuple[Any, ...]]:
    """SQL that selects columns of these people, and its parameters."""
    query = people.order_by().values(*columns).query
    sql, params = query.get_compiler(connection=connection).as_sql()
    return sql, tuple(params)


def estimate(people: ParticipantQuerySet) -> int:
    """How many people the planner expects; it looks at none of them."""
    sql, params = compiled(people)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone()
    return found[0]["Plan"]["Plan Rows"]


def samples_of(people: ParticipantQuerySet) -> list[Sample]:
    """The newest ten, for the officer to see whether they are whom she means."""
    rows = people.select_related("region").only(
        "full_name", "code", "phone", "email", "region__name"
    )
    return [
        Sample(
            row.pk,
            row.full_name,
            codes.display(row.code),
            str(row.region or "Wilayah belum diketahui"),
            phones.mask(row.phone) if row.phone else _mask_email(row.email),
        )
        for row in rows.order_by("-pk")[:SAMPLES]
    ]


def count_by_district(people: ParticipantQuerySet) -> list[tuple[str, int]]:
    """(kecamatan or other place, people), largest first; the sum is everybody."""
    counts = people.order_by().values_list("region").annotate(count=Count("pk"))
    return _add_up(dict(counts))


def _add_up(counts: dict[int | None, int]) -> list[tuple[str, int]]:
    regions = {r.pk: r for r in Region.objects.filter(pk__in=[pk for pk in counts if pk])}
    names = dict(Region.objects.districts().order_by("valid_to").values_list("code", "short_name"))
    sums: dict[str, int] = {}
    for pk, count in counts.items():
        place = _place(regions.get(pk) if pk else None, names)
        sums[place] = sums.get(place, 0) + count
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))


def _place(region: Region | None, districts: Mapping[str, str]) -> str:
    if region is None:
        return "Wilayah belum diketahui"
    if not region.is_in_jakarta:
        return "Luar Jakarta"
    return districts.get(region.code[:8]) or f"{region.short_name} (tanpa kecamatan)"


def strongest_cuts(rules: Rules, *, user: User | None = None) -> list[Cut]:
    """How many people there would be without each single rule, most first.

    Where no single rule is to blame the counts are of each rule alone, fewest first.
    """
    labels = {name: str(rule_set().base_filters[name].label) for name in rules}
    without = [
        Cut(
            labels[name],
            people_by({k: v for k, v in rules.items() if k != name}, user=user).count(),
        )
        for name in rules
    ]
    if any(cut.people for cut in without):
        return sorted(without, key=lambda cut: -cut.people)
    alone = [Cut(labels[name], people_by({name: rules[name]}, user=user).count()) for name in rules]
    return sorted(alone, key=lambda cut: cut.people)


def in_words(rules: Rules) -> list[tuple[str, str]]:
    """(label, value) of every rule, as the form says it."""
    form = filter_by(rules).form
    words = []
    for name, value in rules.items():
        if name not in form.fields or value in EMPTY_VALUES:
            continue
        choices = dict(getattr(form.fields[name], "choices", ()))
        values = value if isinstance(value, list) else [value]
        told = ", ".join(str(choices.get(v, v)) for v in values)
        words.append((str(form.fields[name].label), told))
    return words


def _mask_email(email: str) -> str:
    name, _, host = email.partition("@")
    return f"{name[:2]}•••@{host}" if host else "–"
