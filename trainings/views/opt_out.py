"""One click to stop invitations: the page behind the link in the foot of every bulk message."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from trainings.views.tickets import link_unknown
from umkm_portal.common import tokens
from umkm_portal.messaging.models import Delivery
from umkm_portal.messaging.services import opt_out as stop


@never_cache
@csrf_exempt  # RFC 8058: mail programs POST here without having seen a page; the token is proof.
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    delivery = _delivery(token)
    if not delivery:
        return link_unknown(request)
    now = timezone.now()
    is_done = request.method == "POST"
    if is_done:
        stop(delivery, now=now)
    context = {"address": masked(delivery.address), "is_done": is_done, "now": now}
    return render(request, "trainings/opt_out.html", context)


def masked(address: str) -> str:
    """`s***@contoh.example` or `+6281****`: enough to recognise one's own, no more."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:5]}****" if address else "alamat ini"


def _delivery(token: str) -> Delivery | None:
    try:
        public_id = tokens.unsign("stop", token)
    except tokens.BadToken:
        return None
    return Delivery.objects.filter(public_id=public_id).first()
