"""Her businesses: what they make, where they sell, what they earn."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from participants.models import Business, Participant
from participants.profiles import (
    BUSINESS_COLUMNS,
    ProfileRefused,
    add_channel,
    remove_channel,
    state_revenue,
    write_business,
)
from umkm_portal.common import money
from umkm_portal.common.numbers import whole_in
from umkm_portal.pages.mine.forms import BusinessForm, ChannelForm, RevenueForm, month_in_words
from umkm_portal.pages.mine.people import account_of, for_person

SHOWN = 24
"""Statements of sales shown: two years of months."""


@require_safe
@for_person
def businesses(request: HttpRequest, person: Participant) -> HttpResponse:
    rows = person.businesses.select_related("sector").prefetch_related("channels").order_by("pk")
    return render(request, "pages/mine/businesses.html", {"mine": person, "businesses": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def business(request: HttpRequest, person: Participant, pk: int | None = None) -> HttpResponse:
    row = _own(person, pk) if pk else None
    form = BusinessForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in BUSINESS_COLUMNS}
        saved = write_business(person, row, facts=facts)
        words = f" Omzet setahun: {_amount(saved.yearly_sales)}." if saved.yearly_sales else ""
        messages.success(request, f"Data usaha disimpan.{words}")
        return redirect("mine:business", saved.pk)
    return _page(request, person, row, form=form, status=422 if form.is_bound else 200)


@require_POST
@for_person
def channels(request: HttpRequest, person: Participant, pk: int) -> HttpResponse:
    """Add a place where she sells, or remove the one whose button was pressed."""
    row = _own(person, pk)
    if (gone := whole_in(request.POST.get("hapus", ""))) is not None:
        if remove_channel(row, gone):
            messages.success(request, "Tempat jual dihapus.")
        return redirect("mine:business", row.pk)
    form = ChannelForm(request.POST)
    if form.is_valid():
        try:
            add_channel(row, **form.cleaned_data)
        except ProfileRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Tempat jual ditambahkan.")
            return redirect("mine:business", row.pk)
    return _page(request, person, row, channel_form=form, status=422)


@require_POST
@for_person
def revenue(request: HttpRequest, person: Participant, pk: int) -> HttpResponse:
    row, now = _own(person, pk), timezone.now()
    form = RevenueForm(request.POST, today=timezone.localdate(now))
    if form.is_valid():
        first, last = form.period()
        amount, account = form.cleaned_data["amount"], account_of(request)
        try:
            state_revenue(row, first=first, last=last, amount=amount, actor=account, now=now)
        except ProfileRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Omzet {month_in_words(first)}: {_amount(amount)}.")
            return redirect("mine:business", row.pk)
    return _page(request, person, row, revenue_form=form, status=422)


def _own(person: Participant, pk: int) -> Business:
    return get_object_or_404(person.businesses, pk=pk)


def _amount(amount: int | None) -> str:
    """`Rp5.000.000 (lima juta rupiah)`."""
    return f"{money.format_rupiah(amount or 0)} ({money.in_words(amount or 0)})"


def _page(
    request: HttpRequest,
    person: Participant,
    row: Business | None,
    *,
    form: BusinessForm | None = None,
    channel_form: ChannelForm | None = None,
    revenue_form: RevenueForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one business with its three forms; `row` is None for a new one."""
    today = timezone.localdate()
    context: dict[str, object] = {"mine": person, "business": row}
    context["form"] = form or BusinessForm(instance=row)
    context["failed"] = next(
        (one for one in (form, channel_form, revenue_form) if one and one.is_bound), None
    )
    if row:
        stated = row.revenues.order_by("-period_start", "-pk")[:SHOWN]
        context |= {
            "channel_form": channel_form or ChannelForm(),
            "revenue_form": revenue_form or RevenueForm(today=today),
            "channels": row.channels.order_by("pk"),
            "revenues": [
                (one, month_in_words(one.period_start), _amount(one.amount)) for one in stated
            ],
            "scale": Business.Scale(row.scale).label,
        }
    return render(request, "pages/mine/business.html", context, status=status)
