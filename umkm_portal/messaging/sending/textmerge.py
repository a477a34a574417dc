"""Messages to phones: plain text, filled per recipient."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from django.conf import settings

from umkm_portal.common import tokens
from umkm_portal.messaging.sending.mailmerge import ANSWER, Recipient
from umkm_portal.messaging.sending.placeholders import fill, names_in

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")


def is_phone(address: str) -> bool:
    """Whether an address is a phone number as providers take it (E.164)."""
    return _E164.fullmatch(address) is not None


class TextMerge:
    """The messages of one campaign in one text; `shared` values win over a recipient's own."""

    def __init__(self, *, body: str, shared: Mapping[str, str]) -> None:
        self._body = body.strip()
        self._shared = dict(shared)
        self._names = names_in(body)

    def fill(self, recipient: Recipient) -> bytes:
        """The whole text for one recipient, in UTF-8."""
        values = whole_values(recipient, self._shared, names=self._names)
        return fill(self._body, values).strip().encode()


def whole_values(
    recipient: Recipient, shared: Mapping[str, str], *, names: Collection[str]
) -> dict[str, str]:
    """All values of one message, with its own links where the text has them."""
    values = {**recipient.values, **shared}
    if "tautan" in names:
        values["tautan"] = f"{settings.PORTAL_URL}/u/{tokens.sign(ANSWER, recipient.public_id)}/"
    if "berhenti" in names:
        values["berhenti"] = f"{settings.PORTAL_URL}/berhenti/{recipient.stop}/"
    return values
