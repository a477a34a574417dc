"""Whole rupiah: from what people type to an int, and back to figures and words."""

import math
import re
import unicodedata

LARGEST = 999_999_999_999_999
"""Just under a thousand trillion rupiah: more is a slip of the finger."""
LONGEST_TEXT = 60
EXAMPLE = "Rp1.500.000"

_NUMBER = re.compile(
    r"""(?P<whole>0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:(?P<mark>[.,])[0-9]{3})(?:(?P=mark)[0-9]{3})*)
        (?:(?P<point>[.,])(?P<cents>[0-9]{1,2}))?""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[1-9][0-9]*|0")
_SCALED = re.compile(r"(?P<whole>0|[1-9][0-9]{0,8})(?:[.,](?P<part>[0-9]{1,2}))?")
_SCALES = {
    "rb": 10**3,
    "ribu": 10**3,
    "k": 10**3,
    "jt": 10**6,
    "juta": 10**6,
    "miliar": 10**9,
    "milyar": 10**9,
    "triliun": 10**12,
}
_SCALE_WORD = re.compile(rf"(.*?)\s*({'|'.join(_SCALES)})\.?")
_CURRENCY = re.compile(r"^(?:rp|idr)\.?\s*|\s*(?:,-|\.-|,--|rupiah|idr)$")

_UNITS = (
    "nol",
    "satu",
    "dua",
    "tiga",
    "empat",
    "lima",
    "enam",
    "tujuh",
    "delapan",
    "sembilan",
    "sepuluh",
    "sebelas",
)
_STEPS = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (10**3, "ribu"))


class MoneyError(ValueError):
    """The text is no amount; the message is an Indonesian sentence with the repair."""


def parse_rupiah(text: str | float) -> int:
    """Return the amount in whole rupiah.

    Accepts strict groups with either mark ("1.500.000", "1,500,000"), "Rp", zero sen
    ("1.500.000,00", "1.500.000,-") and "500rb", "1,5 juta". A float is a numeric cell.
    Raises MoneyError for everything that can be read in two ways.
    """
    amount = _from_text(text) if isinstance(text, str) else _from_number(text)
    if amount > LARGEST:
        raise MoneyError("Jumlahnya terlalu besar. Periksa banyaknya angka nol.")
    return amount


def format_rupiah(amount: int) -> str:
    """Return `Rp1.500.000`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}Rp{abs(amount):,}".replace(",", ".")


def in_millions(amount: int) -> str:
    """Return `Rp1.234,5 juta`, for tables that have no room for every figure."""
    tenths = round(abs(amount) / 100_000)
    figure = f"{tenths // 10:,}".replace(",", ".")
    tail = f",{tenths % 10}" if tenths % 10 else ""
    return f"{'-' if amount < 0 else ''}Rp{figure}{tail} juta"


def in_words(amount: int) -> str:
    """Return the amount as it is read aloud: `satu juta lima ratus ribu rupiah`."""
    sign = "minus " if amount < 0 else ""
    return f"{sign}{_words(abs(amount))} rupiah"


def _from_number(number: float) -> int:
    if not math.isfinite(number) or number < 0 or number != int(number):
        raise MoneyError(f"Jumlah uang harus rupiah utuh tanpa sen, misalnya {EXAMPLE}.")
    return int(number)


def _from_text(text: str) -> int:
    if _PLAIN.fullmatch(text):
        return int(text.replace(".", ""))
    shown = unicodedata.normalize("NFKC", text).strip().lower()
    if len(shown) > LONGEST_TEXT:
        raise MoneyError(f"Isian jumlah uang terlalu panjang. Tulis misalnya {EXAMPLE}.")
    bare = _CURRENCY.sub("", _CURRENCY.sub("", shown)).strip()
    if not bare:
        raise MoneyError(f"Jumlah uang kosong. Tulis misalnya {EXAMPLE}.")
    if bare.startswith(("-", "(")):
        raise MoneyError("Jumlah uang tidak boleh minus.")
    scaled = _SCALE_WORD.fullmatch(bare)
    if scaled:
        return _scaled_amount(scaled[1], _SCALES[scaled[2]], shown)
    number = _NUMBER.fullmatch(bare)
    if not number:
        raise MoneyError(_unreadable(shown))
    return _plain_amount(number, shown)


def _plain_amount(number: re.Match[str], shown: str) -> int:
    whole, mark, point, cents = number["whole"], number["mark"], number["point"], number["cents"]
    if mark and mark == point:
        raise MoneyError(_unreadable(shown))
    if mark == "," and whole.count(",") == 1 and not cents:
        raise MoneyError(_ambiguous(shown))
    if cents:
        if len(cents) == 1 and not mark:
            raise MoneyError(_ambiguous(shown))
        if int(cents):
            raise MoneyError(
                f"Jumlah “{shown}” memakai sen. Tulis rupiah utuh, misalnya {EXAMPLE}."
            )
    return int(whole.replace(mark, "") if mark else whole)


def _scaled_amount(figure: str, scale: int, shown: str) -> int:
    number = _SCALED.fullmatch(figure)
    if not number:
        raise MoneyError(_ambiguous(shown) if figure[:1].isdigit() else _unreadable(shown))
    part = number["part"] or "0"
    return int(number["whole"]) * scale + int(part) * scale // 10 ** len(part)


def _unreadable(shown: str) -> str:
    return (
        f"Jumlah “{shown}” tidak terbaca. Tulis angka dengan titik tiap tiga angka, misalnya "
        f"{EXAMPLE}."
    )


def _ambiguous(shown: str) -> str:
    return (
        f"Jumlah “{shown}” bisa berarti dua hal. Tulis lengkap dengan titik tiap tiga angka, "
        f"misalnya {EXAMPLE}."
    )


def _words(number: int) -> str:
    """Return a whole number of zero or more in Indonesian words."""
    if number < 12:
        return _UNITS[number]
    if number < 20:
        return f"{_UNITS[number - 10]} belas"
    if number < 100:
        return _joined(f"{_UNITS[number // 10]} puluh", number % 10)
    if number < 200:
        return _joined("seratus", number - 100)
    if number < 1000:
        return _joined(f"{_UNITS[number // 100]} ratus", number % 100)
    if number < 2000:
        return _joined("seribu", number - 1000)
    size, name = next(step for step in _STEPS if number >= step[0])
    return _joined(f"{_words(number // size)} {name}", number % size)


def _joined(head: str, rest: int) -> str:
    return f"{head} {_words(rest)}" if rest else head
