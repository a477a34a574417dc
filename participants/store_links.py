"""Store links that mean the same shop, however they were copied."""

from __future__ import annotations

import re

from django.db.models import Func

_START = r"^(https?://)?(www\.|m\.|id\.)?"
_PLATFORMS = r"shopee\.co\.id|tiktok\.com|tokopedia\.com|lazada\.co\.id|instagram\.com"
_SHOP = (
    rf"^(({_PLATFORMS})/((shop|store|stores|product|products|user|p|reel|video|live|search)/)?"
    r"[^/?#]+).*$"
)
"""On a platform the shop is the first word of the path; elsewhere the whole address counts."""


class LinkKey(Func):
    """A store link as it is compared; the same as `link_key`, for indexes and look-ups."""

    template = (
        f"rtrim(regexp_replace(regexp_replace(lower(btrim(%(expressions)s)), '{_START}', ''), "
        rf"'{_SHOP}', '\1'), '/')"
    )
    arity = 1


def link_key(link: str) -> str:
    """Return a link as it is compared: no scheme, no `www`, of a platform only the shop."""
    bare = re.sub(_START, "", link.strip(" ").lower(), count=1)
    return re.sub(_SHOP, r"\1", bare, count=1).rstrip("/")


def link_key_sql(column: str) -> str:
    """SQL for the key of a link column, word for word as in its index."""
    return LinkKey.template % {"expressions": column}
