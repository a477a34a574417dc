"""What every page may say: whether this is practice data, who runs the portal, where to ask."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

GREETING = "Halo, saya perlu bantuan tentang pelatihan Jakpreneur."


def portal(request: HttpRequest) -> dict[str, object]:
    """`demo`, and `portal` with the facts of header and footer."""
    return {
        "demo": settings.DEMO,
        "portal": {
            "demo": settings.DEMO,
            "agency": settings.AGENCY_NAME,
            "address": settings.PORTAL_URL,
            "whatsapp_url": whatsapp_url(settings.CONTACT_WHATSAPP),
            "nav": _navigation(request.path),
        },
    }


def whatsapp_url(number: str) -> str:
    """The click-to-chat address of a number in any spelling, or empty without a number."""
    digits = "".join(character for character in number if character.isdigit())
    if not digits:
        return ""
    international = f"62{digits[1:]}" if digits.startswith("0") else digits
    return f"https://wa.me/{international}?text={quote(GREETING)}"


def _navigation(path: str) -> list[dict[str, object]]:
    home, schedule, help_ = (
        reverse("pages:home"),
        reverse("trainings:schedule"),
        reverse("pages:help"),
    )
    return [
        {"label": "Jadwal gelombang", "url": schedule, "current": path.startswith(schedule)},
        {"label": "Cara ikut", "url": f"{home}#cara-ikut", "current": False},
        {"label": "Bantuan", "url": help_, "current": path == help_},
    ]
