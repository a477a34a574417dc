"""Who acts for the partner: the list, invitations, roles, and the end of an access."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from partners.models import MemberInvitation
from partners.space import members as services
from umkm_portal.accounts.sessions import log_in
from umkm_portal.pages.login import session
from umkm_portal.pages.partner.access import MANAGER, PartnerRequest, choose, partner_member
from umkm_portal.pages.partner.forms import InvitationForm


@require_http_methods(["GET", "HEAD", "POST"])
@partner_member(MANAGER)
def members(request: PartnerRequest) -> HttpResponse:
    now = timezone.now()
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            invitation = services.invite_member(
                request.partner, by=request.user, now=now, **form.cleaned_data
            )
        except services.MemberRefused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"Undangan dikirim ke {invitation.email}.")
            return redirect("partner:members")
    waiting = MemberInvitation.objects.open(now=now).filter(partner=request.partner)
    context = {
        "form": form,
        "members": services.members_of(request.partner),
        "roles": MemberInvitation.ROLES,
        "invitations": waiting.select_related("invited_by").order_by("-sent_at", "-pk"),
    }
    return render(request, "partners/members.html", context, status=422 if form.errors else 200)


@require_POST
@partner_member(MANAGER)
def change_role(request: PartnerRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(services.members_of(request.partner), pk=pk)
    role = request.POST.get("role", "")
    try:
        services.change_role(request.partner, membership, role=role)
    except services.MemberRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{membership.user} sekarang {services.ROLES[role].lower()}.")
    return _back(request, membership.user_id)


@require_POST
@partner_member(MANAGER)
def end(request: PartnerRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(services.members_of(request.partner), pk=pk)
    try:
        services.end_membership(request.partner, membership, now=timezone.now())
    except services.MemberRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Akses {membership.user} diakhiri.")
    return _back(request, membership.user_id)


@require_POST
@partner_member(MANAGER)
def revoke(request: PartnerRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(request.partner.invitations, pk=pk)
    try:
        services.revoke_invitation(invitation, now=timezone.now())
    except services.MemberRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Undangan ke {invitation.email} dibatalkan.")
    return redirect("partner:members")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites; only the button joins, because mail scanners open every link."""
    now = timezone.now()
    try:
        invitation = services.read_invitation(token, now=now)
        if request.method != "POST":
            return render(request, "partners/join.html", {"invitation": invitation})
        user = services.accept_invitation(invitation, now=now)
    except services.InvitationDead:
        return render(request, "partners/join_dead.html", status=410)
    if request.user.is_authenticated and request.user != user:
        request.session.flush()
    session.note_way(request, services.contact_of(invitation))
    choose(request, invitation.partner)
    return log_in(request, user, next_page="/mitra/")


def _back(request: PartnerRequest, user_id: int) -> HttpResponse:
    """To the list, unless she has just taken the role away from herself."""
    return redirect("partner:home" if user_id == request.user.pk else "partner:members")
