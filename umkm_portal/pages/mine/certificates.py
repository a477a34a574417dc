"""Her certificates, how far she is on the way to the next one, and what was taught."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from participants.models import Participant
from trainings.certificates.showing import standings_of
from trainings.models import Enrolment
from umkm_portal.pages.mine.people import for_person

SHOWN = 50


@require_safe
@for_person
def certificates(request: HttpRequest, person: Participant) -> HttpResponse:
    """Every class of hers that has begun, the newest first."""
    places = Enrolment.objects.seated().filter(participant=person)
    rows = list(places.select_related("cohort__training").order_by("-cohort__starts_at", "-pk"))
    standings = standings_of(rows[:SHOWN], now=timezone.now())
    shown = [(row, standings[row.pk]) for row in rows if row.pk in standings]
    return render(request, "pages/mine/certificates.html", {"mine": person, "rows": shown})
