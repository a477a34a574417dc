"""Filters of the staff lists that name partners."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from partners.models import Partner
from umkm_portal.common.numbers import whole_in


class PartnerFilter(admin.SimpleListFilter):
    """Rows of one partner; `path` leads from a row to it."""

    title = "mitra"
    parameter_name = "mitra"
    path = "partner"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        rows = Partner.objects.select_related("organisation")
        return [(str(row.pk), str(row)) for row in rows.order_by("organisation__name", "pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = whole_in(self.value() or "")
        return queryset if chosen is None else queryset.filter(**{self.path: chosen})


class PartnerOfCallFilter(PartnerFilter):
    path = "call__partner"
