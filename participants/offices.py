"""The dinas of other cities: looked up for a page, and as a spreadsheet of all cities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from import_export import fields, widgets

from participants.models import CityOffice
from participants.models.offices import CITIES
from umkm_portal.common.dates import parse_date
from umkm_portal.common.small_tables import SmallTable
from umkm_portal.regions.models import Region

FACTS = ("name", "phone", "address", "link")


def office_of(city: Region | None) -> CityOffice | None:
    """What is known about the dinas of a city, under whatever code the city had."""
    if city is None:
        return None
    rows = CityOffice.objects.filter(region__code=city.code)
    return rows.order_by("-pk").first()


class City(widgets.Widget):
    """A kabupaten/kota outside Jakarta, by its code or its full name."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> Region:
        typed = str(value or "").strip()
        cities = Region.objects.valid().filter(CITIES)
        found = cities.filter(code=typed).first() or cities.filter(name__iexact=typed).first()
        if found is None:
            raise ValueError(
                f"“{typed}” bukan kota atau kabupaten di luar Jakarta. Tulis lengkap, misalnya "
                "Kota Bekasi, atau kodenya 32.75."
            )
        return found

    def render(self, value: Region | None, obj: object = None, **kwargs: object) -> str:
        return value.code if value else ""


class Day(widgets.Widget):
    """A date: 01/12/2026."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> date | None:
        return parse_date(str(value)) if value not in (None, "") else None

    def render(self, value: date | None, obj: object = None, **kwargs: object) -> str:
        return f"{value:%d/%m/%Y}" if value else ""


class Link(widgets.Widget):
    """An address of the web, with or without its scheme."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> str:
        typed = str(value or "").strip()
        return typed if not typed or "://" in typed else f"https://{typed}"

    def render(self, value: str | None, obj: object = None, **kwargs: object) -> str:
        return value or ""


class CityOfficeResource(SmallTable):
    """One row a city; cities of which nothing is known come along empty, to be filled in."""

    region = fields.Field("region", "kode kota", widget=City())
    city = fields.Field("region__name", "kota atau kabupaten", readonly=True)
    province = fields.Field("region__parent__name", "provinsi", readonly=True)
    name = fields.Field("name", "nama dinas", default="")
    phone = fields.Field("phone", "telepon", default="")
    address = fields.Field("address", "alamat", default="")
    link = fields.Field("link", "tautan", default="", widget=Link())
    checked_on = fields.Field("checked_on", "diperiksa pada", widget=Day())

    class Meta(SmallTable.Meta):
        model = CityOffice
        import_id_fields = ("region",)
        fields = ("region", "city", "province", *FACTS, "checked_on")
        report_skipped = False

    def skip_row(
        self,
        instance: CityOffice,
        original: CityOffice,
        row: dict[str, object],
        import_validation_errors: dict[str, object] | None = None,
    ) -> bool:
        """An empty row of a city that is not on file says nothing."""
        if instance.pk is None and not any(getattr(instance, fact) for fact in FACTS):
            return True
        return super().skip_row(instance, original, row, import_validation_errors)

    def iter_queryset(self, queryset: Iterable[CityOffice]) -> Iterator[CityOffice]:
        """What is known, then every other city; the whole list is a form to fill in."""
        known = list(super().iter_queryset(queryset))
        yield from known
        codes = CityOffice.objects.values("region__code")
        empty = Region.objects.valid().filter(CITIES).exclude(code__in=codes)
        for city in empty.select_related("parent").order_by("code", "pk"):
            yield CityOffice(region=city)
