"""What people type to log in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
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


@contextmanager
def _refusing_nonsense() -> Iterator[None]:
    """What the parser stumbles over in an answer that no browser wrote is a wrong answer."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class PasskeyForm(AddWebAuthnForm):
    """A new passkey: the browser's answer to our challenge, and what its owner calls it."""

    passwordless = None
    name = forms.CharField(
        label="Nama perangkat",
        help_text="Supaya mudah dikenali, misalnya: HP Siti",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = ""

    def clean(self) -> dict[str, Any]:
        """Only with finger, face or PIN: it opens the account by itself."""
        self.cleaned_data["passwordless"] = True
        with _refusing_nonsense():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class _Answer(AuthenticateWebAuthnForm):
    def clean_credential(self) -> Authenticator:
        with _refusing_nonsense():
            return super().clean_credential()


class PasskeyLoginForm(_Answer, LoginWebAuthnForm):
    pass


class PasskeyFactorForm(_Answer):
    pass


class PasskeyAgainForm(_Answer, ReauthenticateWebAuthnForm):
    pass
