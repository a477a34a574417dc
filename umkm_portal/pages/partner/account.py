"""A member's own account in the space: which partner she acts for, and her second lock."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from participants.contacts import CodeRefused, CodeWrong, Contact
from partners.space.members import ROLES
from umkm_portal.accounts.models import User
from umkm_portal.pages.login.forms import CodeForm
from umkm_portal.pages.login.session import next_page_of
from umkm_portal.pages.partner import second_factor
from umkm_portal.pages.partner.access import PartnerRequest, choose, partner_member
from umkm_portal.pages.partner.forms import NameForm


@require_http_methods(["GET", "HEAD", "POST"])
@partner_member()
def switch(request: PartnerRequest) -> HttpResponse:
    """Choose the partner to act for; only those of this account are there to be chosen."""
    if request.method == "POST":
        slug = request.POST.get("mitra", "")
        partner = next((one for one in request.partners if one.organisation.slug == slug), None)
        if partner is None:
            raise Http404
        choose(request, partner)
        return redirect("partner:home")
    return render(request, "partners/switch.html")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_member(before_second_factor=True)
def security(request: PartnerRequest) -> HttpResponse:
    """Ask for the second code where it is due; else tell whose account it is and how it is locked.

    There a member also says what she is called.
    """
    now = timezone.now()
    if second_factor.is_passed(request, request.user, now=now):
        if next_page := next_page_of(request):
            return redirect(next_page)
        return _own_account(request)
    request.navigation = []
    contact = second_factor.contact_for(request, request.user)
    form = CodeForm(request.POST if "kode" in request.POST else None)
    is_sent = "terkirim" in request.GET or form.is_bound
    if contact and request.POST.get("action") == "send":
        return _send(request, contact, now=now)
    if contact and form.is_valid():
        try:
            second_factor.take(request, contact, form.cleaned_data["kode"], now=now)
        except CodeWrong as error:
            form.add_error("kode", str(error))
        else:
            return redirect(next_page_of(request) or "partner:home")
    context = {
        "form": form if is_sent else None,
        "contact": contact,
        "is_sent": is_sent,
        "next": next_page_of(request),
        "minutes": settings.CODE_MINUTES,
    }
    status = 422 if form.errors else 200
    return render(request, "partners/second_factor.html", context, status=status)


def _own_account(request: PartnerRequest) -> HttpResponse:
    user = request.user
    typed = request.POST if "full_name" in request.POST else None
    form = NameForm(typed, initial={"full_name": user.full_name})
    if form.is_valid():
        User.objects.filter(pk=user.pk).update(**form.cleaned_data)
        messages.success(request, "Nama Anda tersimpan.")
        return redirect("partner:security")
    context = _facts(request) | {"form": form}
    return render(request, "partners/security.html", context, status=422 if form.errors else 200)


def _facts(request: PartnerRequest) -> dict[str, object]:
    return {
        "role_names": [ROLES[role] for role in sorted(request.roles)],
        "has_own_lock": is_mfa_enabled(request.user),
        "is_code_asked": settings.STAFF_NEEDS_SECOND_FACTOR,
    }


def _send(request: PartnerRequest, contact: Contact, *, now: datetime) -> HttpResponse:
    try:
        second_factor.send(request, contact, now=now)
    except CodeRefused as refusal:
        messages.error(request, str(refusal))
    query = request.GET.copy()
    query["terkirim"] = ""
    if next_page := next_page_of(request):
        query["next"] = next_page
    return redirect(f"{request.path}?{query.urlencode()}")
