"""The fields of the counter, in the order in which a KTP is read and a person is asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from participants.counter.joining import Choice
from participants.counter.places import Places, UnknownPlace
from participants.models import Consent, Participant, Sector
from participants.registration.entry import Entry
from umkm_portal.common import dates, nik
from umkm_portal.common.staff_fields import PhoneField
from umkm_portal.regions.matching import current_matcher
from umkm_portal.regions.models import Region

YOUNGEST = 17
"""Years; a KTP is issued from this age on."""


class CounterForm(forms.Form):
    """One person. `entry()` gives what was typed, `warnings` what staff should look at again."""

    nik = forms.CharField(label="NIK", required=False, max_length=24)
    full_name = forms.CharField(label="Nama lengkap", max_length=120)
    birth_date = forms.CharField(label="Tanggal lahir", max_length=20)
    region = forms.CharField(label="Kelurahan", max_length=120)
    address = forms.CharField(label="Alamat", required=False, max_length=200)
    ktp_seen = forms.BooleanField(label="KTP asli saya lihat", required=False)
    phone = PhoneField(required=False, max_length=60)
    email = forms.EmailField(label="Email", required=False, max_length=254)
    business_name = forms.CharField(label="Nama usaha", required=False, max_length=120)
    sector = forms.ModelChoiceField(
        Sector.objects.none(), label="Sektor", required=False, empty_label="Belum diketahui"
    )
    products = forms.CharField(label="Produk", required=False, max_length=300)
    nib = forms.RegexField(
        r"^\d{13}$",
        label="NIB",
        required=False,
        error_messages={"invalid": "NIB harus 13 angka. Kosongkan bila belum punya."},
    )
    track = forms.ChoiceField(
        label="Jalur", choices=Participant.Track.choices, initial=Participant.Track.NEW
    )
    notice_told = forms.BooleanField(label="Pemberitahuan sudah dibacakan")
    whatsapp = forms.BooleanField(label="Boleh dikabari lewat WhatsApp", required=False)
    photo = forms.BooleanField(label="Boleh difoto untuk publikasi", required=False)
    is_willing = forms.BooleanField(label="Bersedia dilatih", required=False)
    joining = forms.ChoiceField(label="Langsung ikut gelombang", required=False)

    is_taken = False
    """The typed NIK is verified on another record, which is `known` where the user may open it."""
    known: Participant | None = None

    def __init__(
        self, data: Any = None, *, places: Places, choices: list[Choice], **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.warnings: list[str] = []
        self.places = places
        lists: dict[str, Any] = self.fields
        lists["sector"].queryset = Sector.objects.filter(is_active=True).order_by("name", "pk")
        lists["joining"].choices = [
            ("", "Tidak sekarang"),
            *((choice.key, choice.label) for choice in choices),
        ]
        for name, attributes in TYPING.items():
            self.fields[name].widget.attrs |= attributes
        for name, sentence in REQUIRED.items():
            self.fields[name].error_messages["required"] = sentence

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())

    def clean_birth_date(self) -> Any:
        typed = self.cleaned_data["birth_date"].strip()
        if typed.isdigit() and len(typed) == 8:
            typed = f"{typed[:2]}/{typed[2:4]}/{typed[4:]}"
        try:
            born = dates.parse_date(typed)
        except dates.DateError as error:
            raise ValidationError(str(error)) from error
        today = timezone.localdate()
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        if age < YOUNGEST:
            raise ValidationError(f"Peserta berusia {YOUNGEST} tahun ke atas. Periksa tanggalnya.")
        return born

    def clean_region(self) -> Region:
        try:
            return self.places.find(self.cleaned_data["region"])
        except UnknownPlace as error:
            raise ValidationError(str(error)) from error

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if typed := data.get("nik", "").strip():
            self._check_nik(typed, data)
        elif data.get("ktp_seen") and "nik" not in self.errors:
            self.add_error("nik", "KTP dilihat, jadi isi juga NIK-nya: 16 angka.")
        return data

    def _check_nik(self, typed: str, data: dict[str, Any]) -> None:
        found = nik.check(
            typed,
            birth_date=data.get("birth_date"),
            known_regions=current_matcher().nik_areas,
            allow_synthetic=settings.EMBEDDED,
        )
        if found.errors:
            self.add_error("nik", found.errors[0])
        data["nik"] = found.value
        self.warnings = list(found.warnings)

    def entry(self) -> Entry:
        """What `register_person` takes; the notice is recorded with it."""
        data = self.cleaned_data
        told = ("full_name", "phone", "email", "nik", "birth_date", "region", "address", "track")
        business = ("business_name", "sector", "products", "nib", "is_willing")
        return Entry(
            **{name: data[name] for name in (*told, *business)},
            consents={
                Consent.Purpose.WHATSAPP.value: data["whatsapp"],
                Consent.Purpose.PHOTO.value: data["photo"],
            },
        )


TYPING: dict[str, dict[str, str]] = {
    "nik": {"inputmode": "numeric"},
    "birth_date": {"inputmode": "numeric"},
    "region": {"list": "counter-places"},
    "nib": {"inputmode": "numeric"},
}
REQUIRED = {
    "full_name": "Isi nama lengkap sesuai KTP.",
    "birth_date": "Isi tanggal lahir, misalnya 25031985 atau 25/03/1985.",
    "region": "Isi kelurahan tempat tinggal, lalu pilih dari daftar.",
    "notice_told": "Bacakan pemberitahuan pemrosesan data dahulu, lalu centang.",
}
