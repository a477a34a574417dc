"""Numbers that browsers send back stand plain: the pages write thousands with a point."""

import re

from django.conf import settings

_ATTRIBUTE = re.compile(r'[a-z-]+="(?:[^"{]|\{\{.*?\}\}|\{%.*?%\}|\{)*"')
_NUMBER = re.compile(r"\{\{ (?:[a-z_]+\.)*(pk|id|row_no|revision|[a-z]+_id) \}\}")
_PAGE = re.compile(r"[?;]se(?:telah|belum)=\{\{ next \}\}")
_TEXTS = ("public_id", "auto_id")


def test_keys_in_attributes_have_no_points():
    files = {f.name: f.read_text() for f in (settings.BASE_DIR / "templates").rglob("*.html")}
    wrong = [
        f"{name}: {attribute[0]}"
        for name, text in files.items()
        for attribute in _ATTRIBUTE.finditer(text)
        for number in _NUMBER.finditer(attribute[0])
        if number[1] not in _TEXTS
    ]

    assert wrong + [name for name, text in files.items() if _PAGE.search(text)] == []
