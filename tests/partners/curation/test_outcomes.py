"""Words of results, names of sheets, marks, grades and shops, as clerks write them."""

import pytest

from partners.curation import outcomes, shops


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("Lolos,LOLOS.,ya,Y,ok,L,v,✓,✔️,approved,Diterima,LULUS,acc,1,Lolos (A)", "passed"),
        ("Tidak lolos,tdk  lolos,TL,tidak,x,rejected,Ditolak,gugur,no,0,❌,not approved", "failed"),
        ("Tidak lolos: foto buram,Ditolak karena foto tidak jelas,TL - izin habis", "failed"),
        ("Cadangan,CADANGAN 3,cadangan ke-2,daftar tunggu,waiting list", "reserve"),
        ("Perbaikan,revisi,Perlu perbaikan: foto tidak jelas,belum lengkap", "improve"),
    ],
)
def test_words_of_results(words, outcome):
    for word in words.split(","):
        assert outcomes.read_outcome(word).outcome == outcome, word


def test_what_decides_nothing_is_asked_about():
    unclear = "mungkin|pending|Lolos/Tidak|Lolos, perlu perbaikan|lolos? tidak|A|proses|?|lihat ket"
    for word in unclear.split("|"):
        with pytest.raises(ValueError, match="belum jelas"):
            outcomes.read_outcome(word)
    assert outcomes.read_outcome("Tidak lolos: foto buram").reason == "foto buram"


def test_sheets_marks_and_grades():
    names = {"Lolos": "passed", "TIDAK LOLOS": "failed", "Data Lolos Kurasi": "passed"}
    names |= {"Belum lolos": "failed", "Cadangan": "reserve", "Sheet1": "", "Lolos & Cadangan": ""}
    assert {name: outcomes.outcome_of_sheet(name) for name in names} == names
    assert outcomes.read_mark("v", column="passed_mark").outcome == "passed"
    assert outcomes.read_mark("tidak", column="passed_mark").outcome == "failed"
    assert outcomes.read_mark("v", column="failed_mark").outcome == "failed"
    assert outcomes.read_mark("tidak", column="failed_mark").outcome == ""
    grades = {"a": "A", "Grade B": "B", "nilai: c": "C", "85": "", "92,5": ""}
    assert {text: outcomes.read_grade(text) for text in grades} == grades
    with pytest.raises(ValueError, match="bukan A, B, C, atau D"):
        outcomes.read_grade("E")


@pytest.mark.parametrize(
    ("text", "heading", "key"),
    [
        ("https://www.shopee.co.id/DapurSiti?smtt=0.1", "Link", "shopee.co.id/dapursiti"),
        ("shopee.co.id/dapursiti/", "Link", "shopee.co.id/dapursiti"),
        ("https://shopee.co.id/shop/123/produk", "Link", "shopee.co.id/shop/123"),
        ("@dapur.siti", "Link", "shopee.co.id/dapur.siti"),
        ("dapursiti", "Username TikTok", "tiktok.com/@dapursiti"),
        ("https://m.tiktok.com/@dapursiti/video/9", "Link", "tiktok.com/@dapursiti"),
        ("https://sites.google.com/view/siti", "Link", "sites.google.com/view/siti"),
    ],
)
def test_the_same_shop_has_one_key(text, heading, key):
    found = shops.read_shops(text, heading=heading, platform="shopee")

    assert found.keys == [key]
    assert found.link.startswith("http")


def test_what_is_no_shop():
    for text in ("javascript:alert(1)", "Toko Bu Siti", "data:text/html,x"):
        assert shops.read_shops(text, heading="Link", platform="shopee") is None
    assert shops.read_shops("tidak ada", heading="Link", platform="shopee").keys == []
