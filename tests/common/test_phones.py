"""Phones: every spelling of one number is one number, and damage never passes for a number."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_portal.common import phones

SPELLINGS = [
    "081234567890",
    "81234567890",
    "6281234567890",
    "+6281234567890",
    "+62081234567890",
    "006281234567890",
    "0062 812 3456 7890",
    "0812-3456-7890",
    "0812.3456.7890",
    " 0812 3456 7890 ",
    "(0812) 3456-7890",
    "+62 (0)812 3456 7890",
    "'081234567890",
    "0812\u00a03456\u00a07890",
    "\u202a+62 812\u20113456\u20117890\u202c",
    "０８１２３４５６７８９０",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_the_same_number(text):
    assert phones.to_e164(text) == "+6281234567890"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "kosong"),
        ("   ", "kosong"),
        ("628123456789.0", "berakhiran"),
        ("81234567890,0", "berakhiran"),
        ("8.12E+10", "rusak"),
        ("8,12345678901E+11", "rusak"),
        ("8E10", "rusak"),
        ("08123456789 / 08129876543", "lebih dari satu"),
        ("08123456789, 08129876543", "lebih dari satu"),
        ("08123456789 dan 08129876543", "lebih dari satu"),
        ("08123456789 atau 08129876543", "lebih dari satu"),
        ("081234567890 081298765432", "lebih dari satu"),
        ("021-5201234", "telepon rumah"),
        ("(021) 3822255", "telepon rumah"),
        ("+62213822255", "telepon rumah"),
        ("0812-ABC-7890", "huruf"),
        ("#NAME?", "huruf"),
        ("0812345", "tidak lengkap"),
        ("08123456789012", "tidak lengkap"),
        ("0000000000", "tidak lengkap"),
        ("+6591234567", "bukan nomor Indonesia"),
    ],
)
def test_to_e164_refuses_with_the_repair(text, word):
    with pytest.raises(phones.PhoneError, match=word):
        phones.to_e164(text)


def answer_of_library(text):
    """What libphonenumber itself says about a plain number, or None."""
    try:
        number = phonenumbers.parse(text, "ID")
    except phonenumbers.NumberParseException:
        return None
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if not (phonenumbers.is_valid_number(number) and mobile and number.country_code == 62):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def answer_of_portal(text):
    try:
        return phones.to_e164(text)
    except phones.PhoneError:
        return None


@given(
    prefix=st.sampled_from(["0", "62", "+62", "+620"]),
    national=st.from_regex(r"[1-9][0-9]{5,13}", fullmatch=True),
)
def test_fast_path_equals_the_library(prefix, national):
    # Without its plus sign the library takes a short 628.. for a landline of area 0628.
    plain = "+62" if prefix == "62" else prefix

    assert answer_of_portal(prefix + national) == answer_of_library(plain + national)


def test_fast_path_equals_the_library_for_every_operator_prefix():
    numbers = [
        f"0{operator}{'1' * length}" for operator in range(800, 900) for length in range(5, 11)
    ]

    assert [answer_of_portal(n) for n in numbers] == [answer_of_library(n) for n in numbers]


@given(national=st.from_regex(r"8[1-35-9][0-9]{7,10}", fullmatch=True))
def test_a_shown_number_reads_back(national):
    e164 = "+62" + national

    assert phones.to_e164(phones.display(e164)) == e164


@given(text=st.text(alphabet="0123456789+-.,/ eE()'xO\u200b\n", max_size=24))
def test_any_text_is_a_number_or_a_sentence(text):
    try:
        answer = phones.to_e164(text)
    except phones.PhoneError as refusal:
        answer = str(refusal)

    assert answer.endswith(".") or answer.startswith("+628")


def test_display_groups_digits():
    assert phones.display("+6281234567890") == "0812-3456-7890"
    assert phones.display("+62812345678") == "0812-3456-78"


def test_mask_hides_the_middle():
    assert phones.mask("+6281234567890") == "0812••••890"


def test_whatsapp_link_carries_the_text():
    link = phones.whatsapp_link("+6281234567890", "Ibu Siti & Pak Adi? Ya/tidak")

    assert link == ("https://wa.me/6281234567890?text=Ibu%20Siti%20%26%20Pak%20Adi%3F%20Ya%2Ftidak")


def test_a_whole_page_in_a_cell_is_refused_shortly():
    with pytest.raises(phones.PhoneError, match="terlalu panjang") as refused:
        phones.to_e164(" ".join(["1"] * 16_000))

    assert len(str(refused.value)) < 120
