"""Money: one reading or none, and a factor of a thousand never slips in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umkm_portal.common import money


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1500000", 1_500_000),
        ("1.500.000", 1_500_000),
        ("1,500,000", 1_500_000),
        ("Rp 1.500.000", 1_500_000),
        ("Rp1.500.000,-", 1_500_000),
        ("rp. 1.500.000,00", 1_500_000),
        ("IDR 1,500,000.00", 1_500_000),
        ("1500000,00", 1_500_000),
        ("1500000.00", 1_500_000),
        ("1.500.000 rupiah", 1_500_000),
        ("1.500", 1_500),
        ("500", 500),
        ("0", 0),
        ("1,5 juta", 1_500_000),
        ("1.5 juta", 1_500_000),
        ("1,25jt", 1_250_000),
        ("2jt", 2_000_000),
        ("500rb", 500_000),
        ("Rp 500 ribu", 500_000),
        ("500k", 500_000),
        ("2,5 miliar", 2_500_000_000),
        ("1 milyar", 1_000_000_000),
        (1500000.0, 1_500_000),
        (1500000, 1_500_000),
    ],
)
def test_parse_rupiah_reads(text, amount):
    assert money.parse_rupiah(text) == amount


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "kosong"),
        ("Rp", "kosong"),
        ("1.500.00", "tidak terbaca"),
        ("1.50.000", "tidak terbaca"),
        ("15.00.000", "tidak terbaca"),
        ("1.500,000", "tidak terbaca"),
        ("0.500", "tidak terbaca"),
        ("sejuta", "tidak terbaca"),
        ("1.5E+6", "tidak terbaca"),
        ("1,500", "dua hal"),
        ("1.5", "dua hal"),
        ("1.500 juta", "dua hal"),
        ("1-2 juta", "dua hal"),
        ("1.500.000,50", "sen"),
        ("-1.500.000", "minus"),
        ("9999999999999999", "terlalu besar"),
        (1500.5, "rupiah utuh"),
        (-1.0, "rupiah utuh"),
        (float("nan"), "rupiah utuh"),
        (float("inf"), "rupiah utuh"),
    ],
)
def test_parse_rupiah_refuses(text, word):
    with pytest.raises(money.MoneyError, match=word):
        money.parse_rupiah(text)


@given(st.integers(0, money.LARGEST))
def test_a_formatted_amount_reads_back(amount):
    assert money.parse_rupiah(money.format_rupiah(amount)) == amount
    assert money.parse_rupiah(f"{money.format_rupiah(amount)},00") == amount
    assert money.parse_rupiah(str(amount)) == amount
    assert money.parse_rupiah(f"{amount:,}.00") == amount


@given(st.text(alphabet="0123456789.,- Rpjutarbik", max_size=16))
def test_any_text_is_an_amount_or_a_sentence(text):
    try:
        answer = money.parse_rupiah(text)
    except money.MoneyError as refusal:
        answer = str(refusal)

    assert answer.endswith(".") if isinstance(answer, str) else 0 <= answer <= money.LARGEST


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "nol rupiah"),
        (11, "sebelas rupiah"),
        (17, "tujuh belas rupiah"),
        (21, "dua puluh satu rupiah"),
        (100, "seratus rupiah"),
        (1_000, "seribu rupiah"),
        (1_001, "seribu satu rupiah"),
        (2_000, "dua ribu rupiah"),
        (111_000, "seratus sebelas ribu rupiah"),
        (1_500_000, "satu juta lima ratus ribu rupiah"),
        (1_000_000_000, "satu miliar rupiah"),
        (-5, "minus lima rupiah"),
    ],
)
def test_in_words_reads_aloud(amount, words):
    assert money.in_words(amount) == words


@given(st.lists(st.integers(0, money.LARGEST), min_size=2, max_size=2, unique=True))
def test_different_amounts_have_different_words(amounts):
    assert len({money.in_words(amount) for amount in amounts}) == 2


def test_format_rupiah_groups_by_three():
    assert money.format_rupiah(1_500_000) == "Rp1.500.000"
    assert money.format_rupiah(-500) == "-Rp500"


def test_a_whole_page_in_a_cell_is_refused_shortly():
    with pytest.raises(money.MoneyError, match="terlalu panjang") as refused:
        money.parse_rupiah(" ".join(["1"] * 16_000))

    assert len(str(refused.value)) < 120
