"""What each page accepts, and the sentence for what it does not."""

from datetime import date

import pytest
from django.http import QueryDict

from tests.pages.registration.conftest import NIK, answers
from umkm_portal.pages.registration import forms

pytestmark = pytest.mark.usefixtures("lists")


def page(form, **fields):
    typed = QueryDict(mutable=True)
    for name, value in fields.items():
        typed.setlist(name, value if isinstance(value, list) else [str(value)])
    return form(typed)


def said(form):
    return [str(error) for errors in form.errors.values() for error in errors]


WRONG = [
    (forms.ContactForm, {"nama": "", "kontak": "08123456789"}, "Tulis nama lengkap"),
    (forms.ContactForm, {"nama": "S1ti", "kontak": "08123456789"}, "tidak memakai angka"),
    (forms.ContactForm, {"nama": "Siti", "kontak": "021-5551234"}, "telepon rumah"),
    (forms.ContactForm, {"nama": "Siti", "kontak": "siti@"}, "belum lengkap"),
    (forms.IdentityForm, {"nik": "3171", "lahir": "15/03/1990"}, "NIK harus 16 angka"),
    (forms.IdentityForm, {"nik": "3171995503900000", "lahir": "15/03/1990"}, "0000"),
    (forms.IdentityForm, {"nik": NIK, "lahir": "15/03/90"}, "tahun"),
    (forms.IdentityForm, {"nik": NIK, "lahir": "15/03/2020"}, "17 tahun ke atas"),
    (forms.IdentityForm, {"nik": NIK, "lahir": "15/03/2090"}, "masa depan"),
    (forms.AddressForm, {"wilayah": "31.71", "alamat": "pasar"}, "Alamat terlalu pendek"),
    (forms.AddressForm, {"wilayah": "31.71", "tempat": "31.72.01.1001"}, "Pilih kelurahan"),
    (forms.AddressForm, {"wilayah": "luar", "tempat": ""}, "Pilih kota atau kabupaten"),
    (forms.AddressForm, {"wilayah": "99"}, "Pilih wilayah tempat usaha."),
    (forms.BusinessForm, {}, "sudah berjalan"),
    (forms.BusinessForm, {"berjalan": "ya"}, "Tulis nama usaha Anda."),
    (forms.BusinessForm, {"berjalan": "ya", "omzet": "1.5"}, "bisa berarti dua hal"),
    (forms.BusinessForm, {"berjalan": "ya", "omzet": "1.500.00"}, "tidak terbaca"),
    (forms.BusinessForm, {"berjalan": "ya", "tautan": "javascript:alert(1)"}, "bukan tautan"),
    (forms.BusinessForm, {"berjalan": "ya", "punya_nib": "ya"}, "pilih Belum punya"),
    (forms.BusinessForm, {"berjalan": "ya", "punya_nib": "ya", "nib": "12"}, "13 angka"),
    (forms.InterestForm, {"bersedia": "ya", "foto": "ya"}, "lewat WhatsApp"),
]


def test_wrong_answers_get_a_sentence_that_repairs():
    missing = {}
    for form, fields, sentence in WRONG:
        told = said(page(form, **fields))
        if not any(sentence in line for line in told) or any("wajib" in line for line in told):
            missing[sentence] = told

    assert missing == {}


def test_right_answers_are_read_strictly():
    for key, form in (("identitas", forms.IdentityForm), ("usaha", forms.BusinessForm)):
        filled = page(form, **answers()[key])
        assert filled.is_finished, said(filled)
    assert filled.cleaned_data["omzet"] == 120_000_000
    assert filled.cleaned_data["tautan"] == [("shopee", "https://shopee.co.id/dapursiti")]
    assert page(forms.BusinessForm, berjalan="tidak").is_finished


def test_an_odd_nik_is_asked_about_once():
    odd = {"nik": "3171995503900001", "lahir": "16 Maret 1990"}

    first = page(forms.IdentityForm, **odd)
    second = page(forms.IdentityForm, **odd, dicocokkan=first.asked if first.is_valid() else "")
    other = page(forms.IdentityForm, **odd | {"lahir": "17/03/1990"}, dicocokkan=first.asked)

    assert not first.is_finished
    assert "berbeda" in first.doubts[0]
    assert second.is_finished
    assert second.cleaned_data["lahir"] == date(1990, 3, 16)
    assert not other.is_finished


def test_right_fields_of_a_wrong_page_are_kept():
    kept = page(forms.BusinessForm, **answers()["usaha"] | {"omzet": "1.5", "nib": "x"})

    values = kept.right_values()

    assert values["nama_usaha"] == ["Dapur Siti"]
    assert values["kanal"] == ["shopee", "store"]
    assert "omzet" not in values
