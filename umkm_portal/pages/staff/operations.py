"""The page that says whether messages go out, and what to do when they do not."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from umkm_portal.accounts.models import User
from umkm_portal.messaging.models import Alert, Delivery
from umkm_portal.messaging.operations.figures import Trouble, operations_of
from umkm_portal.messaging.operations.pulses import SWEEP

PERMISSION = "messaging.view_campaign"
WIDTH, HEIGHT = 600, 80
LAST_ALERTS = 10
_MEANINGS = {
    "5.1.1": "Alamat tidak ada",
    "5.1.2": "Alamat tidak ada",
    "5.1.10": "Alamat tidak ada",
    "5.2.1": "Kotak surat dimatikan",
    "4.2.2": "Kotak surat penuh",
    "5.2.2": "Kotak surat penuh",
    "5.7.1": "Ditolak server penerima",
    "5.7.26": "Pengirim tidak terbukti (SPF atau DKIM)",
}
"""Enhanced status codes of mail servers (RFC 3463)."""


class Told(NamedTuple):
    """A trouble with the page where something can be done about it."""

    trouble: Trouble
    link: str


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Queues, rate, failures, providers and alerts on one page that renews itself."""
    if not isinstance(request.user, User) or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    told = operations_of(now=timezone.now())
    states = dict(Delivery.State.choices)
    is_fragment = request.headers.get("X-Fragment") == "1"
    context = {
        **({} if is_fragment else admin.site.each_context(request)),
        "title": "Antrean & kesehatan",
        "told": told,
        "troubles": [Told(trouble, _link(trouble)) for trouble in told.troubles],
        "queues": [queue for queue in told.queues if queue.name != SWEEP],
        "sweep": next(queue for queue in told.queues if queue.name == SWEEP),
        "line": points(told.minutes),
        "most": max(told.minutes),
        "failures": [
            (states[state], in_words(cause), count) for state, cause, count in told.failures
        ],
        "alerts": Alert.objects.order_by("-since", "-pk")[:LAST_ALERTS],
        "size": (WIDTH, HEIGHT),
    }
    template = "staff/_operations.html" if is_fragment else "staff/operations.html"
    return TemplateResponse(request, template, context)


def in_words(cause: str) -> str:
    """What a mail server's code means, with the code; whatever is no such code stays."""
    words = _MEANINGS.get(cause.partition(" ")[2])
    return f"{words} ({cause})" if words else cause


def points(minutes: list[int]) -> str:
    """The points of an SVG line, the newest on the right."""
    most, step = max(*minutes, 1), WIDTH / (len(minutes) - 1)
    return " ".join(
        f"{number * step:.1f},{HEIGHT - 4 - (HEIGHT - 8) * count / most:.1f}"
        for number, count in enumerate(minutes)
    )


def _link(trouble: Trouble) -> str:
    if trouble.campaign_id:
        return reverse("admin:messaging_campaign_change", args=[trouble.campaign_id])
    if trouble.key.startswith("account:"):
        return reverse("admin:messaging_sendingaccount_changelist")
    return ""
