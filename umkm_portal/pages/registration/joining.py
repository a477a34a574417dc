"""Whoever is registered already goes straight from a class to its seat."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from participants.models import Participant
from trainings.models import Cohort, Enrolment
from trainings.services import answers
from trainings.services.joining import join_uninvited
from umkm_portal.accounts.models import User
from umkm_portal.pages.registration import session
from umkm_portal.pages.registration.services import cohort_of, page_of
from umkm_portal.pages.registration.showing import show
from umkm_portal.pages.registration.topics import START

REFUSED = 409


def url_of(cohort: Cohort) -> str:
    return f"{reverse('registration:join')}?{urlencode({'gelombang': cohort.code})}"


def people_here(request: HttpRequest, *, now: datetime) -> list[Participant]:
    """Who may be brought to a class here: the people of the account, or just registered here."""
    people = Participant.objects.living()
    account = request.user
    if isinstance(account, User) and not account.is_staff:
        found = people.filter(account=account)
    else:
        draft = session.current(request, now=now) if session.is_proved(request) else None
        found = people.filter(registrations=draft) if draft else people.none()
    return list(found.order_by("pk"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    cohort = cohort_of((request.POST or request.GET).get("gelombang", ""))
    people = people_here(request, now=now)
    if cohort is None:
        return redirect("trainings:schedule")
    if not people:
        return redirect(f"{reverse(START)}?{urlencode({'gelombang': cohort.code})}")
    refusal = ""
    if request.method == "POST":
        person = _chosen(request, people)
        if person:
            try:
                return redirect(page_of(join_uninvited(cohort, person, now=now)))
            except answers.AnswerRefused as refused:
                refusal = str(refused)
        else:
            refusal = "Pilih siapa yang ikut."
    return show(
        request,
        "join",
        draft=None,
        now=now,
        cohort_code=cohort.code,
        people=people,
        refusal=refusal,
        places=_places(cohort, people),
        status=REFUSED if refusal else 200,
    )


def _chosen(request: HttpRequest, people: list[Participant]) -> Participant | None:
    if len(people) == 1:
        return people[0]
    return next((row for row in people if row.code == request.POST.get("peserta")), None)


def _places(cohort: Cohort, people: list[Participant]) -> list[dict[str, str]]:
    """Who of them has a seat or a place in the line here already."""
    rows = Enrolment.objects.filter(
        cohort=cohort,
        participant__in=people,
        state__in=[*Enrolment.SEATED, Enrolment.State.WAITLISTED],
    )
    return [
        {"name": row.participant.full_name, "url": page_of(row), "state": row.get_state_display()}
        for row in rows.select_related("participant").order_by("pk")
    ]
