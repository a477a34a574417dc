"""The HTML side of a message, made from its plain text: paragraphs, line breaks, links."""

from __future__ import annotations

import re

from django.utils.html import escape

_LINK = re.compile(r"https?://[^\s<>\"'&]+[^\s<>\"'&.,;:!?)]|\ue000(?:tautan|berhenti)\ue001")
_PAGE = (
    '<!DOCTYPE html>\n<html lang="id">\n<head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"></head>\n'
    '<body style="margin:0;padding:24px 16px;font:16px/1.6 Arial,sans-serif;color:#1a1a1a">\n'
    '<div style="max-width:560px;margin:0 auto">\n%s\n</div>\n</body>\n</html>\n'
)


def mark(name: str) -> str:
    """What stands for a placeholder while a text becomes HTML; never part of a text."""
    return f"\ue000{name}\ue001"


def to_html(text: str) -> str:
    """A whole HTML page from plain text in which placeholders are marks."""
    paragraphs = [p.strip("\n") for p in re.split(r"\n\s*\n", text.strip())]
    return _PAGE % "\n".join(f"<p>{_paragraph(p)}</p>" for p in paragraphs)


def _paragraph(text: str) -> str:
    linked = _LINK.sub(lambda m: f'<a href="{m[0]}">{m[0]}</a>', str(escape(text)))
    return linked.replace("\n", "<br>\n")
