"""The page behind a one-time staff link."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from umkm_portal.accounts import services


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show who comes in; only the button logs in, because mail scanners open every link."""
    try:
        if request.method != "POST":
            user = services.read_staff_link(token)
            return render(request, "accounts/staff_link.html", {"user": user})
        user = services.use_staff_link(token, now=timezone.now())
    except services.LinkDead:
        return render(request, "accounts/staff_link_dead.html", status=410)
    return perform_login(
        request,
        user,
        email_verification="none",
        redirect_url="/admin/",
    )
