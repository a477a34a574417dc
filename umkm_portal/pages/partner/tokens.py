"""Keys of the partner's own systems: the list, a new one (shown once), and the end of one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from partners.api import tokens as services
from partners.models import ApiToken
from partners.space.members import members_of
from umkm_portal.pages.partner.access import MANAGER, PartnerRequest, partner_member
from umkm_portal.pages.partner.forms import TokenForm

SHOWN_ENDED = 10


@require_http_methods(["GET", "HEAD", "POST"])
@partner_member(MANAGER)
def tokens(request: PartnerRequest) -> HttpResponse:
    """A new key stands in the answer to the form only: it is kept nowhere."""
    now, secret, made = timezone.now(), "", None
    form = TokenForm(request.POST or None)
    if form.is_valid():
        try:
            made, secret = services.make_token(
                request.partner, by=request.user, now=now, **form.facts()
            )
        except services.TokenRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            form = TokenForm()
    own = request.partner.tokens.select_related("made_by")
    live = own.valid(now=now).order_by("-pk")
    context = {
        "form": form,
        "made": made,
        "secret": secret,
        "tokens": [(token, _scopes(token)) for token in live],
        "ended": own.exclude(pk__in=live.values("pk")).order_by("-pk")[:SHOWN_ENDED],
        "members": {*_member_ids(request)},
    }
    return render(request, "partners/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@partner_member(MANAGER)
def revoke(request: PartnerRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.filter(partner=request.partner), pk=pk)
    if services.revoke_token(token, now=timezone.now()):
        messages.success(request, f"Kunci {token.name} dicabut. Sistem Anda tidak bisa masuk lagi.")
    else:
        messages.error(request, f"Kunci {token.name} sudah tidak berlaku.")
    return redirect("partner:tokens")


def _scopes(token: ApiToken) -> list[str]:
    return [ApiToken.Scope(scope).label for scope in token.scopes]


def _member_ids(request: PartnerRequest) -> list[int]:
    """Who acts for the partner today: keys made by others deserve a look."""
    return list(members_of(request.partner).order_by().values_list("user", flat=True))
