"""One click to stop invitations: the page behind the link in the foot of every bulk message.

Below the one button stands what her address gets, kind by kind.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from trainings.views.tickets import link_unknown
from umkm_portal.messaging import stop_links
from umkm_portal.messaging.masking import masked
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.services import choose_kinds, preferences_of
from umkm_portal.messaging.services import opt_out as stop

CHOICE = "pilihan"
"""In the form in which kinds are chosen one by one: a mail program's POST has it not."""


@never_cache
@csrf_exempt  # RFC 8058: mail programs POST here without having seen a page; the token is proof.
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    reader = stop_links.reader_of(token)
    if reader is None:
        return link_unknown(request)
    if not reader.address:
        return render(request, "trainings/opt_out_old.html", status=HTTPStatus.GONE)
    now = timezone.now()
    is_chosen = CHOICE in request.POST
    if is_chosen:
        choose_kinds(reader, wanted=request.POST.getlist("jenis"), now=now)
    elif request.method == "POST":
        stop(reader, now=now)
    found = preferences_of(reader)
    context = {
        "address": masked(reader.address),
        "channel": Channel(reader.channel).label,
        "is_done": request.method == "POST" and not is_chosen,
        "is_chosen": is_chosen,
        "preferences": found,
        "is_any_on": any(one.is_on for one in found),
        "now": now,
    }
    return render(request, "trainings/opt_out.html", context)
