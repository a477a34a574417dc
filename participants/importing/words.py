"""Words that offices write in cells: yes and no, tracks, platforms."""

from __future__ import annotations

import re

from participants.models import Participant, SalesChannel

_YES = frozenset(
    (
        *("ya", "y", "iya", "yes", "true", "1", "v", "x", "✓", "✔", "ok", "aktif", "masih aktif"),
        *("bersedia", "mau", "setuju", "ada", "sudah", "ikut", "berminat", "minat"),
    )
)
_NO = frozenset(
    (
        *("tidak", "t", "tdk", "n", "no", "false", "0", "nonaktif", "non aktif", "non-aktif"),
        *("tidak aktif", "tidak bersedia", "tidak mau", "tidak setuju", "belum", "tidak ada"),
        *("tutup", "tidak berminat", "menolak"),
    )
)
_TRACKS = {
    "pemula": Participant.Track.NEW,
    "baru": Participant.Track.NEW,
    "wirausaha baru": Participant.Track.NEW,
    "wirausaha pemula": Participant.Track.NEW,
    "naik kelas": Participant.Track.SCALING,
    "wirausaha naik kelas": Participant.Track.SCALING,
}
Platform = SalesChannel.Platform
_PLATFORMS = {
    "tiktok": Platform.TIKTOK,
    "tiktok shop": Platform.TIKTOK,
    "shopee": Platform.SHOPEE,
    "tokopedia": Platform.TOKOPEDIA,
    "tokped": Platform.TOKOPEDIA,
    "lazada": Platform.LAZADA,
    "instagram": Platform.INSTAGRAM,
    "ig": Platform.INSTAGRAM,
    "whatsapp": Platform.WHATSAPP,
    "wa": Platform.WHATSAPP,
    "toko": Platform.STORE,
    "kios": Platform.STORE,
    "pasar": Platform.STORE,
    "offline": Platform.STORE,
}
_DOMAINS = (
    ("tiktok", Platform.TIKTOK),
    ("shopee", Platform.SHOPEE),
    ("tokopedia", Platform.TOKOPEDIA),
    ("lazada", Platform.LAZADA),
    ("instagram", Platform.INSTAGRAM),
    ("wa.me", Platform.WHATSAPP),
)
_SEVERAL = re.compile(r"\s*(?:[,;/&|]|\bdan\b)\s*")
LONGEST_LINK = 300


def read_yes_no(text: str) -> bool:
    """Return what a cell says; raise ValueError with the repair when it says neither."""
    word = text.strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(f"“{text[:40]}” bukan ya atau tidak.")


def read_track(text: str) -> str:
    try:
        return _TRACKS[" ".join(text.lower().split())].value
    except KeyError:
        raise ValueError(f"Jalur “{text[:40]}” tidak dikenal.") from None


def read_platforms(text: str) -> list[tuple[str, str]]:
    """Return (platform, '') for each name in a list like `Shopee, TikTok`."""
    names = [name for name in _SEVERAL.split(text.lower()) if name]
    return [(_PLATFORMS.get(name, Platform.OTHER).value, "") for name in names]


def read_links(text: str) -> list[tuple[str, str]]:
    """Return (platform, link) for each store link in a cell."""
    links = []
    for link in text.replace(";", " ").split():
        link = link.rstrip(",")
        if len(link) > LONGEST_LINK:
            raise ValueError(f"Tautan toko lebih dari {LONGEST_LINK} huruf.")
        where = link.lower()
        platform = next((p for domain, p in _DOMAINS if domain in where), Platform.OTHER)
        links.append((platform.value, link))
    return links
