"""Venues and trainers as spreadsheets, and how cells of plans are read: our own parsers.

Small tables only: a file is checked in one go while the browser waits, so the rows are limited.
"""

from __future__ import annotations

from datetime import datetime, time

from django.db.models import Model, TextChoices
from django.utils import timezone
from import_export import fields, widgets

from trainings.models import Topic, Trainer, Venue
from umkm_portal.accounts.models import Organisation
from umkm_portal.common import dates, money, phones
from umkm_portal.common.small_tables import SmallTable
from umkm_portal.regions.models import Region


class Rupiah(widgets.Widget):
    """Whole rupiah; an empty cell is 0."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> int:
        if value in (None, ""):
            return 0
        return money.parse_rupiah(value if isinstance(value, int | float) else str(value))

    def render(self, value: int | None, obj: object = None, **kwargs: object) -> int | str:
        return "" if value is None else value


class Phone(widgets.Widget):
    """A mobile number, written 0812-3456-7890."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> str:
        return phones.to_e164(str(value)) if value not in (None, "") else ""

    def render(self, value: str | None, obj: object = None, **kwargs: object) -> str:
        return phones.display(value) if value else ""


class Moment(widgets.Widget):
    """A date with an hour, Jakarta time: 01/12/2026 09.00."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> datetime | None:
        if value in (None, ""):
            return None
        if isinstance(value, datetime):
            return timezone.make_aware(value) if timezone.is_naive(value) else value
        day, _, hour = str(value).strip().rpartition(" ")
        if not day:
            raise dates.DateError(f"“{value}” tidak memuat jam. Tulis misalnya 01/12/2026 09.00.")
        return timezone.make_aware(datetime.combine(dates.parse_date(day), _hour(hour)))

    def render(self, value: datetime | None, obj: object = None, **kwargs: object) -> str:
        return f"{timezone.localtime(value):%d/%m/%Y %H.%M}" if value else ""


class Choice(widgets.Widget):
    """One of the choices of a field, by its Indonesian name or its code."""

    def __init__(self, choices: type[TextChoices]) -> None:
        super().__init__()
        self.labels = {str(label).casefold(): value for value, label in choices.choices}
        self.values = dict(choices.choices)

    def clean(self, value: object, row: object = None, **kwargs: object) -> str:
        typed = str(value or "").strip()
        found = self.labels.get(typed.casefold()) or (typed if typed in self.values else None)
        if found is None:
            allowed = ", ".join(str(label) for label in self.values.values())
            raise ValueError(f"“{typed}” tidak dikenal. Pilih salah satu: {allowed}.")
        return found

    def render(self, value: str | None, obj: object = None, **kwargs: object) -> str:
        return str(self.values.get(value, ""))


class Reference(widgets.Widget):
    """A row of another table, by one of several fields; an empty cell is none.

    What was found once is kept in `known`, which whoever reads a new file empties.
    """

    def __init__(self, model: type[Model], *lookups: str, shown: str) -> None:
        super().__init__()
        self.model, self.lookups, self.shown = model, lookups, shown
        self.known: dict[str, Model] = {}

    def clean(self, value: object, row: object = None, **kwargs: object) -> Model | None:
        typed = str(value or "").strip()
        if not typed:
            return None
        if typed in self.known:
            return self.known[typed]
        for lookup in self.lookups:
            found = self.model._default_manager.filter(**{lookup: typed}).order_by("pk").first()
            if found:
                self.known[typed] = found
                return found
        raise ValueError(f"{self.model._meta.verbose_name} “{typed}” belum ada di portal.")

    def render(self, value: Model | None, obj: object = None, **kwargs: object) -> str:
        return str(getattr(value, self.shown)) if value else ""


class Topics(widgets.ManyToManyWidget):
    """Topics by name, separated by semicolons."""

    def __init__(self) -> None:
        super().__init__(Topic, separator=";", field="name")

    def clean(self, value: object, row: object = None, **kwargs: object) -> list[Topic]:
        names = [name.strip() for name in str(value or "").split(";") if name.strip()]
        found = {topic.name.casefold(): topic for topic in Topic.objects.all()}
        missing = [name for name in names if name.casefold() not in found]
        if missing:
            raise ValueError(f"Tema “{missing[0]}” belum ada di portal.")
        return [found[name.casefold()] for name in names]

    def render(self, value: object, obj: object = None, **kwargs: object) -> str:
        return "; ".join(topic.name for topic in value.all()) if value else ""


DISTRICT = Reference(Region, "code", "name__iexact", "short_name__iexact", shown="name")


class VenueResource(SmallTable):
    name = fields.Field("name", "nama")
    address = fields.Field("address", "alamat")
    region = fields.Field("region", "kecamatan", widget=DISTRICT)
    capacity = fields.Field("capacity", "kapasitas", widget=widgets.IntegerWidget())
    facilities = fields.Field("facilities", "fasilitas", default="")
    cost_per_day = fields.Field("cost_per_day", "biaya per hari", widget=Rupiah())
    map_link = fields.Field("map_link", "tautan peta", default="")

    class Meta(SmallTable.Meta):
        model = Venue
        import_id_fields = ("name",)
        fields = (
            "name",
            "address",
            "region",
            "capacity",
            "facilities",
            "cost_per_day",
            "map_link",
        )


class TrainerResource(SmallTable):
    name = fields.Field("name", "nama")
    kind = fields.Field("kind", "jenis", widget=Choice(Trainer.Kind))
    organisation = fields.Field(
        "organisation",
        "lembaga",
        widget=Reference(
            Organisation, "slug", "short_name__iexact", "name__iexact", shown="short_name"
        ),
    )
    topics = fields.Field("topics", "tema", widget=Topics(), m2m_add=False)
    handle = fields.Field("handle", "akun media sosial", default="")
    followers = fields.Field("followers", "pengikut", widget=widgets.IntegerWidget())
    phone = fields.Field("phone", "nomor hp", widget=Phone())
    fee_per_session = fields.Field("fee_per_session", "honor per sesi", widget=Rupiah())
    availability = fields.Field("availability", "waktu tersedia", default="")

    class Meta(SmallTable.Meta):
        model = Trainer
        import_id_fields = ("name", "kind")
        fields = (
            "name",
            "kind",
            "organisation",
            "topics",
            "handle",
            "followers",
            "phone",
            "fee_per_session",
            "availability",
        )


def _hour(text: str) -> time:
    for form in ("%H.%M", "%H:%M", "%H:%M:%S"):
        try:
            return datetime.strptime(text, form).time()  # noqa: DTZ007 - made aware by the caller
        except ValueError:
            continue
    raise dates.DateError(f"Jam “{text}” tidak terbaca. Tulis misalnya 09.00.")
