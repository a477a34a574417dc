"""The first page of an owner: what to answer, where to go, how far she is."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from participants.models import Participant
from participants.registration import drafts
from trainings.aftermath.asking import Ask, asks_of
from trainings.certificates.showing import standings_of
from trainings.models import Cohort, Enrolment
from trainings.panels import ASKED, facts_of
from trainings.schedule import in_words
from trainings.services.answers import VIA_ACCOUNT
from trainings.views.aftermath import ask_absence, ask_feedback
from trainings.views.answers import respond
from umkm_portal.common import codes
from umkm_portal.pages.mine.calls import curations_of
from umkm_portal.pages.mine.path import milestones, summary
from umkm_portal.pages.mine.people import account_of, choose, chosen_person, for_person, people_of
from umkm_portal.pages.registration.returning import Waiting
from umkm_portal.pages.registration.returning import in_words as draft_in_words

State = Enrolment.State
SHOWN = 20
"""Classes shown; who has more finds the newest."""
CALLED = 24
"""Letters of a name in the heading; the rest of a longer one stands below it."""
PAST = (State.ATTENDED, State.COMPLETED, State.NO_SHOW)


@never_cache
@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    if chosen_person(request) is None:
        unfinished = _unfinished(request, now=timezone.now())
        return render(request, "pages/mine/nobody.html", {"unfinished": unfinished})
    return _home(request)


@for_person
def _home(request: HttpRequest, person: Participant) -> HttpResponse:
    now = timezone.now()
    classes = _classes(person, now=now)
    steps = milestones(person, now=now)
    businesses = list(person.businesses.select_related("sector").order_by("pk")[:1])
    context = {
        "mine": person,
        "unfinished": _unfinished(request, now=now),
        "greeting": greeting(now),
        "called": called(person.full_name),
        "business": businesses[0] if businesses else None,
        "place": place_of(person),
        "has_others": people_of(request).count() > 1,
        "asked": [facts for facts in classes if facts["is_asked"]],
        "tickets": [facts for facts in classes if facts["ticket"] and facts["is_ahead"]],
        "waiting": [facts for facts in classes if facts["queue_position"]],
        "others": [facts for facts in classes if facts["is_other"]],
        "questions": [facts for facts in classes if _is_asked(facts["ask"])],
        "past": [facts for facts in classes if facts["is_past"]],
        "steps": steps,
        "summary": summary(steps),
        **curations_of(person),
    }
    return render(request, "pages/mine/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def class_page(request: HttpRequest, person: Participant, public_id: uuid.UUID) -> HttpResponse:
    """One class of hers: the same page and the same refusals as behind the link of a message."""
    enrolment = _class_of(person, public_id)
    now, back = timezone.now(), request.path.rpartition("kelas/")[0]
    return respond(request, enrolment, via=VIA_ACCOUNT, now=now, back=back, address_of=_address_of)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def feedback(request: HttpRequest, person: Participant, public_id: uuid.UUID) -> HttpResponse:
    """What one class of hers was like: the same page as behind the link of the message."""
    enrolment = _class_of(person, public_id)
    return ask_feedback(request, enrolment, via=VIA_ACCOUNT, now=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def absence(request: HttpRequest, person: Participant, public_id: uuid.UUID) -> HttpResponse:
    """Why she did not come to one class of hers."""
    enrolment = _class_of(person, public_id)
    return ask_absence(request, enrolment, via=VIA_ACCOUNT, now=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def switch(request: HttpRequest, person: Participant) -> HttpResponse:
    """Choose whose pages to see; only people of this account are there to be chosen."""
    people = people_of(request)
    if request.method == "POST":
        code = codes.normalise(request.POST.get("kode", ""))
        chosen = people.filter(code=code).first()
        if chosen is None:
            raise Http404
        choose(request, chosen)
        messages.success(request, f"Sekarang Anda melihat halaman {chosen.full_name}.")
        return redirect("mine:home")
    shown = [(one, codes.display(one.code)) for one in people.prefetch_related("businesses")]
    return render(request, "pages/mine/switch.html", {"mine": person, "people": shown})


def _class_of(person: Participant, public_id: uuid.UUID) -> Enrolment:
    rows = Enrolment.objects.select_related("participant", "cohort")
    return get_object_or_404(rows, public_id=public_id, participant=person)


def _address_of(enrolment: Enrolment) -> str:
    return reverse("mine:class", args=[enrolment.public_id])


def greeting(now: datetime) -> str:
    """`Selamat pagi` until 11, siang until 15, sore until 18, malam after (WIB)."""
    hour = timezone.localtime(now).hour
    words = ((4, "malam"), (11, "pagi"), (15, "siang"), (18, "sore"), (24, "malam"))
    return f"Selamat {next(word for end, word in words if hour < end)}"


def called(name: str) -> str:
    """The first words of a name that fit a heading on a phone: at least one, all where they fit."""
    words = name.split()
    while len(words) > 1 and len(" ".join(words)) > CALLED:
        words.pop()
    return " ".join(words)


def place_of(person: Participant) -> str:
    """`Gelora, Tanah Abang`: her region and what it lies in."""
    region = person.region
    if region is None:
        return ""
    return ", ".join(filter(None, [region.name, region.parent.name if region.parent else ""]))


def _is_asked(ask: object) -> bool:
    return isinstance(ask, Ask) and not ask.is_answered


def _unfinished(request: HttpRequest, *, now: datetime) -> list[Waiting]:
    """Registrations of this account, its own or of the family, that were never sent."""
    found = drafts.unfinished(drafts.proved_by(account_of(request)), now=now)
    return [draft_in_words(draft) for draft in found]


def _classes(person: Participant, *, now: datetime) -> list[dict[str, object]]:
    """Her enrolments in words, the soonest class first."""
    newest = Enrolment.objects.filter(participant=person).select_related("participant")
    rows = list(newest.order_by("-pk")[:SHOWN])
    cohorts = in_words(Cohort.objects.all()).in_bulk({row.cohort_id for row in rows})
    found = [_facts(row, cohorts[row.cohort_id], now=now) for row in rows]
    asks = asks_of(rows, now=now)
    standings = standings_of(rows, now=now)
    for row, facts in zip(rows, found, strict=True):
        facts["ask"] = asks.get(row.pk)
        facts["standing"] = standings.get(row.pk)
    return sorted(found, key=lambda facts: (facts["starts_at"] is None, facts["starts_at"] or now))


def _facts(enrolment: Enrolment, cohort: Cohort, *, now: datetime) -> dict[str, object]:
    facts = facts_of(enrolment, cohort, now=now)
    state = State(enrolment.state)
    is_over = cohort.ends_at is not None and cohort.ends_at < now
    is_past = state in PAST or (state == State.CONFIRMED and is_over)
    is_shown = facts["is_asked"] or facts["ticket"] or facts["queue_position"]
    return facts | {
        "public_id": enrolment.public_id,
        "state_label": state.label,
        "starts_at": cohort.starts_at,
        "is_ahead": not is_over,
        "is_past": is_past,
        "is_other": not is_shown and not is_past and bool(facts["is_running"] or state in ASKED),
    }
