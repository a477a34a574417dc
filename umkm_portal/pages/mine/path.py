"""The way P1 to P7 of one person, as dated milestones with the next thing to do."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from participants.models import LicenceRequest, Participant, Stage
from trainings.models import Enrolment
from umkm_portal.common.dates import MONTHS


@dataclass(frozen=True)
class Milestone:
    """One of the seven steps: `state` is done, now or empty; `link` leads to what she can do."""

    code: str
    name: str
    text: str
    state: str = ""
    link: str = ""
    verb: str = ""


def milestones(person: Participant, *, now: datetime) -> list[Milestone]:
    """All seven steps; corrected and void events are left out. Five queries."""
    days: dict[str, list[tuple[date, str]]] = defaultdict(list)
    events = person.stage_events.standing().order_by("occurred_on", "pk")
    for code, day, agency in events.values_list("stage", "occurred_on", "organisation__name"):
        days[code].append((day, agency or ""))
    going = _going_on(person, now=now)
    return [_milestone(stage, days[stage.code], going) for stage in Stage.objects.order_by("code")]


def summary(steps: list[Milestone]) -> str:
    """`1 dari 7 langkah selesai, 1 sedang berjalan`."""
    done = sum(step.state == "done" for step in steps)
    now = sum(step.state == "now" for step in steps)
    running = f", {now} sedang berjalan" if now else ""
    return f"{done} dari {len(steps)} langkah selesai{running}"


def day_in_words(day: date) -> str:
    """`14 Oktober 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _milestone(stage: Stage, days: list[tuple[date, str]], going: dict[str, str]) -> Milestone:
    link, verb = ACTIONS.get(stage.code, ("", ""))
    address = reverse(link) if link else ""
    text = going.get(stage.code, "")
    if text and stage.code in RUNNING:
        return Milestone(stage.code, stage.name, text, "now", address, verb)
    if days:
        before = f" ({len(days)} kali)" if len(days) > 1 else ""
        day, agency = days[-1]
        through = f" lewat {agency}" if agency and stage.code == TRAINED else ""
        text = f"Selesai {day_in_words(day)}{through}{before}"
        return Milestone(stage.code, stage.name, text, "done")
    return Milestone(stage.code, stage.name, text or stage.summary, "", address, verb)


TRAINED = "P2"
"""The step that says which agency's class it was."""
RUNNING = {TRAINED, "P4"}
"""Steps that can be seen to be under way; being accompanied (P3) has no beginning or end."""
ACTIONS = {
    "P2": ("trainings:schedule", "Lihat jadwal"),
    "P4": ("mine:licences", "Urus izin"),
    "P5": ("mine:businesses", "Isi tautan toko"),
    "P6": ("mine:businesses", "Catat omzet"),
}


def _going_on(person: Participant, *, now: datetime) -> dict[str, str]:
    """What can be said of steps right now, in a sentence each."""
    found = {}
    seat = (
        Enrolment.objects.filter(participant=person, state=Enrolment.State.CONFIRMED)
        .exclude(cohort__ends_at__lt=now)
        .select_related("cohort__training")
        .order_by("cohort__starts_at", "pk")
        .first()
    )
    if seat:
        found["P2"] = f"{seat.cohort.training.title}, Gelombang {seat.cohort.number}"
    mentorship = (
        person.mentorships.filter(ended_on=None)
        .select_related("organisation", "mentor")
        .order_by("-pk")
        .first()
    )
    if mentorship:
        names = [
            mentorship.mentor.full_name if mentorship.mentor else "",
            str(mentorship.organisation),
        ]
        found["P3"] = f"Pendamping: {', '.join(filter(None, names))}"
    licence = person.licence_requests.filter(state__in=LicenceRequest.LIVE).order_by("-pk").first()
    if licence:
        found["P4"] = f"{licence.get_kind_display()}: {licence.get_state_display().lower()}"
    return found
