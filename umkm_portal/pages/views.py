"""The landing page, help, privacy, and the two addresses that machines ask."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from participants.models import Stage
from trainings.forms import by_city, districts
from trainings.models import Cohort
from trainings.schedule import count_by_district, in_words, open_cohorts, waves
from umkm_portal.common.shared_pages import shared_page
from umkm_portal.pages.facts import facts
from umkm_portal.pages.tiles import tiles

SHOWN = 3


@shared_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    cohorts = open_cohorts(now=now)
    in_person = cohorts.filter(mode=Cohort.Mode.IN_PERSON, starts_at__isnull=False)
    counts = count_by_district(cohorts)
    regions = districts()
    context = {
        "now": now,
        "waves": waves(in_words(cohorts)[:SHOWN], now=now),
        "wave_count": cohorts.count(),
        "district_waves": waves(in_words(in_person)[:SHOWN], now=now),
        "tiles": tiles(regions, counts),
        "districts": [
            {
                "city": city,
                "districts": [
                    {"code": row.code, "name": row.name, "count": counts[row.code]} for row in rows
                ],
            }
            for city, rows in by_city(regions)
        ],
        "stages": Stage.objects.order_by("code"),
        "facts": facts(),
    }
    return render(request, "pages/home.html", context)


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/privacy.html")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anybody else."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 unless database and broker answer, with the name of the one that does not."""
    checks = {"database": _database_answers(), "cache": _cache_answers()}
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _cache_answers() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        return False
    return True
