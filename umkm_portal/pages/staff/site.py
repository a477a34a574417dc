"""The site under /admin/: who gets in, and what its pages may load."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from allauth.account.decorators import secure_admin_login
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.decorators import method_decorator
from unfold.sites import UnfoldAdminSite

STAFF_CSP = {
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
}
"""The theme's menus need eval (Alpine) and inline styles; nothing outside /admin/ gets this."""


class Choices(AutocompleteJsonView):
    """Rows to choose from, told as their own pages like (`choice_label`)."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        label = getattr(self.model_admin, "choice_label", str)
        return {"id": str(getattr(obj, to_field_name)), "text": label(obj)}


class StaffSite(UnfoldAdminSite):
    """Staff only: a stranger is told nothing (404), staff without second factor set it up first."""

    login = method_decorator(secure_admin_login)(UnfoldAdminSite.login)
    enable_nav_sidebar = True

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # The models of the page are not loaded before.
        from umkm_portal.pages.staff import council, operations  # noqa: PLC0415
        from umkm_portal.pages.staff.funnel import funnel  # noqa: PLC0415

        pages = (
            ("mitra/corong/", funnel, "partner_funnel"),
            ("pengiriman/", operations.show, "operations"),
            ("laporan/", council.show, "council"),
            ("laporan/daftar/", council.show_list, "council_list"),
            ("laporan/gelombang/", council.show_cohorts, "council_cohorts"),
            ("laporan/unduh/", council.download, "council_file"),
        )
        own = [path(place, self.admin_view(view), name=name) for place, view, name in pages]
        return [*own, *super().get_urls()]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return Choices.as_view(admin_site=self)(request)

    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.user.is_authenticated:
                if not self.has_permission(request):
                    raise Http404
                if settings.STAFF_NEEDS_SECOND_FACTOR and not is_mfa_enabled(request.user):
                    messages.info(request, "Pasang pengaman kedua dahulu untuk membuka portal.")
                    return redirect("mfa_activate_totp")
            response = inner(request, *args, **kwargs)
            response._csp_update = STAFF_CSP
            return response

        return guarded
