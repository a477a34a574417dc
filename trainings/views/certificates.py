"""Proving a certificate to anybody by its number, and giving it to its holder as a PDF."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trainings.certificates.showing import (
    certificate_for,
    certificate_of,
    file_name,
    pdf_of,
    unknown,
    verdict,
)
from trainings.models import Certificate
from trainings.views.lookups import too_many_attempts
from trainings.views.tickets import link_unknown
from umkm_portal.common import attempts, codes

_COUNTED = "certificate"


@never_cache
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Where a number is typed from paper."""
    typed = codes.normalise(request.GET.get("nomor", "")[:40])
    if typed.isalnum():
        return redirect("trainings:certificate", codes.display(typed))
    return render(request, "trainings/certificate_find.html")


@never_cache
@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """Valid, revoked or unknown. Numbers cannot be guessed, and trying is limited all the same."""
    if attempts.are_exhausted(_COUNTED, request):
        return too_many_attempts(request)
    found = certificate_of(number)
    if found is None:
        attempts.count_failure(_COUNTED, request)
    shown = verdict(found) if found else unknown(number)
    status = 200 if found else 404
    return render(request, "trainings/certificate.html", {"verdict": shown}, status=status)


@never_cache
@require_safe
def pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The certificate for its holder, who comes from her ticket or her own pages.

    The number alone does not give it: it stands on every photo of the paper, and with the file
    goes a picture of the signature.
    """
    found = certificate_for(token)
    return pdf_response(found) if found else link_unknown(request)


def pdf_response(certificate: Certificate) -> HttpResponse:
    return HttpResponse(
        pdf_of(certificate),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{file_name(certificate)}"'},
    )
