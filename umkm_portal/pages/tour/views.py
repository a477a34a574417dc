"""The tour's pages: only on practice data, 404 everywhere else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from participants.samples import messy_sample
from partners.models import CurationCall
from umkm_portal.common.numbers import whole_in
from umkm_portal.embedded.models import CaughtMail
from umkm_portal.messaging.models import Delivery
from umkm_portal.pages.demo.calls import BAZAAR
from umkm_portal.pages.demo.today import hold_todays_class
from umkm_portal.pages.tour.accounts import ACCOUNTS, STAFF, NoSuchAccount, log_in
from umkm_portal.pages.tour.parts import ENGLISH
from umkm_portal.pages.tour.sample import NAME as LIST_NAME
from umkm_portal.pages.tour.sample import sample_list
from umkm_portal.pages.tour.steps import parts, steps
from umkm_portal.pages.tour.walk import Walk, end_worker, officer

MAILS_PER_PAGE = 30
SAMPLE_NAME = "peserta-berantakan.csv"
View = Callable[..., HttpResponse]


def practice_only(view: View) -> View:
    """The page exists only where the data is practice data."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@practice_only
@never_cache
@require_safe
def tour(request: HttpRequest) -> HttpResponse:
    walk = Walk()
    shown = steps(walk, language=_language(request))
    context = {
        "language": _language(request),
        "is_english": _language(request) == ENGLISH,
        "steps": shown,
        "parts": parts(shown, language=_language(request)),
        "current": next((step.key for step in shown if not step.is_done), ""),
        "done_count": sum(step.is_done for step in shown),
        "accounts": ACCOUNTS,
        **_books(walk),
    }
    return render(request, "pages/tour/tour.html", context)


@practice_only
@never_cache
@require_safe
def books(request: HttpRequest) -> HttpResponse:
    """The live part of step 3, fetched every two seconds by pages that can."""
    context = {**_books(Walk()), "is_english": _language(request) == ENGLISH}
    return render(request, "pages/tour/_books.html", context)


@practice_only
@require_safe
def sample(request: HttpRequest) -> HttpResponse:
    """The messy file of step 1, the same bytes each time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / SAMPLE_NAME
        messy_sample(path)
        content = path.read_bytes()
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{SAMPLE_NAME}"'},
    )


@practice_only
@require_safe
def curation_sample(request: HttpRequest) -> HttpResponse:
    """What Shopee hands in for its call, made from the people of the practice data."""
    call = get_object_or_404(CurationCall, slug=BAZAAR)
    return HttpResponse(
        sample_list(call),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="{LIST_NAME}"'},
    )


@practice_only
@require_POST
def login_practice(request: HttpRequest) -> HttpResponse:
    """Come in as one of the practice accounts and go on to a page of the portal."""
    try:
        user, home = log_in(request.POST.get("akun", STAFF))
    except NoSuchAccount:
        messages.info(request, "Akun latihan itu belum ada. / There is no such account yet.")
        return redirect("pages:tour")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    target = request.POST.get("tujuan", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = home
    return redirect(target)


@practice_only
@require_POST
def kill(request: HttpRequest) -> HttpResponse:
    """Kill one sending process of the tour's campaign; the supervisor starts a new one."""
    pid = whole_in(request.POST.get("pid", ""))
    if pid is None or not end_worker(pid):
        messages.info(request, "Proses itu sudah tidak memegang pesan. / It holds nothing now.")
    language = request.POST.get("bahasa", "")
    query = f"?bahasa={ENGLISH}" if language == ENGLISH else ""
    return redirect(f"{reverse('pages:tour')}{query}#langkah-send")


@practice_only
@require_POST
def todays_class(request: HttpRequest) -> HttpResponse:
    """A class of this day with people in it, where there is none yet."""
    hold_todays_class(staff=officer(), now=timezone.now())
    return redirect(f"{reverse('pages:tour')}#langkah-scan")


@practice_only
@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Every mail that left the portal, newest first."""
    wanted = request.GET.get("penerima", "").strip()[:100]
    mails = CaughtMail.objects.order_by("-pk")
    if wanted:
        mails = mails.filter(recipient__icontains=wanted)
    page = Paginator(mails, MAILS_PER_PAGE).get_page(request.GET.get("halaman"))
    return render(request, "pages/tour/mailbox.html", {"page": page, "wanted": wanted})


@practice_only
@never_cache
@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as text, links live; its HTML is never run."""
    found = get_object_or_404(CaughtMail, pk=pk)
    sent = Delivery.objects.filter(public_id=found.delivery).first() if found.delivery else None
    return render(request, "pages/tour/mail.html", {"mail": found, "delivery": sent})


def _books(walk: Walk) -> dict[str, object]:
    found = walk.books
    labels = dict(Delivery.State.choices)
    rows = [(labels[state], count) for state, count in found.counts.items()] if found else []
    return {"books": found, "rows": rows, "workers": walk.workers, "campaign": walk.campaign}


def _language(request: HttpRequest) -> str:
    return ENGLISH if request.GET.get("bahasa") == ENGLISH else "id"
