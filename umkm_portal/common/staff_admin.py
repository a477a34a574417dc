"""The shape that every list and form of the staff pages shares."""

from __future__ import annotations

from datetime import datetime

from django.contrib.admin import ShowFacets
from django.db.models import Model, QuerySet, URLField
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.overrides import FORMFIELD_OVERRIDES_INLINE

HTTPS_ONLY = {URLField: {"assume_scheme": "https"}}


def in_wib(moment: datetime | None) -> str:
    """A moment in a cell whose heading says WIB, or a dash."""
    return date_format(timezone.localtime(moment), "j M Y, H.i") if moment else "–"


class StaffAdmin(ModelAdmin):
    """A table of the register: wide list, tight form, filters behind one button."""

    formfield_overrides = HTTPS_ONLY
    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True
    list_per_page = 50
    empty_value_display = "–"
    empty_title = empty_text = ""
    """What an empty list says, where the usual words do not fit."""
    show_facets = ShowFacets.NEVER  # a count per filter costs seconds on a large table

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The rows this user may see, where the model's QuerySet knows `for_user`."""
        rows = super().get_queryset(request)
        return rows.for_user(request.user) if hasattr(rows, "for_user") else rows


class MachineAdmin(StaffAdmin):
    """Rows that machines write: staff read them and press named buttons, nothing else."""

    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class NamedCells(BaseInlineFormSet):
    """Each cell says its column to those who do not see the heading."""

    def add_fields(self, form: ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if field.label and not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", str(field.label).capitalize())


class StaffTable(TabularInline):
    """Rows below a form, with no empty row waiting."""

    formset = NamedCells
    formfield_overrides = FORMFIELD_OVERRIDES_INLINE | HTTPS_ONLY
    extra = 0


class StaffStack(StackedInline):
    formfield_overrides = FORMFIELD_OVERRIDES_INLINE | HTTPS_ONLY
    extra = 0


class MachineTable(StaffTable):
    """Rows of a form that nobody edits."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
