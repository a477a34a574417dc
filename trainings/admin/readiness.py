"""How ready a cohort is, its money, opening it, and a month of cohorts at a glance."""

from datetime import date, datetime, time

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from trainings.models import Cohort, Programme
from trainings.planning import money, readiness
from trainings.planning.money import Money
from trainings.planning.trainers import fees_of
from umkm_portal.common import bars
from umkm_portal.common.dates import JAKARTA, MONTHS
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.numbers import whole_in

PLANNED = (Cohort.State.DRAFT, Cohort.State.OPEN, Cohort.State.CLOSED)
MOST = 200
"""Cohorts on the page of a month; the rest is told by a sentence."""


def readiness_bar(found):
    pieces = [("green", "siap", found.done), ("yellow", "kurang", len(found.missing))]
    return bars.draw(pieces, total=len(found.items))


def panel(request, cohort):
    """The blocks about readiness and money above the form of a cohort."""
    found = readiness.readiness_of(cohort, now=timezone.now())
    own = money.cohort_money([cohort.pk]).get(cohort.pk, Money())
    fees = fees_of(cohort)
    is_draft = cohort.state == Cohort.State.DRAFT
    return {
        "readiness": found,
        "readiness_bar": readiness_bar(found),
        "may_open": is_draft and request.user.has_perm("trainings.change_cohort"),
        "money_rows": money_rows(own),
        "money_bar": money.draw(own),
        "fees": format_rupiah(fees.wanted),
        "fees_lacking": format_rupiah(fees.lacking) if fees.lacking else "",
        **programme_block(cohort.training.programme),
    }


def programme_block(programme):
    """What the programme has left, where the training belongs to one."""
    if programme is None:
        return {"programme": None}
    all_of_it = money.programme_money([programme.pk]).get(programme.pk, Money())
    has_ceiling = programme.budget is not None
    left = programme.budget - all_of_it.claimed if has_ceiling else 0
    return {
        "programme": programme,
        "programme_bar": money.draw(all_of_it, whole=programme.budget),
        "ceiling": format_rupiah(programme.budget) if has_ceiling else "",
        "left": format_rupiah(left),
        "is_over": left < 0,
    }


def money_rows(own):
    """(tone, words, amount) of planned, promised and paid money."""
    return [
        ("teal", "Rencana", format_rupiah(own.planned)),
        ("yellow", "Terikat", format_rupiah(own.committed)),
        ("green", "Terpakai", format_rupiah(own.spent)),
    ]


def open_now(request, cohort, context):
    """The button: open a draft, ready or with a reason."""
    try:
        opened = readiness.open_cohort(
            cohort,
            by=request.user,
            now=timezone.now(),
            override_reason=request.POST.get("reason", ""),
        )
    except readiness.OpeningRefused as refusal:
        messages.error(request, str(refusal))
    else:
        told = f" walau belum siap: {opened.override_reason}" if opened.override_reason else ""
        context["log"](f"Dibuka{told}")
        messages.success(request, "Gelombang dibuka. Pendaftaran berjalan sesuai tanggalnya.")
    return redirect("admin:trainings_cohort_change", cohort.pk)


def month(request, context):
    """What every cohort of one month still lacks; those without a date stand below."""
    if not request.user.has_perm("trainings.view_cohort"):
        raise PermissionDenied
    first = month_of(request.GET.get("bulan", ""))
    rows = Cohort.objects.for_user(request.user).filter(state__in=PLANNED)
    programmes = Programme.objects.order_by("-year", "name", "pk")
    chosen = whole_in(request.GET.get("program", ""))
    if chosen is not None:
        rows = rows.filter(training__programme=chosen)
    dated = rows.filter(Q(starts_at__gte=start_of(first), starts_at__lt=start_of(after(first))))
    dated = dated.order_by("starts_at", "pk")[: MOST + 1]
    undated = rows.filter(starts_at__isnull=True).order_by("pk")[:MOST]
    cohorts = [*dated[:MOST], *undated]
    found = readiness.readiness_of_many(cohorts, now=timezone.now())
    only_lacking = request.GET.get("hanya") == "kurang"
    context |= {
        "title": f"Kesiapan gelombang {MONTHS[first.month - 1]} {first.year}",
        "month": first,
        "before": before(first),
        "after": after(first),
        "programmes": programmes,
        "chosen": chosen,
        "only_lacking": only_lacking,
        "titles": readiness.TITLES.values(),
        "dated": _lines(found, has_date=True, only_lacking=only_lacking),
        "undated": _lines(found, has_date=False, only_lacking=only_lacking),
        "ready_count": sum(one.is_ready for one in found if one.cohort.starts_at),
        "count": sum(one.cohort.starts_at is not None for one in found),
        "lacking_counts": _lacking(found),
        "calendar": reverse("admin:trainings_cohort_calendar"),
    }
    return TemplateResponse(request, "staff/cohort_month.html", context)


def _lines(found, *, has_date, only_lacking):
    return [
        one
        for one in found
        if (one.cohort.starts_at is not None) == has_date and not (only_lacking and one.is_ready)
    ]


def _lacking(found):
    """(title, how many of the month lack it), the largest first."""
    counts = dict.fromkeys(readiness.TITLES.values(), 0)
    for one in found:
        for item in one.missing if one.cohort.starts_at else ():
            counts[item.title] += 1
    return sorted(((t, n) for t, n in counts.items() if n), key=lambda pair: -pair[1])


def month_of(text):
    """The first day of a month written 2026-12; this month for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return timezone.localdate().replace(day=1)


def after(first):
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def before(first):
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)


def start_of(day):
    return datetime.combine(day, time(), tzinfo=JAKARTA)
