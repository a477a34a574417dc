"""The five pages as forms. What they hold is kept as it was typed and read again when it is sent.

A page that is sent in part keeps its right fields (`right_values`).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html

from participants.contacts import Contact
from participants.models import SalesChannel, Sector
from participants.models.registrations import PageAnswers
from umkm_portal.common import nik, phones
from umkm_portal.pages.registration import places
from umkm_portal.pages.registration.fields import (
    ContactField,
    StoreLinksField,
    TickCards,
    WrittenDateField,
    YearlyRupiahField,
    cards,
    select,
    text,
)
from umkm_portal.regions.matching import current_matcher

YES, NO = "ya", "tidak"
ADULT, OLDEST = 17, 110
SHORTEST_ADDRESS = 8
OUTSIDE = format_html(
    "Di luar Jakarta<small>{}</small>", "Kami arahkan ke dinas koperasi dan UMKM di kota Anda"
)


class PageForm(forms.Form):
    """One page; `kept` is what was told on it before."""

    def __init__(
        self, data: QueryDict | None = None, *, kept: PageAnswers | None = None, **facts: Any
    ) -> None:
        kept = kept or {}
        super().__init__(data, initial=self._initial(kept), **facts)
        self.kept = kept

    @property
    def is_finished(self) -> bool:
        """Nothing left to repair or to confirm."""
        return self.is_valid()

    def right_values(self) -> PageAnswers:
        """The fields without an error, as they were typed."""
        typed = self.data
        if not isinstance(typed, QueryDict):
            return {}
        return {name: typed.getlist(name) for name in self.fields if name not in self.errors}

    def _initial(self, kept: PageAnswers) -> dict[str, str | list[str]]:
        lists = {
            name
            for name, field in self.base_fields.items()
            if isinstance(field, forms.MultipleChoiceField)
        }
        return {
            name: values if name in lists else next(iter(values), "")
            for name, values in kept.items()
        }

    def field(self, name: str) -> forms.ChoiceField:
        """A field with choices."""
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(name)
        return field


def read_again(form: type[PageForm], kept: PageAnswers, **facts: Any) -> PageForm:
    """The form as if what was kept had been sent just now."""
    typed = QueryDict(mutable=True)
    for name, values in kept.items():
        typed.setlist(name, values)
    return form(typed, kept=kept, **facts)


class ContactForm(PageForm):
    nama = text(
        "Nama lengkap",
        "Tulis nama lengkap Anda seperti di KTP.",
        hint="Seperti di KTP, tanpa gelar.",
        longest=120,
        autocomplete="name",
    )
    kontak = ContactField(
        label="Nomor HP atau email",
        help_text="Kami kirim kode 6 angka ke sini. Pilih yang bisa Anda buka sekarang.",
        max_length=254,
        error_messages={
            "required": f"Tulis nomor HP atau email Anda, misalnya {phones.EXAMPLE}.",
            "max_length": "Nomor HP atau email ini terlalu panjang.",
        },
        widget=forms.TextInput(
            attrs={
                "class": "in",
                "autocomplete": "tel",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )

    def clean_nama(self) -> str:
        name = " ".join(self.cleaned_data["nama"].split())
        if sum(map(str.isalpha, name)) < 2:
            raise forms.ValidationError("Tulis nama dengan huruf, seperti di KTP.")
        if any(map(str.isdigit, name)):
            raise forms.ValidationError("Nama tidak memakai angka. Tulis seperti di KTP.")
        return name

    @property
    def contact(self) -> Contact:
        return self.cleaned_data["kontak"]


class CodeForm(forms.Form):
    kode = forms.CharField(
        label="Kode 6 angka",
        max_length=40,
        error_messages={"required": "Ketik kode 6 angka dari pesan kami."},
        widget=forms.TextInput(
            attrs={
                "class": "in code",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
            }
        ),
    )


class IdentityForm(PageForm):
    nik = text(
        "NIK",
        "Tulis NIK Anda: 16 angka di bagian atas KTP.",
        hint="16 angka di bagian atas KTP.",
        longest=40,
        inputmode="numeric",
        autocomplete="off",
    )
    lahir = WrittenDateField(
        label="Tanggal lahir",
        help_text="Seperti di KTP. Contoh: 25/03/1990",
        max_length=60,
        error_messages={"required": "Tulis tanggal lahir Anda, misalnya 25/03/1990."},
        widget=forms.TextInput(
            attrs={"class": "in short", "autocomplete": "bday", "spellcheck": "false"}
        ),
    )
    dicocokkan = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    """What was asked about already: the NIK and birth date that looked odd."""

    def __init__(self, data: QueryDict | None = None, **facts: Any) -> None:
        super().__init__(data, **facts)
        self.doubts: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        return self.is_valid() and not self.doubts

    @property
    def asked(self) -> str:
        """What the page asks about now."""
        return f"{self.cleaned_data['nik']}/{self.cleaned_data['lahir']}"

    def clean_lahir(self) -> date:
        born, today = self.cleaned_data["lahir"], timezone.localdate()
        if born > today:
            raise forms.ValidationError("Tanggal lahir masih di masa depan. Periksa tahunnya.")
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        if age > OLDEST:
            raise forms.ValidationError(f"Umur {age} tahun? Periksa tahun lahirnya.")
        if age < ADULT:
            raise forms.ValidationError(
                f"Pendaftaran daring untuk umur {ADULT} tahun ke atas. Datang ke kecamatan "
                "bersama orang tua atau wali."
            )
        return born

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "nik" not in cleaned:
            return cleaned
        found = nik.check(
            cleaned["nik"],
            birth_date=cleaned.get("lahir"),
            known_regions=current_matcher().nik_areas,
            allow_synthetic=settings.EMBEDDED,
        )
        for sentence in found.errors:
            self.add_error("nik", sentence)
        if found.value:
            cleaned["nik"] = found.value
        if found.warnings and "lahir" in cleaned and cleaned.get("dicocokkan") != self.asked:
            self.doubts = found.warnings
        return cleaned


class AddressForm(PageForm):
    """First the city, then its kelurahan: no list is longer than a phone can bear."""

    wilayah = cards(
        "Wilayah",
        "Pilih wilayah tempat usaha.",
        [],
        hint="Usaha keliling: pilih tempat Anda paling sering berjualan. Belum punya usaha: "
        "pilih tempat tinggal Anda.",
    )
    tempat = select("Kelurahan", "Pilih kelurahan tempat usaha.", [])
    alamat = forms.CharField(
        label="Alamat lengkap",
        help_text="Contoh: Pasar Tanah Abang Blok G lantai 2, kios 118",
        max_length=200,
        error_messages={
            "required": "Tulis nama jalan atau nama pasar dan nomornya.",
            "max_length": "Singkatkan alamat: paling banyak 200 huruf.",
        },
        widget=forms.Textarea(attrs={"class": "in", "rows": "2", "autocomplete": "street-address"}),
    )

    def __init__(self, data: QueryDict | None = None, **facts: Any) -> None:
        super().__init__(data, **facts)
        self.cities = places.cities()
        self.field("wilayah").choices = [
            *((city.code, city.short_name) for city in self.cities),
            (places.OUTSIDE, OUTSIDE),
        ]
        self.city = self._chosen_city()
        if not self.city:
            del self.fields["tempat"], self.fields["alamat"]
            return
        if self.is_outside:
            self.field("tempat").label = "Kota atau kabupaten"
            self._say("tempat", "Pilih kota atau kabupaten tempat usaha.")
        self.field("tempat").choices = [("", "Pilih salah satu"), *places.choices_in(self.city)]

    @property
    def is_finished(self) -> bool:
        return bool(self.city) and self.is_valid()

    @property
    def is_outside(self) -> bool:
        return self.city == places.OUTSIDE

    def clean_alamat(self) -> str:
        address = " ".join(self.cleaned_data["alamat"].split())
        if len(address) < SHORTEST_ADDRESS:
            raise forms.ValidationError(
                "Alamat terlalu pendek, tulis nama jalan atau nama pasar dan nomornya."
            )
        return address

    def _chosen_city(self) -> str:
        typed = self.data.get("wilayah", "") if self.is_bound else self.initial.get("wilayah", "")
        known = {city.code for city in self.cities} | {places.OUTSIDE}
        return typed if typed in known else ""

    def _say(self, name: str, sentence: str) -> None:
        self.fields[name].error_messages |= {"required": sentence, "invalid_choice": sentence}


class BusinessForm(PageForm):
    berjalan = cards(
        "Apakah usaha Anda sudah berjalan?",
        "Pilih apakah usaha Anda sudah berjalan.",
        [(YES, "Ya, sudah berjalan"), (NO, "Belum, baru rencana")],
    )
    nama_usaha = text("Nama usaha", "Tulis nama usaha Anda.", longest=120, needed=False)
    sektor = select("Bidang usaha", "Pilih bidang usaha Anda.", [], needed=False)
    produk = text(
        "Yang dijual (boleh dikosongkan)",
        "",
        hint="Contoh: keripik pisang, sambal botol",
        longest=300,
        needed=False,
    )
    kanal = forms.MultipleChoiceField(
        label="Di mana Anda berjualan?",
        help_text="Boleh pilih lebih dari satu.",
        choices=SalesChannel.Platform.choices,
        required=False,
        error_messages={"invalid_choice": "Pilih tempat jual dari daftar."},
        widget=TickCards,
    )
    tautan = StoreLinksField(
        label="Tautan toko online (boleh dikosongkan)",
        help_text="Satu toko per baris. Contoh: shopee.co.id/namatoko, atau tiktok @namatoko",
        required=False,
        max_length=3000,
        widget=forms.Textarea(
            attrs={"class": "in", "rows": "2", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    omzet = YearlyRupiahField(
        label="Omzet setahun (boleh dikosongkan)",
        help_text="Semua penjualan dalam setahun. Contoh: Rp120.000.000 atau 120 juta",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    punya_nib = cards(
        "Sudah punya NIB?",
        "Pilih apakah Anda sudah punya NIB.",
        [(YES, "Sudah punya"), (NO, "Belum punya")],
        hint="NIB adalah Nomor Induk Berusaha dari OSS. Belum punya juga boleh ikut.",
        needed=False,
    )
    nib = text(
        "Nomor NIB",
        "Tulis NIB 13 angka.",
        hint="13 angka",
        longest=40,
        needed=False,
        inputmode="numeric",
        autocomplete="off",
    )

    def __init__(self, data: QueryDict | None = None, **facts: Any) -> None:
        super().__init__(data, **facts)
        sectors = Sector.objects.filter(is_active=True).order_by("pk").values_list("pk", "name")
        self.field("sektor").choices = [("", "Pilih bidang usaha"), *sectors]

    def clean_nib(self) -> str:
        return self.cleaned_data["nib"].replace(" ", "").replace("-", "").replace(".", "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("berjalan") != YES:
            return cleaned
        for name in ("nama_usaha", "sektor", "punya_nib"):
            if name not in self.errors and not cleaned.get(name):
                self.add_error(name, self.fields[name].error_messages["required"])
        number = cleaned.get("nib", "")
        if cleaned.get("punya_nib") == YES and "nib" not in self.errors:
            self._check_nib(number)
        return cleaned

    def _check_nib(self, number: str) -> None:
        if not number:
            self.add_error("nib", "Tulis NIB 13 angka, atau pilih Belum punya.")
        elif not (number.isascii() and number.isdigit()):
            self.add_error("nib", "NIB hanya angka. Salin 13 angka dari dokumen NIB Anda.")
        elif len(number) != 13:
            self.add_error("nib", f"NIB harus 13 angka, tetapi ini {len(number)} angka.")


class InterestForm(PageForm):
    """Willing or not, and each consent by itself; nothing is ticked beforehand."""

    bersedia = cards(
        "Bersedia ikut pelatihan?",
        "Pilih apakah Anda bersedia ikut pelatihan.",
        [
            (YES, "Ya, undang saya"),
            (NO, "Belum bersedia sekarang"),
        ],
        hint="Hanya yang bersedia kami undang. Anda bisa mengubahnya kapan saja.",
    )
    whatsapp = cards(
        "Boleh kami kirim undangan lewat WhatsApp?",
        "Pilih boleh atau tidak lewat WhatsApp.",
        [(YES, "Boleh"), (NO, "Tidak")],
    )
    foto = cards(
        "Boleh foto Anda saat pelatihan dimuat di media dinas?",
        "Pilih boleh atau tidak memuat foto.",
        [(YES, "Boleh"), (NO, "Tidak")],
    )

    def __init__(
        self, data: QueryDict | None = None, *, has_phone: bool = True, **facts: Any
    ) -> None:
        super().__init__(data, **facts)
        if not has_phone:
            del self.fields["whatsapp"]
