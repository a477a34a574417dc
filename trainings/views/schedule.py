"""The schedule of cohorts and the page of one cohort."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from trainings.forms import ScheduleFilter
from trainings.models import Cohort, CohortQuerySet
from trainings.schedule import (
    in_district,
    in_words,
    meetings,
    open_cohorts,
    wave,
    waves,
)
from umkm_portal.common.shared_pages import shared_page
from umkm_portal.regions.models import Region

PER_PAGE = 12
NEARBY = 3


@shared_page
@require_safe
def schedule(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = ScheduleFilter(request.GET)
    everything = open_cohorts(now=now)
    page = Paginator(in_words(form.narrow(everything)), PER_PAGE).get_page(
        request.GET.get("halaman")
    )
    found = waves(page.object_list, now=now)
    nearby_title, nearby = ("", everything.none()) if found else _nearby(everything, form)
    context = {
        "now": now,
        "form": form,
        "chosen": form.in_words(),
        "page": page,
        "waves": found,
        "nearby_title": nearby_title,
        "nearby": waves(in_words(nearby), now=now),
        "previous_url": _page_url(request, page.number - 1),
        "next_url": _page_url(request, page.number + 1),
    }
    return render(request, "trainings/schedule.html", context)


@shared_page
@require_safe
def cohort(request: HttpRequest, code: str) -> HttpResponse:
    now = timezone.now()
    row = get_object_or_404(in_words(Cohort.objects.public()), code=code)
    context = {
        "wave": wave(row, now=now),
        "training": row.training,
        "sessions": meetings(row),
        "waiting_count": row.enrolments.waiting().count(),
    }
    return render(request, "trainings/cohort.html", context)


def _nearby(cohorts: CohortQuerySet, form: ScheduleFilter) -> tuple[str, CohortQuerySet]:
    """The nearest thing to an empty answer: the same city, else classes from home."""
    district = form.district()
    if not district:
        return "", cohorts.none()
    city: Region | None = district.parent
    in_city = in_district(cohorts, city.code) if city else cohorts.none()
    if city and in_city.exists():
        return f"Terdekat: {city.short_name}", in_city[:NEARBY]
    return "Bisa diikuti dari rumah", cohorts.filter(mode=Cohort.Mode.ONLINE)[:NEARBY]


def _page_url(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["halaman"] = str(number)
    return f"?{query.urlencode()}"
