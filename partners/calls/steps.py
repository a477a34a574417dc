"""The way of an application to the curator: the steps that its call lists, each by its office.

The dinas's own curation lists all three steps of `CurationCall.STEPS`, a call where the partner
decides alone lists none: both are the same flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from partners.calls import messages
from partners.models import Application, ApplicationEvent, CurationCall
from umkm_portal.accounts.models import Membership, User

State = Application.State
Step = CurationCall.Step
Role = Membership.Role

REACHES = {
    Step.VERIFY: State.VERIFIED,
    Step.VALIDATE: State.VALIDATED,
    Step.FORWARD: State.FORWARDED,
}
ORDER = (State.SUBMITTED, State.VERIFIED, State.VALIDATED, State.FORWARDED)
OFFICES: dict[Step, frozenset[str]] = {
    Step.VERIFY: frozenset({Role.DISTRICT, Role.CITY_OFFICE, Role.HEAD_OFFICE}),
    Step.VALIDATE: frozenset({Role.DISTRICT, Role.CITY_OFFICE, Role.HEAD_OFFICE}),
    Step.FORWARD: frozenset({Role.HEAD_OFFICE}),
}
"""Who takes a step; in which area is told by `Application.objects.for_user`."""


class StepRefused(Exception):
    """The step cannot be taken; `str()` is the sentence for staff."""


class Progress(NamedTuple):
    """What came of several applications at once."""

    taken: int
    refusals: list[str]


def next_step(call: CurationCall, state: str) -> Step | None:
    """The step that an application in this state waits for; None when it is at the curator."""
    if state not in ORDER:
        return None
    reached = ORDER.index(State(state))
    return next(
        (s for s in CurationCall.STEPS if s in call.steps and ORDER.index(REACHES[s]) > reached),
        None,
    )


def may_take(user: User, step: Step | None) -> bool:
    """Whether one of her roles of today takes this step, wherever she serves."""
    if step is None:
        return False
    return user.is_superuser or bool(OFFICES[step] & roles_of(user))


def roles_of(user: User) -> set[str]:
    return set(user.memberships.current().values_list("role", flat=True))


@transaction.atomic
def take_step(application: Application, *, by: User, note: str = "", now: datetime) -> Application:
    """Move an application one step on. Raises StepRefused.

    Who examined an application does not confirm it as well: two people look at it.
    """
    found = _locked(application, by=by)
    step = next_step(found.call, found.state)
    if step is None:
        raise StepRefused("Lamaran ini tidak menunggu langkah apa pun. Muat ulang halamannya.")
    if not may_take(by, step):
        raise StepRefused(f"Langkah “{step.label}” bukan untuk peran Anda.")
    if step == Step.VALIDATE and not by.is_superuser and _verified_by(found) == by.pk:
        raise StepRefused("Anda yang memeriksa lamaran ini. Pengesahan oleh petugas lain.")
    return _write(found, REACHES[step], by=by, note=note, now=now)


@transaction.atomic
def return_application(
    application: Application, *, by: User, note: str, now: datetime
) -> Application:
    """Give an application back to its owner with what to repair, and tell her.

    Raises StepRefused without a reason, and for who could not take its next step.
    """
    found = _locked(application, by=by)
    if not note.strip():
        raise StepRefused("Tulis apa yang harus diperbaiki, supaya pemilik usaha tahu.")
    if not may_take(by, next_step(found.call, found.state)):
        raise StepRefused("Lamaran ini tidak menunggu langkah dari peran Anda.")
    returned = _write(found, State.RETURNED, by=by, note=note, now=now)
    messages.tell_returned(returned, now=now)
    return returned


def take_steps(applications: Iterable[Application], *, by: User, now: datetime) -> Progress:
    """Move each of these one step on; what is refused stays where it is and says why."""
    taken, refusals = 0, []
    for application in applications:
        try:
            take_step(application, by=by, now=now)
        except StepRefused as refusal:
            refusals.append(f"{application.participant.full_name}: {refusal}")
        else:
            taken += 1
    return Progress(taken, refusals)


def waiting_for(call: CurationCall) -> Sequence[tuple[Step, int]]:
    """The steps of a call with how many applications wait for each; one query."""
    states = list(call.applications.live().values_list("state", flat=True))
    return [
        (step, sum(next_step(call, state) == step for state in states))
        for step in CurationCall.STEPS
        if step in call.steps
    ]


def _locked(application: Application, *, by: User) -> Application:
    rows = Application.objects.for_user(by).select_related("call", "participant")
    found = rows.select_for_update(of=("self",)).filter(pk=application.pk).first()
    if found is None:
        raise StepRefused("Lamaran ini di luar wilayah Anda.")
    if found.call.state == CurationCall.State.CANCELLED:
        raise StepRefused("Kurasi ini sudah dibatalkan.")
    return found


def _verified_by(application: Application) -> int | None:
    events = application.events.filter(state=State.VERIFIED).order_by("-pk")
    return events.values_list("actor", flat=True).first()


def _write(
    application: Application, to: State, *, by: User, note: str, now: datetime
) -> Application:
    application.state, application.note = to, note[:300]
    application.save(update_fields=["state", "note"])
    ApplicationEvent.objects.create(
        application=application, state=to, actor=by, note=note[:300], happened_at=now
    )
    return application
