"""What members of a partner enter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from partners.api.tokens import LIFETIMES
from partners.models import ApiToken, Bazaar, CurationCall, MemberInvitation
from umkm_portal.imports.forms import FileOrCells, MappingForm


class InvitationForm(forms.Form):
    """Whom to ask, and what she may do; the service looks at both."""

    email = forms.CharField(
        label="Email anggota baru",
        max_length=254,
        error_messages={"required": "Isi alamat email anggota baru."},
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label="Peran",
        choices=MemberInvitation.ROLES,
        initial=MemberInvitation.ROLES[1][0],
        help_text="Pengunggah mengirim dan menerima daftar. Pembaca hanya melihat.",
        widget=forms.Select(attrs={"class": "in"}),
    )


class NameForm(forms.Form):
    """What a member is called where others see what she did."""

    full_name = forms.CharField(
        label="Nama Anda",
        max_length=150,
        help_text="Terlihat di daftar anggota dan di riwayat daftar yang Anda kirim.",
        error_messages={"required": "Isi nama Anda."},
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "name"}),
    )


class SendingForm(FileOrCells):
    """A file or pasted cells, in the look of the partner space."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["file"].widget.attrs["class"] = "in"
        self.fields["pasted"].widget.attrs["class"] = "in cells"

    def facts(self) -> dict[str, Any]:
        """What the service takes besides the bytes."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("file", "pasted")}


class ListForm(SendingForm):
    """A list of decided businesses, and the call that they were decided in."""

    field_order = ("call", "file", "pasted", "all_pass")

    call = forms.ModelChoiceField(
        CurationCall.objects.none(),
        label="Untuk kurasi",
        empty_label="Pilih kurasi",
        error_messages={
            "required": "Pilih kurasi yang hasilnya Anda kirim.",
            "invalid_choice": "Pilih kurasi dari daftar.",
        },
        widget=forms.Select(attrs={"class": "in"}),
    )
    all_pass = forms.BooleanField(
        label="Semua baris di berkas ini lolos",
        required=False,
        help_text="Centang bila berkas tidak punya kolom Hasil.",
    )

    def __init__(self, *args: object, calls: QuerySet[CurationCall], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["call"]
        field.queryset = calls  # type: ignore[attr-defined]
        field.label_from_instance = lambda call: call.title  # type: ignore[attr-defined]


class ColumnsForm(MappingForm):
    look = "in"


class TokenForm(forms.Form):
    """A key for the partner's system: its name, what it may do, how long it lives."""

    name = forms.CharField(
        label="Nama kunci",
        max_length=80,
        help_text="Misalnya nama sistem yang memakainya.",
        error_messages={"required": "Isi nama kunci."},
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="Boleh apa",
        choices=ApiToken.Scope.choices,
        error_messages={"required": "Pilih paling sedikit satu hak."},
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label="Berlaku",
        choices=[(days, f"{days} hari") for days in LIFETIMES],
        coerce=int,
        initial=90,
        widget=forms.Select(attrs={"class": "in"}),
    )

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        return {key: self.cleaned_data[key] for key in ("name", "scopes", "days")}


class ReportForm(SendingForm):
    """A report of sales, for a bazaar or for none in particular."""

    field_order = ("bazaar", "file", "pasted")

    bazaar = forms.ModelChoiceField(
        Bazaar.objects.none(),
        label="Untuk bazar",
        required=False,
        empty_label="Bukan untuk satu bazar",
        error_messages={"invalid_choice": "Pilih bazar dari daftar."},
        widget=forms.Select(attrs={"class": "in"}),
    )

    def __init__(self, *args: object, bazaars: QuerySet[Bazaar], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["bazaar"]
        field.queryset = bazaars  # type: ignore[attr-defined]
        field.label_from_instance = lambda bazaar: bazaar.name  # type: ignore[attr-defined]
