"""What a message will look like, for the people who write and approve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.html import escape

from umkm_portal.messaging.sending.html import mark, to_html
from umkm_portal.messaging.sending.placeholders import PLACEHOLDER, fill, names_in, one_line

OPT_OUT_LINE = "Tidak ingin menerima undangan seperti ini lagi? Berhenti di sini: {berhenti}"


@dataclass(frozen=True)
class Preview:
    """One filled message; `html` is a whole page, safe to show in a sandboxed frame."""

    subject: str
    text: str
    html: str


def whole_body(body: str, *, is_bulk: bool) -> str:
    """The text that is really sent: a bulk message always says how to stop."""
    body = body.replace("\r\n", "\n").strip()
    if is_bulk and "berhenti" not in names_in(body):
        body += f"\n\n{OPT_OUT_LINE}"
    return body + "\n"


def preview(subject: str, body: str, values: Mapping[str, str], *, is_bulk: bool) -> Preview:
    """Fill a wording with values; placeholders without a value become empty."""
    body = whole_body(body, is_bulk=is_bulk)
    html = to_html(PLACEHOLDER.sub(lambda match: mark(match[1]), body))
    for name in names_in(body):
        html = html.replace(mark(name), str(escape(one_line(values.get(name, "")))))
    return Preview(subject=fill(subject, values), text=fill(body, values), html=html)
