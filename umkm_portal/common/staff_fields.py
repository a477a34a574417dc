"""Form fields of the staff pages that read what people type with the register's own parsers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from umkm_portal.common import money, phones


class NamedOnes(AutocompleteSelectMultiple):
    """Several chosen by name, each with its own cross; one for all of them would be no list row."""

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return super().build_attrs(base_attrs, extra_attrs) | {"data-allow-clear": "false"}


class PhoneField(forms.CharField):
    """A mobile number: typed as 0812-3456-7890, kept as +62812..."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "Nomor HP")
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "tel"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: str | None) -> str:
        return phones.display(value) if value and value.startswith("+") else value or ""

    def clean(self, value: str | None) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return phones.to_e164(text)
        except phones.PhoneError as error:
            raise ValidationError(str(error)) from error


class RupiahField(forms.CharField):
    """An amount in whole rupiah: typed as 1.500.000 or 1,5 juta."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: int | str | None) -> str:
        return money.format_rupiah(value) if isinstance(value, int) else value or ""

    def has_changed(self, initial: int | str | None, data: str | None) -> bool:
        """Rp1.500.000 and 1,5 juta are the same amount."""
        if self.disabled:
            return False
        try:
            return self.amount_of(initial) != self.amount_of(data)
        except ValidationError:
            return True

    def amount_of(self, value: int | str | None) -> int | None:
        """The rupiah that a value or its text means; None without one. Raises ValidationError."""
        if isinstance(value, int):
            return value
        return self.clean(value) if (value or "").strip() else None

    def clean(self, value: str | None) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return money.parse_rupiah(text)
        except money.MoneyError as error:
            raise ValidationError(str(error)) from error
