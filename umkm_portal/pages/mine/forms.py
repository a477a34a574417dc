"""What owners type about themselves, read with the register's own parsers; nothing is saved."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.utils import timezone

from participants.models import Business, LicenceRequest, Participant, SalesChannel, Sector
from umkm_portal.common import money
from umkm_portal.common.dates import MONTHS
from umkm_portal.pages.registration.fields import store_address, written_date, yearly_rupiah
from umkm_portal.regions.matching import current_matcher
from umkm_portal.regions.models import Region

YOUNGEST = 17
"""Years: the age of the first KTP."""
LINKED = {
    SalesChannel.Platform.TIKTOK,
    SalesChannel.Platform.SHOPEE,
    SalesChannel.Platform.TOKOPEDIA,
    SalesChannel.Platform.LAZADA,
    SalesChannel.Platform.INSTAGRAM,
}
"""Platforms where a shop has an address of its own."""
MONTHS_BACK = 12


class DayField(forms.CharField):
    """A date as Indonesians write it."""

    def prepare_value(self, value: date | str | None) -> str:
        return f"{value:%d/%m/%Y}" if isinstance(value, date) else value or ""

    def to_python(self, value: str | None) -> date | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            return written_date(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class RupiahField(forms.CharField):
    """An amount in whole rupiah; everything that can be read in two ways is refused."""

    def prepare_value(self, value: int | str | None) -> str:
        return money.format_rupiah(value) if isinstance(value, int) else value or ""

    def to_python(self, value: str | None) -> int | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            return self.read(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def read(self, typed: str) -> int:
        return money.parse_rupiah(typed)


class YearlyRupiahField(RupiahField):
    """What is sold in a year."""

    def read(self, typed: str) -> int:
        return yearly_rupiah(typed)


class NibField(forms.CharField):
    """13 digits, with whatever stands between them on the paper."""

    def to_python(self, value: str | None) -> str:
        return "".join(c for c in super().to_python(value) or "" if c not in " .-")


class ProfileForm(forms.Form):
    full_name = forms.CharField(
        label="Nama lengkap",
        max_length=120,
        help_text="Seperti di KTP, tanpa gelar.",
        error_messages={"required": "Tulis nama Anda seperti di KTP."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    birth_date = DayField(
        label="Tanggal lahir",
        required=False,
        help_text="Misalnya 25/03/1990 atau 25 Maret 1990.",
        widget=forms.TextInput(attrs={"autocomplete": "bday"}),
    )
    address = forms.CharField(
        label="Alamat (jalan, nomor, RT/RW)",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    city = forms.CharField(
        label="Kota atau kabupaten", max_length=80, help_text="Misalnya Jakarta Pusat, atau Depok."
    )
    district = forms.CharField(
        label="Kecamatan", max_length=80, required=False, help_text="Wajib di Jakarta."
    )
    village = forms.CharField(
        label="Kelurahan", max_length=80, required=False, help_text="Wajib di Jakarta."
    )
    track = forms.ChoiceField(
        label="Usaha Anda sekarang",
        choices=[
            (Participant.Track.NEW, "Baru mulai, atau akan mulai"),
            (Participant.Track.SCALING, "Sudah berjalan dan ingin naik kelas"),
        ],
    )

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())

    def clean_birth_date(self) -> date | None:
        day = self.cleaned_data["birth_date"]
        today = timezone.localdate()
        if day and (today.year - day.year - ((today.month, today.day) < (day.month, day.day))) < (
            YOUNGEST
        ):
            raise ValidationError(f"Peserta berumur {YOUNGEST} tahun atau lebih. Periksa tahunnya.")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        places = [data.get(name, "") for name in ("city", "district", "village")]
        if not places[0]:
            return data
        match = current_matcher().match(*places)
        if match.region_id is None or match.problem:
            self.add_error("city", match.problem or "Kota ini tidak dikenal. Periksa ejaannya.")
            return data
        region = Region.objects.get(pk=match.region_id)
        if region.is_in_jakarta and region.level != Region.Level.VILLAGE:
            self.add_error("village", "Tulis kecamatan dan kelurahan tempat tinggal Anda.")
        data["region"] = region
        return data


def profile_values(person: Participant) -> dict[str, object]:
    """What the form shows first; the place is told from the kelurahan up."""
    places = {"city": "", "district": "", "village": ""}
    region = person.region
    while region is not None:
        if region.level in places:
            is_city = region.level == Region.Level.CITY
            places[region.level] = region.short_name if is_city else region.name
        region = region.parent
    return {
        "full_name": person.full_name,
        "birth_date": person.birth_date,
        "address": person.address,
        "track": person.track,
        **places,
    }


class BusinessForm(forms.ModelForm):
    nib = NibField(
        label="NIB",
        required=False,
        help_text="13 angka. Kosongkan bila belum punya.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        validators=[RegexValidator(r"^\d{13}$", "NIB harus 13 angka. Periksa suratnya.")],
    )
    yearly_sales = YearlyRupiahField(
        label="Omzet setahun",
        required=False,
        help_text="Perkiraan penjualan 12 bulan, misalnya Rp60.000.000 atau 60 juta.",
        widget=forms.TextInput(attrs={"inputmode": "text"}),
    )
    sells_live = forms.TypedChoiceField(
        label="Berjualan lewat siaran langsung?",
        required=False,
        choices=[("", "Belum dijawab"), ("ya", "Ya"), ("tidak", "Tidak")],
        coerce=lambda value: value == "ya",
        empty_value=None,
    )

    class Meta:
        model = Business
        fields = (
            *("name", "sector", "products", "nib", "yearly_sales", "market", "stall"),
            "sells_live",
        )
        help_texts = {
            "products": "Misalnya kue kering, sambal botol.",
            "market": "Bila berjualan di pasar.",
            "stall": "Blok dan nomor kios.",
        }
        error_messages = {"name": {"required": "Tulis nama usaha Anda."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sector = self.fields["sector"]
        sector.queryset = Sector.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
        sector.empty_label = "Pilih sektor"  # type: ignore[attr-defined]
        live = self.instance.sells_live
        self.initial["sells_live"] = "" if live is None else "ya" if live else "tidak"

    def clean_nib(self) -> str:
        return str(self.cleaned_data["nib"])

    def _post_clean(self) -> None:
        """The row is written by its service, which keeps the search text and the history."""


class ChannelForm(forms.Form):
    platform = forms.ChoiceField(label="Tempat jual", choices=SalesChannel.Platform.choices)
    store_link = forms.CharField(
        label="Tautan toko",
        required=False,
        max_length=300,
        help_text="Misalnya shopee.co.id/namatoko, atau @namatoko.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )

    def clean_store_link(self) -> str:
        link = self.cleaned_data["store_link"].strip()
        if not link:
            return ""
        try:
            address = store_address(link, self.cleaned_data.get("platform", ""))
            URLValidator(schemes=["http", "https"])(address)
        except (ValueError, ValidationError) as error:
            raise ValidationError(
                "Tautan tidak terbaca. Salin dari aplikasi toko, misalnya "
                "https://shopee.co.id/namatoko."
            ) from error
        return address

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        needs_link = data.get("platform") in LINKED
        if needs_link and "store_link" in data and not data["store_link"]:
            self.add_error("store_link", "Tulis tautan toko Anda di tempat jual ini.")
        return data


class RevenueForm(forms.Form):
    month = forms.ChoiceField(label="Bulan")
    amount = RupiahField(
        label="Omzet bulan itu",
        help_text="Semua penjualan sebelum dikurangi biaya, misalnya Rp5.000.000.",
        error_messages={"required": "Tulis omzet bulan itu, misalnya Rp5.000.000."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [  # type: ignore[attr-defined]
            (f"{day:%Y-%m}", month_in_words(day)) for day in past_months(today)
        ]

    def period(self) -> tuple[date, date]:
        """First and last day of the chosen month."""
        year, month = map(int, self.cleaned_data["month"].split("-"))
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def past_months(today: date) -> list[date]:
    """The first days of this month and of those before it, newest first."""
    months = today.year * 12 + today.month - 1
    return [date((months - n) // 12, (months - n) % 12 + 1, 1) for n in range(MONTHS_BACK)]


def month_in_words(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


class RequestForm(forms.Form):
    text = forms.CharField(
        label="Isi permintaan",
        max_length=1000,
        help_text="Tulis data yang keliru dan isi yang benar. Jangan menulis NIK lengkap.",
        error_messages={"required": "Tulis apa yang perlu diperbaiki."},
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class LicenceForm(forms.Form):
    kind = forms.ChoiceField(label="Izin yang diurus", choices=LicenceRequest.Kind.choices)
    note = forms.CharField(
        label="Keterangan",
        max_length=300,
        required=False,
        help_text="Produk atau usaha yang diurus izinnya.",
    )
    wants_delivery = forms.BooleanField(label="Antar izin ke alamat saya", required=False)
    address = forms.CharField(
        label="Alamat antar",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == LicenceRequest.Kind.OTHER and not data.get("note"):
            self.add_error("note", "Tulis izin apa yang Anda perlukan.")
        if data.get("wants_delivery") and not data.get("address"):
            self.add_error("address", "Tulis alamat lengkap untuk mengantar izin.")
        return data


class FixForm(LicenceForm):
    """What the owner changes after staff asked for a repair; the licence stays the same one."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].required = False
        self.fields["kind"].widget = forms.HiddenInput()
        self.initial["kind"] = kind
