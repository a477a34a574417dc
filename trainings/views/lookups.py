"""Finding an invitation by its short code, and proving one genuine."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from trainings.forms import CodeForm
from trainings.models import Cohort, Enrolment
from trainings.schedule import in_words, wave
from umkm_portal.common import attempts, codes, tokens

UNKNOWN_CODE = (
    "Kode ini tidak kami kenal. Periksa lagi, atau minta petugas mengirim ulang undangan ke "
    "nomor atau email Anda yang terdaftar."
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Open an invitation by its code; the code alone is the key, so guessing is limited."""
    if attempts.are_exhausted("code", request):
        return too_many_attempts(request)
    if request.method != "POST":
        form = CodeForm(initial={"kode": request.GET.get("kode", "")[:40]})
        return render(request, "trainings/invitation.html", {"form": form})
    form = CodeForm(request.POST)
    if form.is_valid():
        enrolment = Enrolment.objects.filter(short_code=form.cleaned_data["kode"]).first()
        if enrolment:
            return redirect("trainings:answer", tokens.sign("invitation", enrolment.public_id))
        attempts.count_failure("code", request)
        form.add_error("kode", UNKNOWN_CODE)
    return render(request, "trainings/invitation.html", {"form": form}, status=422)


@never_cache
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Tell whether a code belongs to a real invitation, and to which class; never to whom."""
    if attempts.are_exhausted("code", request):
        return too_many_attempts(request)
    if "kode" not in request.GET:
        return render(request, "trainings/check.html", {"form": CodeForm()})
    form = CodeForm(request.GET)
    if not form.is_valid():
        return render(request, "trainings/check.html", {"form": form}, status=422)
    code = form.cleaned_data["kode"]
    enrolment = Enrolment.objects.filter(short_code=code).first()
    if not enrolment:
        attempts.count_failure("code", request)
    found = _cohort_of(enrolment) if enrolment else None
    context = {
        "form": form,
        "checked": codes.display(code),
        "wave": wave(found, now=timezone.now()) if found else None,
    }
    return render(request, "trainings/check.html", context)


def too_many_attempts(request: HttpRequest) -> HttpResponse:
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(attempts.SECONDS)
    return response


def _cohort_of(enrolment: Enrolment) -> Cohort:
    return in_words(Cohort.objects.all()).get(pk=enrolment.cohort_id)
