"""Targets in and out by spreadsheet."""

from __future__ import annotations

from datetime import date

from import_export import fields, widgets
from tablib import Dataset

from trainings.models import Programme, Topic
from trainings.resources import Choice, Reference
from umkm_portal.accounts.models import Organisation
from umkm_portal.common.dates import parse_date
from umkm_portal.common.small_tables import SmallTable
from umkm_portal.regions.models import Region
from umkm_portal.reports.models import Target


class Day(widgets.Widget):
    """A date as Indonesians write it."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> date:
        return parse_date(value if isinstance(value, date) else str(value or ""))

    def render(self, value: date | None, obj: object = None, **kwargs: object) -> str:
        return f"{value:%d/%m/%Y}" if value else ""


class TargetResource(SmallTable):
    measure = fields.Field("measure", "yang dihitung", widget=Choice(Target.Measure))
    since = fields.Field("since", "sejak tahun", widget=widgets.IntegerWidget())
    year = fields.Field("year", "tahun", widget=widgets.IntegerWidget())
    number = fields.Field("number", "target", widget=widgets.IntegerWidget())
    city = fields.Field("city", "kota", widget=Reference(Region, "code", shown="code"))
    agency = fields.Field(
        "agency",
        "dinas",
        widget=Reference(Organisation, "slug", "short_name__iexact", shown="short_name"),
    )
    programme = fields.Field(
        "programme", "program", widget=Reference(Programme, "slug", shown="slug")
    )
    topic = fields.Field(
        "topic", "tema", widget=Reference(Topic, "slug", "name__iexact", shown="name")
    )
    source = fields.Field("source", "sumber")
    source_date = fields.Field("source_date", "tanggal sumber", widget=Day())

    class Meta(SmallTable.Meta):
        model = Target
        fields = (
            *("measure", "since", "year", "number", "city", "agency", "programme", "topic"),
            *("source", "source_date"),
        )
        import_id_fields = (
            *("measure", "since", "year", "city", "agency", "programme", "topic"),
            *("source", "source_date"),
        )

    def before_import(self, dataset: Dataset, **kwargs: object) -> None:
        super().before_import(dataset, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, Reference):
                field.widget.known.clear()
