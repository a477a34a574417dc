"""Curations: open calls, her applications, her results, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from participants.consents import standing_consents
from participants.models import Consent, Participant
from partners.announcing import appeals
from partners.calls import applying, photos, steps
from partners.calls.applying import ApplicationRefused
from partners.calls.photos import PhotoRefused
from partners.calls.qualifying import LICENCES, qualifies, qualifying
from partners.models import Application, CurationCall, CurationList, CurationResult
from partners.models.lists import Outcome
from umkm_portal.pages.mine.call_forms import AppealForm, ApplicationForm
from umkm_portal.pages.mine.people import account_of, for_person

SHOWN = 20
State = Application.State
TONES = {
    **{State.SUBMITTED: "warn", State.VERIFIED: "warn", State.VALIDATED: "warn"},
    **{State.FORWARDED: "warn", State.RETURNED: "err"},
}
WORDS = {
    Outcome.PASSED: ("Lolos", "ok", "Selamat, usaha Anda lolos kurasi."),
    Outcome.RESERVE: ("Cadangan", "warn", "Anda cadangan. Kami mengabari bila ada tempat."),
    Outcome.IMPROVE: (
        "Perlu perbaikan",
        "warn",
        "Belum lolos. Perbaiki, lalu lamar lagi.",
    ),
    Outcome.FAILED: ("Belum lolos", "err", "Belum lolos kali ini. Anda boleh melamar lagi."),
}
TAKEN_BACK = (
    "Ditarik kembali",
    "warn",
    "Kurator memperbaiki daftarnya dan usaha Anda tidak ada lagi di sana.",
)


NOT_SEEN = (
    "Menunggu persetujuan Anda",
    "err",
    "Kurator baru dapat menilai setelah Anda setuju data dibagikan.",
)


@require_safe
@for_person
def calls(request: HttpRequest, person: Participant) -> HttpResponse:
    return render(request, "pages/mine/calls.html", {"mine": person, **curations_of(person)})


def curations_of(person: Participant) -> dict[str, object]:
    """Open calls she may apply to, her applications under way (those given back as `repairs`), her
    results; five queries."""
    now = timezone.now()
    results = _results(person)
    applications = _applications(person)
    decided = {result.call_id for result in results}
    applied = {row.call_id for row in applications}
    found = CurationCall.objects.open(now=now).exclude(pk__in=decided | applied)
    rows = list(found.select_related("partner__organisation").order_by("closes_at", "pk"))
    met = qualifying(person, rows)
    said = standing_consents(person)
    waiting = [
        (row, *_state_of(row, is_seen=_may_see(row.call, said)))
        for row in applications
        if row.call_id not in decided
    ]
    return {
        "open_calls": [row for row in rows if row.pk in met],
        "repairs": [row for row in waiting if _may_repair(row[0])],
        "applications": [row for row in waiting if not _may_repair(row[0])],
        "results": [(row, *words_of(row)) for row in results],
    }


@require_safe
@for_person
def call(request: HttpRequest, person: Participant, slug: str) -> HttpResponse:
    found, application, result = _found(person, slug)
    return _page(request, person, found, application, result, form=None)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def apply(request: HttpRequest, person: Participant, slug: str) -> HttpResponse:
    """Send an application, or the correction of one."""
    found, application, result = _found(person, slug)
    now, account = timezone.now(), account_of(request)
    if result or not _may_write(found, application, person, now=now):
        return redirect("mine:call", found.slug)
    form = ApplicationForm(
        request.POST or None,
        request.FILES or None,
        call=found,
        person=person,
        application=application,
    )
    if request.method == "POST" and form.is_valid():
        try:
            if application:
                applying.correct_application(
                    application, shown=form.shown(), actor=account, now=now
                )
            else:
                applying.apply_to(found, person, shown=form.shown(), actor=account, now=now)
        except PhotoRefused as refusal:
            form.add_error("photo", str(refusal))
        except ApplicationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Lamaran Anda sudah dikirim. Kurasi ini gratis.")
            return redirect("mine:call", found.slug)
    context = {
        "mine": person,
        "call": found,
        "form": form,
        "application": application,
        "has_business": person.businesses.exists(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "pages/mine/call_apply.html", context, status=status)


@require_POST
@for_person
def withdraw(request: HttpRequest, person: Participant, slug: str) -> HttpResponse:
    found, application, _ = _found(person, slug)
    if application is None:
        raise Http404
    try:
        applying.withdraw_application(application, actor=account_of(request), now=timezone.now())
    except ApplicationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("mine:call", found.slug)
    messages.success(request, "Lamaran ditarik. Anda boleh melamar lagi selama masih dibuka.")
    return redirect("mine:calls")


@require_POST
@for_person
def object_to(request: HttpRequest, person: Participant, slug: str) -> HttpResponse:
    """Object to the result."""
    found, application, result = _found(person, slug)
    if result is None:
        raise Http404
    form = AppealForm(request.POST)
    if form.is_valid():
        try:
            appeals.appeal(result, text=form.cleaned_data["text"], now=timezone.now())
        except appeals.AppealRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Keberatan Anda dikirim. Kami mengabari jawabannya.")
            return redirect("mine:call", found.slug)
    return _page(request, person, found, application, result, form=form)


@require_safe
@for_person
def photo(request: HttpRequest, person: Participant, slug: str) -> HttpResponse:
    """The photo of her own application."""
    _, application, _ = _found(person, slug)
    file = photos.open_photo(application.photo) if application else None
    if file is None:
        raise Http404
    with file:
        return HttpResponse(file.read(), content_type="image/jpeg")


def words_of(result: CurationResult) -> tuple[str, str, str]:
    """Badge, tone and sentence of a result."""
    return TAKEN_BACK if result.withdrawn_at else WORDS[Outcome(result.outcome)]


def _results(person: Participant) -> list[CurationResult]:
    rows = CurationResult.objects.filter(participant=person)
    newest = rows.select_related("call__partner__organisation").order_by("-announced_at", "-pk")
    return list(newest[:SHOWN])


def _applications(person: Participant) -> list[Application]:
    judged = CurationList.objects.filter(call=OuterRef("call"), state__in=CurationList.CURRENT)
    rows = Application.objects.live().filter(participant=person).annotate(judged=Exists(judged))
    return list(rows.select_related("call__partner__organisation").order_by("-pk")[:SHOWN])


def _may_repair(application: Application) -> bool:
    """`applying.may_correct` of one that was given back, from what `_applications` asked for."""
    is_cancelled = application.call.state == CurationCall.State.CANCELLED
    judged: bool = getattr(application, "judged", False)
    return application.state == State.RETURNED and not is_cancelled and not judged


def _may_see(call_: CurationCall, said: Mapping[tuple[str, int | None], Consent]) -> bool:
    """Whether the curator may see her applications, by what she said last to each consent."""
    last = said.get((Consent.Purpose.SHARING.value, call_.partner.organisation_id))
    has_agreed = last is not None and last.event == Consent.Event.GIVEN
    return has_agreed or not applying.needs_consent(call_)


def _state_of(application: Application, *, is_seen: bool) -> tuple[str, str, str]:
    """Badge, tone and sentence of an application under way."""
    state = State(application.state)
    step = steps.next_step(application.call, state)
    if state == State.RETURNED:
        return state.label, TONES[state], application.note
    if step:
        return state.label, TONES[state], f"Langkah berikutnya: {step.label.lower()}."
    if not is_seen:
        return NOT_SEEN
    return "Di kurator", TONES[state], "Kurator sedang menilai. Kami mengabari Anda hasilnya."


def _found(
    person: Participant, slug: str
) -> tuple[CurationCall, Application | None, CurationResult | None]:
    """A call she may see: it is open, or she has applied or a result; else there is no page."""
    rows = CurationCall.objects.select_related("partner__organisation")
    found = rows.filter(slug=slug).first()
    if found is None:
        raise Http404
    mine = {"call": found, "participant": person}
    application = Application.objects.live().filter(**mine).select_related("product_kind").first()
    result = CurationResult.objects.filter(**mine).first()
    if application:
        application.call = found
    if result:
        result.call = found
    if not (application or result or found.is_open(now=timezone.now())):
        raise Http404
    return found, application, result


def _may_write(
    call_: CurationCall, application: Application | None, person: Participant, *, now: datetime
) -> bool:
    if application:
        return applying.may_correct(application, now=now)
    return call_.is_open(now=now) and qualifies(person, call_)


def _page(
    request: HttpRequest,
    person: Participant,
    found: CurationCall,
    application: Application | None,
    result: CurationResult | None,
    *,
    form: AppealForm | None,
) -> HttpResponse:
    now = timezone.now()
    is_seen = _may_see(found, standing_consents(person))
    context = {
        "mine": person,
        "call": found,
        "is_open": found.is_open(now=now),
        "kinds": found.product_kinds.order_by("name", "pk"),
        "application": application,
        "licences": [
            (LICENCES.get(key, key), number)
            for key, number in (application.licences if application else {}).items()
        ],
        "state": _state_of(application, is_seen=is_seen) if application and not result else None,
        "may_write": not result and _may_write(found, application, person, now=now),
        "must_agree": application is not None and not is_seen,
        "events": application.events.order_by("-pk") if application else [],
        "form": form,
        **(_told(result, now=now) if result else {}),
    }
    status = 422 if form else 200
    return render(request, "pages/mine/call.html", context, status=status)


def _told(result: CurationResult, *, now: datetime) -> dict[str, object]:
    """What the page of a result says beside it: how to go on."""
    has_passed = result.outcome == Outcome.PASSED and result.withdrawn_at is None
    objections = list(result.appeals.order_by("-pk"))
    is_waiting = any(row.state == row.State.OPEN for row in objections)
    return {
        "result": result,
        "result_words": words_of(result),
        "has_passed": has_passed,
        "bazaars": result.call.bazaars.order_by("starts_on", "pk") if has_passed else [],
        "appeals": objections,
        "appeal_form": AppealForm()
        if appeals.may_appeal(result, now=now) and not is_waiting
        else None,
    }
