"""The topic pages of `/daftar/`, the last look and the receipt. No page needs JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants.models import Registration
from participants.registration import drafts
from umkm_portal.accounts.sessions import log_in
from umkm_portal.pages.registration import session
from umkm_portal.pages.registration.forms import PageForm
from umkm_portal.pages.registration.receipt import receipt_of
from umkm_portal.pages.registration.returning import send_way_back
from umkm_portal.pages.registration.services import NotFinished, send
from umkm_portal.pages.registration.showing import show
from umkm_portal.pages.registration.summary import rupiah, sections
from umkm_portal.pages.registration.topics import (
    CHECK,
    DONE,
    START,
    TOPICS,
    Topic,
    first_wrong,
    next_url,
    told_on_all,
)

WRONG = 422
CHOOSE_CITY = "wilayah"
"""The button of the address page that only fetches the list of a city."""

SEND_LINK = "tautan"
"""The button that sends the link back to the phone."""

View = Callable[..., HttpResponse]


def for_open_draft(view: View) -> View:
    """Only with a registration that this browser has proved and not sent yet."""

    @wraps(view)
    def guarded(request: HttpRequest, **arguments: str) -> HttpResponse:
        now = timezone.now()
        draft = session.current(request, now=now)
        if draft is None or not session.is_proved(request):
            return redirect(START)
        if draft.state == Registration.State.SENT:
            return redirect(DONE)
        return view(request, draft, now=now, **arguments)

    return guarded


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_open_draft
def topic(request: HttpRequest, draft: Registration, *, now: datetime, page: str) -> HttpResponse:
    shown = TOPICS.get(page)
    if shown is None or shown.key == drafts.CONTACT:
        raise Http404
    if request.method != "POST":
        return _page(request, draft, shown, shown.form_of(draft))
    form = shown.form_of(draft, request.POST)
    is_finished = form.is_finished
    draft = drafts.save_page(draft, page, form.right_values(), is_finished=is_finished, now=now)
    if request.POST.get("aksi") == SEND_LINK:
        words = _way_back_words(request, draft, now=now)
        return _page(request, draft, shown, shown.form_showing(draft, request.POST), **words)
    if is_finished:
        return redirect(next_url(draft))
    if request.POST.get("aksi") == CHOOSE_CITY and "wilayah" not in form.errors:
        return redirect(shown.url)
    return _page(request, draft, shown, form, status=WRONG if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_open_draft
def check(request: HttpRequest, draft: Registration, *, now: datetime) -> HttpResponse:
    """Everything told, to be looked at once more and sent."""
    words: dict[str, Any] = {}
    if request.POST.get("aksi") == SEND_LINK:
        words = _way_back_words(request, draft, now=now)
    elif request.method == "POST":
        try:
            draft = send(draft, now=now)
        except NotFinished:
            return redirect(CHECK)
        return _come_in(request, draft)
    told = told_on_all(draft)
    if wrong := first_wrong(told):
        return redirect(wrong.url)
    return show(request, "check", draft=draft, now=now, sections=sections(told), **words)


@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    draft = session.current(request, now=now)
    if draft is None or not session.is_proved(request):
        return redirect(START)
    if draft.participant is None:
        return redirect(next_url(draft))
    return show(request, "done", draft=draft, now=now, receipt=receipt_of(draft, now=now))


def _come_in(request: HttpRequest, draft: Registration) -> HttpResponse:
    """Her contact is proved, so she is logged in, too; staff log in at their own door."""
    account = draft.participant.account if draft.participant else None
    if account is None or account.is_staff or request.user.is_authenticated:
        return redirect(DONE)
    return log_in(request, account, next_page=reverse(DONE))


def _way_back_words(request: HttpRequest, draft: Registration, *, now: datetime) -> dict[str, Any]:
    """What became of the link, for the page."""
    refusal = send_way_back(request, draft, now=now)
    return {"link_refusal": refusal, "link_sent": "" if refusal else "ya"}


def _page(
    request: HttpRequest,
    draft: Registration,
    shown: Topic,
    form: PageForm,
    *,
    status: int = 200,
    **words: Any,
) -> HttpResponse:
    """One topic page; the amount told on the page before is said in words."""
    context: dict[str, Any] = {"topic": shown, "form": form, "sales": "", **words}
    if (
        shown.key == drafts.INTEREST
        and draft.answers.get(drafts.BUSINESS, {}).get("omzet", [""])[0]
    ):
        told = TOPICS[drafts.BUSINESS].told(draft)
        context["sales"] = rupiah(told.cleaned_data.get("omzet")) if told.is_finished else ""
    return show(request, shown.key, draft=draft, now=timezone.now(), status=status, **context)
