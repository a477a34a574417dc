"""Which calls a person may apply to, and which licences her product needs there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import IntegerField, Value
from django.db.models.functions import Cast

from participants.models import Participant
from participants.segments.audiences import RulesBroken, people_by
from partners.models import CurationCall, ProductKind

LICENCES = {"pirt": "P-IRT", "bpom": "BPOM", "halal": "sertifikat halal"}


def qualifying(person: Participant, calls: Sequence[CurationCall]) -> set[int]:
    """The keys of those calls whose rules this person meets; one query for all of them.

    A call whose rules are not understood any more lets nobody in until staff mend it.
    """
    met = {call.pk for call in calls if not call.rules}
    asked = []
    for call in calls:
        if not call.rules:
            continue
        try:
            people = people_by(call.rules).filter(pk=person.pk)
        except RulesBroken:
            continue
        number = Cast(Value(call.pk), IntegerField())
        asked.append(people.order_by().annotate(call=number).values_list("call", flat=True))
    if asked:
        first, *others = asked
        met |= set(first.union(*others, all=True))
    return met


def qualifies(person: Participant, call: CurationCall) -> bool:
    return call.pk in qualifying(person, [call])


def needed_licences(kind: ProductKind | None) -> list[str]:
    """The keys of LICENCES without which a product of this kind is not let in."""
    if kind is None:
        return []
    return [key for key in (kind.licence, "halal" if kind.needs_halal else "") if key]


def missing_licence(kind: ProductKind | None, licences: Mapping[str, str]) -> tuple[str, str]:
    """(key, sentence) of the first licence that is lacking, else two empty strings.

    BPOM takes the place of P-IRT; P-IRT never that of BPOM (milk, fish, meat).
    """
    for key in needed_licences(kind):
        covers = ("pirt", "bpom") if key == "pirt" else (key,)
        if not any(licences.get(name, "").strip() for name in covers):
            name = LICENCES[key]
            return key, (
                f"{kind} perlu {name}. Tulis nomornya. Bila belum punya, ajukan dulu di menu "
                "Perizinan; gratis."
            )
    return "", ""
