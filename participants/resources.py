"""A short list of people as a spreadsheet: the columns that staff see on the page anyway."""

from io import BytesIO

from import_export import fields, resources
from import_export.formats.base_formats import CSV, XLSX

from participants.models import Participant
from umkm_portal.common import codes, phones
from umkm_portal.common.spreadsheets import write_csv, write_xlsx

MOST = 2_000
"""People of one list that is made while the browser waits."""


class TooManyPeople(ValueError):
    """The list is longer than a page can write while somebody waits."""


class PeopleResource(resources.ModelResource):
    code = fields.Field("code", "Kode peserta")
    full_name = fields.Field("full_name", "Nama lengkap")
    phone = fields.Field("phone", "Nomor HP")
    email = fields.Field("email", "Email")
    region = fields.Field("region", "Wilayah")
    track = fields.Field("get_track_display", "Jalur")
    readiness = fields.Field(column_name="Siap diundang")
    businesses = fields.Field(column_name="Usaha")
    nik = fields.Field("masked_nik", "Akhir NIK")

    class Meta:
        model = Participant
        fields = (
            *("code", "full_name", "phone", "email", "region", "track", "readiness"),
            *("businesses", "nik"),
        )

    @classmethod
    def get_display_name(cls):
        return "Peserta"

    def export(self, *args, queryset=None, **kwargs):
        """The chosen people; raises TooManyPeople past MOST."""
        people = list(queryset.select_related("region").prefetch_related("businesses")[: MOST + 1])
        if len(people) > MOST:
            raise TooManyPeople(
                f"Daftar ini lebih dari {MOST} orang. Persempit saringannya, atau pakai "
                "“Ekspor di latar” pada halaman peserta."
            )
        self.people_ids = [person.pk for person in people]
        return super().export(*args, queryset=people, **kwargs)

    def dehydrate_code(self, person):
        return codes.display(person.code)

    def dehydrate_phone(self, person):
        return phones.display(person.phone) if person.phone else ""

    def dehydrate_region(self, person):
        return str(person.region or "")

    def dehydrate_readiness(self, person):
        is_living = person.status == Participant.Status.ACTIVE
        return "Ya" if is_living and person.is_active and person.is_willing else "Tidak"

    def dehydrate_businesses(self, person):
        return ", ".join(business.name for business in person.businesses.all())


class TextXlsx(XLSX):
    """A workbook of text cells."""

    def export_data(self, dataset, **kwargs):
        return _written(write_xlsx, dataset)


class SemicolonCsv(CSV):
    """CSV as Indonesian Excel opens it, with harmless formulas."""

    def export_data(self, dataset, **kwargs):
        return _written(write_csv, dataset)


def _written(write, dataset):
    content = BytesIO()
    write(content, dataset.headers, dataset)
    return content.getvalue()
