"""Coming back to an unfinished registration, on any device: by its link, or by a code alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from participants.contacts import CodeRefused, send_link
from participants.models import Registration
from participants.registration import drafts
from umkm_portal.accounts.models import User
from umkm_portal.common import attempts
from umkm_portal.pages.registration import session
from umkm_portal.pages.registration.showing import resume_url, show
from umkm_portal.pages.registration.topics import START, TOPICS, next_url

UNFINISHED = "registration:unfinished"


@dataclass(frozen=True)
class Waiting:
    """One registration that waits to be finished, in words."""

    draft: Registration
    name: str
    at: str
    is_new: bool
    """Begun just now in this browser: nothing but the contact is told."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unfinished(request: HttpRequest) -> HttpResponse:
    """Which registration to go on with; a single one opens by itself."""
    now = timezone.now()
    found = waiting_here(request, now=now)
    if request.method == "POST":
        return _open(request, _chosen(request, found), now=now)
    if not found:
        return redirect(START)
    if len(found) == 1:
        return _open(request, found[0], now=now)
    here = session.current(request, now=now)
    rows = [in_words(draft, is_here=draft == here) for draft in found]
    return show(request, "unfinished", draft=None, now=now, waiting=rows)


def waiting_here(request: HttpRequest, *, now: datetime) -> list[Registration]:
    """The unfinished registrations of whoever has proved their contact in this browser."""
    proved = [contact] if (contact := session.reached(request)) else []
    account = request.user
    if isinstance(account, User) and not account.is_staff:
        proved += drafts.proved_by(account)
    return drafts.unfinished(proved, now=now) if proved else []


def after_proof(request: HttpRequest, draft: Registration, *, now: datetime) -> str:
    """Where a proved contact goes on: who has something unfinished under another name is asked."""
    session.open_draft(request, draft)
    contact = drafts.contact_of(draft)
    others = [row for row in drafts.unfinished([contact], now=now) if not drafts.is_begun(row)]
    if drafts.is_begun(draft) and others:
        return reverse(UNFINISHED)
    return next_url(draft)


def in_words(draft: Registration, *, is_here: bool = False) -> Waiting:
    topic = TOPICS.get(draft.step)
    at = f"Langkah {topic.number} dari 5: {topic.label}" if topic else "Tinggal dikirim"
    return Waiting(draft, drafts.name_of(draft), at, is_here and drafts.is_begun(draft))


def send_way_back(request: HttpRequest, draft: Registration, *, now: datetime) -> str:
    """Send the link to the contact of the draft; return the sentence of a refusal, or ""."""
    contact, network = drafts.contact_of(draft), attempts.address_of(request)
    link = resume_url(draft.public_id)
    try:
        send_link(draft, contact, link=link, network=network, now=now)
    except CodeRefused as refused:
        return str(refused)
    return ""


def _open(request: HttpRequest, draft: Registration, *, now: datetime) -> HttpResponse:
    here = session.current(request, now=now)
    if here and here != draft and drafts.is_begun(here):
        here.delete()
    session.open_draft(request, draft)
    return redirect(next_url(draft))


def _chosen(request: HttpRequest, found: list[Registration]) -> Registration:
    wanted = request.POST.get("pendaftaran", "")
    chosen = next((draft for draft in found if str(draft.public_id) == wanted), None)
    if chosen is None:
        raise Http404
    return chosen
