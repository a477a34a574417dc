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


def test_what_people_usually_type_is_understood():
    shop = {"nama_usaha": "Dapur", "punya_nib": "tidak"}
    typed = {
        ("kontak", "62 812.3456.7890"): "+6281234567890",
        ("kontak", "No. HP: O812-3456-789O"): "+6281234567890",
        ("lahir", "3/4/1990"): date(1990, 4, 3),
        ("lahir", "03 04 1990"): date(1990, 4, 3),
        ("lahir", "03041990"): date(1990, 4, 3),
        ("nik", "3171 9955 0390 0001"): NIK,
        ("omzet", "5 juta"): 5_000_000,
        ("omzet", "kurang lebih 60 jt per tahun"): 60_000_000,
        ("tautan", "tiktok @toko.siti"): [("tiktok", "https://www.tiktok.com/@toko.siti")],
        ("tautan", "tokopedia.com/a dan IG: siti"): [
            ("tokopedia", "https://tokopedia.com/a"),
            ("instagram", "https://www.instagram.com/siti"),
        ],
    }
    of = {"kontak": forms.ContactForm, "lahir": forms.IdentityForm, "nik": forms.IdentityForm}

    read = {}
    for name, value in typed:
        filled = page(of.get(name, forms.BusinessForm), **shop, **{name: value})
        filled.is_valid()
        found = filled.cleaned_data.get(name, said(filled))
        read[name, value] = getattr(found, "value", found)

    assert read == typed


def test_a_month_is_not_taken_for_a_year_and_a_bare_name_for_no_store():
    monthly = said(page(forms.BusinessForm, berjalan="ya", omzet="5 jt/bulan"))
    bare = said(page(forms.BusinessForm, berjalan="ya", tautan="@toko"))

    assert any("penjualan setahun" in line for line in monthly)
    assert any("misalnya tiktok @toko" in line for line in bare)
