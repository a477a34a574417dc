"""Indonesian mobile numbers: from what people type to E.164, and back to what people read."""

import re
import unicodedata
from urllib.parse import quote

import phonenumbers

EXAMPLE = "0812-3456-7890"
LONGEST_DIGITS = 15
"""The most digits of one number (E.164)."""
LONGEST_TEXT = 60

_MOBILE = re.compile(r"(?:0|\+?62)?0?(8[1-35-9][0-9]{7,10})")
"""Every valid Indonesian mobile number once separators are gone (libphonenumber's own pattern)."""
_GROUPED = re.compile(r"(?:0|\+?62[- .]?)8[0-9]{1,3}[- .][0-9]{3,4}[- .][0-9]{2,5}")
"""One number in the usual three groups: nothing in it can be damage or a second number."""
_SEPARATORS = str.maketrans("", "", " .-()'\u00a0\u2010\u2011\u2012\u2013\u2014")
_SEVERAL = re.compile(r"[/,;&|\n]|\b(?:dan|atau)\b")
_DECIMAL_TAIL = re.compile(r"[+0-9]{8,}[.,]0+")
_EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]+)?e\+?[0-9]+")


class PhoneError(ValueError):
    """The text is no mobile number; the message is an Indonesian sentence with the repair."""


def to_e164(text: str) -> str:
    """Return the mobile number in `text` as `+62...`.

    Accepts 08.., 8.., 62.., +62.., +6208.. and 0062.., with spaces, dots, dashes, brackets.
    Raises PhoneError for anything that is not exactly one Indonesian mobile number.
    """
    plain = _MOBILE.fullmatch(text)
    if plain is None and _GROUPED.fullmatch(text):
        plain = _MOBILE.fullmatch(text.translate(_SEPARATORS))
    return "+62" + plain[1] if plain else _parse_untidy(text)


def display(e164: str) -> str:
    """Return `+6281234567890` as `0812-3456-7890`."""
    local = "0" + e164.removeprefix("+62")
    return "-".join(part for part in (local[:4], local[4:8], local[8:]) if part)


def mask(e164: str) -> str:
    """Return the number with only the first four and last three digits readable."""
    local = "0" + e164.removeprefix("+62")
    return f"{local[:4]}••••{local[-3:]}"


def whatsapp_link(e164: str, text: str) -> str:
    """Return a click-to-chat address that opens WhatsApp with `text` filled in."""
    return f"https://wa.me/{e164.removeprefix('+')}?text={quote(text, safe='')}"


def _parse_untidy(text: str) -> str:
    """Clean `text`, then parse it; refuse damage before it can pass for a number."""
    shown = _visible(text)
    if not shown:
        raise PhoneError(f"Nomor HP kosong. Isi satu nomor HP, misalnya {EXAMPLE}.")
    if len(shown) > LONGEST_TEXT:
        raise PhoneError(f"Isian nomor HP terlalu panjang. Isi satu nomor HP, misalnya {EXAMPLE}.")
    _refuse_spreadsheet_damage(shown)
    _refuse_several(shown)
    bare = shown.translate(_SEPARATORS)
    if bare.startswith("0062"):
        bare = "+" + bare[2:]
    mobile = _MOBILE.fullmatch(bare)
    if mobile:
        return "+62" + mobile[1]
    return _ask_library(bare, shown)


def _visible(text: str) -> str:
    """Return `text` with digits of other scripts folded and invisible characters removed."""
    folded = unicodedata.normalize("NFKC", text)
    seen = [c for c in folded if unicodedata.category(c) != "Cf"]
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in seen)
    return "".join(digits).strip().lower()


def _refuse_spreadsheet_damage(shown: str) -> None:
    if _EXPONENT.fullmatch(shown):
        raise PhoneError(
            f"Nomor HP “{shown.upper()}” rusak oleh aplikasi tabel. Ubah format kolomnya menjadi "
            "Teks, lalu ketik ulang nomornya."
        )
    if _DECIMAL_TAIL.fullmatch(shown):
        raise PhoneError(
            f"Nomor HP “{shown}” berakhiran “.0” karena disimpan sebagai angka. Ubah format "
            "kolomnya menjadi Teks, lalu ketik ulang nomornya."
        )


def _refuse_several(shown: str) -> None:
    parts = [part for part in _SEVERAL.split(shown) if any(map(str.isdigit, part))]
    digits = sum(map(str.isdigit, shown))
    if len(parts) > 1 or digits > LONGEST_DIGITS + 2:
        raise PhoneError(
            f"Ada lebih dari satu nomor dalam “{shown}”. Isi satu nomor HP saja, yaitu yang aktif."
        )


def _ask_library(bare: str, shown: str) -> str:
    """Ask libphonenumber about what our pattern does not know; it also tells a landline."""
    if not re.fullmatch(r"\+?[0-9]+", bare):
        raise PhoneError(
            f"Nomor HP “{shown}” berisi huruf atau tanda lain. Tulis angkanya saja, misalnya "
            f"{EXAMPLE}."
        )
    try:
        number = phonenumbers.parse(bare, "ID")
    except phonenumbers.NumberParseException:
        raise PhoneError(_not_a_number(shown)) from None
    if number.country_code != 62:
        raise PhoneError(
            f"Nomor “{shown}” bukan nomor Indonesia. Isi nomor HP Indonesia, misalnya {EXAMPLE}."
        )
    if not phonenumbers.is_valid_number(number):
        raise PhoneError(_not_a_number(shown))
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
        raise PhoneError(
            f"Nomor “{shown}” adalah telepon rumah atau kantor. Isi nomor HP yang bisa menerima "
            f"pesan, misalnya {EXAMPLE}."
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _not_a_number(shown: str) -> str:
    return (
        f"Nomor HP “{shown}” tidak lengkap atau keliru. Nomor HP diawali 08 dan panjangnya 10 "
        f"sampai 13 angka, misalnya {EXAMPLE}. Periksa lalu ketik ulang."
    )
