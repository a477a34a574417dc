"""For businesses outside Jakarta: the classes open to them, and the dinas of their own city."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from participants.offices import office_of
from trainings.models import Cohort
from trainings.schedule import in_words, open_cohorts, waves
from umkm_portal.pages.registration import places
from umkm_portal.regions.models import Region

SHOWN = 6


@require_safe
def outside(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    cities = Region.objects.valid().filter(level=Region.Level.CITY)
    cities = cities.exclude(code__startswith=Region.JAKARTA).select_related("parent")
    cohorts = open_cohorts(now=now).filter(eligibility=Cohort.Eligibility.ANYONE)
    city = cities.filter(code=request.GET.get("kota", "")[:13]).first()
    context = {
        "now": now,
        "city": city,
        "office": office_of(city),
        "cities": places.choices_in(places.OUTSIDE) if city is None else [],
        "waves": waves(in_words(cohorts)[:SHOWN], now=now),
    }
    return render(request, "pages/registration/outside.html", context)
