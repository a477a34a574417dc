"""The kinds of rules of a segment: django-filter's fields, each with a condition in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django_filters import (
    CharFilter,
    ChoiceFilter,
    DateFilter,
    Filter,
    FilterSet,
    MultipleChoiceFilter,
    NumberFilter,
)
from django_filters.constants import EMPTY_VALUES

from participants.models import Business, ParticipantQuerySet

Condition = Callable[[Any, Mapping[str, Any]], Q]
"""What the value of a rule, beside the values of all rules, asks of a row."""

YES, NO = "ya", "tidak"
YES_NO = ((YES, "Ya"), (NO, "Tidak"))


@dataclass(frozen=True)
class Group:
    """Rules that stand together on the form, in order."""

    title: str
    rules: Mapping[str, Filter] = field(default_factory=dict)
    hint: str = ""


class _Rule(Filter):
    """A filter with its condition; `is_about_business` rules must all hold for one business."""

    def __init__(
        self,
        label: str,
        condition: Condition,
        *,
        is_about_business: bool = False,
        **options: Any,
    ) -> None:
        self.condition, self.is_about_business = condition, is_about_business
        super().__init__(label=label, **options)


class OneOf(_Rule, ChoiceFilter):
    """One answer out of a few; none says nothing."""

    def __init__(self, label: str, condition: Condition, **options: Any) -> None:
        super().__init__(label, condition, empty_label="Tidak dibatasi", **options)


class AnyOf(_Rule, MultipleChoiceFilter):
    """Several ticked boxes."""

    def __init__(self, label: str, condition: Condition, **options: Any) -> None:
        super().__init__(label, condition, widget=forms.CheckboxSelectMultiple, **options)


class Since(_Rule, DateFilter):
    """A day."""

    def __init__(self, label: str, condition: Condition, **options: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(label, condition, widget=widget, **options)


class Number(_Rule, NumberFilter):
    """A whole number with its limits."""

    field_class = forms.IntegerField

    def __init__(self, label: str, condition: Condition, *, most: int, **options: Any) -> None:
        super().__init__(label, condition, min_value=0, max_value=most, **options)

    def get_max_validator(self) -> None:
        """The field has its own limit."""


class Words(_Rule, CharFilter):
    """A short text."""

    def __init__(self, label: str, condition: Condition, **options: Any) -> None:
        super().__init__(label, condition, max_length=60, **options)


class RuleSet(FilterSet):
    """All rules together: a person has to meet every one that says something."""

    def filter_queryset(self, queryset: ParticipantQuerySet) -> ParticipantQuerySet:
        """The people who meet the rules; those about a business are met by one business."""
        values, business = self.form.cleaned_data, Q()
        for name, rule in self.filters.items():
            if values[name] in EMPTY_VALUES:
                continue
            condition = rule.condition(values[name], values)
            if rule.is_about_business:
                business &= condition
            else:
                queryset = queryset.filter(condition)
        if business:
            owned = Business.objects.filter(business, participant=OuterRef("pk"))
            queryset = queryset.filter(Exists(owned))
        return queryset
