"""What people type to log in."""

from __future__ import annotations

from django import forms

from participants.contacts import Contact, ContactError, parse_contact


class ContactForm(forms.Form):
    """Whom the code goes to."""

    kontak = forms.CharField(
        label="Nomor HP atau email",
        help_text="Contoh: 0812-3456-7890 atau nama@contoh.com",
        max_length=254,
        error_messages={"required": "Isi nomor HP atau email Anda."},
        widget=forms.TextInput(
            attrs={
                "class": "in",
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )

    def clean_kontak(self) -> Contact:
        try:
            return parse_contact(self.cleaned_data["kontak"])
        except ContactError as error:
            raise forms.ValidationError(str(error)) from error


class CodeForm(forms.Form):
    """The code from the message; `check_code` says what is wrong with it."""

    kode = forms.CharField(
        label="Kode 6 angka",
        max_length=20,
        error_messages={"required": "Ketik 6 angka dari pesan kami."},
        widget=forms.TextInput(
            attrs={"class": "in code", "inputmode": "numeric", "autocomplete": "one-time-code"}
        ),
    )
