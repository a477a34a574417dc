"""Bazaars of a partner: who takes part, who came, and what its reports add up to."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from partners.bazaars.entries import mark_entries
from partners.bazaars.figures import figures_of
from partners.models import Bazaar, BazaarEntry
from umkm_portal.common import codes, money
from umkm_portal.common.numbers import whole_in
from umkm_portal.pages.partner.access import MANAGER, UPLOADER, PartnerRequest, partner_member
from umkm_portal.reports.funnel import funnel_of

PAGE = 100
State = BazaarEntry.State


@require_safe
@partner_member()
def bazaars(request: PartnerRequest) -> HttpResponse:
    present = Count("entries", filter=Q(entries__state=State.PRESENT))
    own = Bazaar.objects.filter(partner=request.partner)
    context = {
        "bazaars": own.annotate(entered=Count("entries"), present=present).order_by(
            "-starts_on", "-pk"
        )[:PAGE],
        "funnel": funnel_of([request.partner])[0].steps(),
    }
    return render(request, "partners/bazaars.html", context)


@require_safe
@partner_member()
def bazaar(request: PartnerRequest, slug: str) -> HttpResponse:
    """One bazaar; people stand there by their code alone, which the partner knows them by."""
    found = _bazaar(request, slug)
    after = whole_in(request.GET.get("setelah", "")) or 0
    rows = found.entries.filter(pk__gt=after).order_by("pk")
    shown = list(rows.values_list("pk", "participant__code", "state")[: PAGE + 1])
    labels = dict(State.choices)
    figures = figures_of(found)
    context = {
        "bazaar": found,
        "figures": figures,
        "amount": money.format_rupiah(figures.amount),
        "entries": [(pk, codes.display(code), s, labels[s]) for pk, code, s in shown[:PAGE]],
        "next": shown[PAGE - 1][0] if len(shown) > PAGE else None,
    }
    return render(request, "partners/bazaar.html", context)


@require_POST
@partner_member(MANAGER, UPLOADER)
def mark(request: PartnerRequest, slug: str) -> HttpResponse:
    """Write down for the chosen people whether they came."""
    found = _bazaar(request, slug)
    chosen = [pk for text in request.POST.getlist("peserta") if (pk := whole_in(text))]
    state = State.PRESENT if request.POST.get("hadir") == "ya" else State.ABSENT
    rows = found.entries.filter(pk__in=chosen[: PAGE * 2])
    count = mark_entries(rows, state=state, by=request.user, now=timezone.now())
    messages.success(request, f"{count} peserta dicatat: {state.label.lower()}.")
    return redirect("partner:bazaar", slug)


def _bazaar(request: PartnerRequest, slug: str) -> Bazaar:
    return get_object_or_404(Bazaar, partner=request.partner, slug=slug)
