"""What trainings know about one person, and about one campaign, for the pages below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.urls import reverse

from participants.models import Participant
from participants.timeline import SHOWN, Moment, register_source
from trainings.after_messages import CERTIFICATE
from trainings.change_messages import COHORT_CANCELLED, SCHEDULE_CHANGED
from trainings.messages import INVITATION
from trainings.models import Cohort, Enrolment, EnrolmentEvent
from umkm_portal.messaging import directory
from umkm_portal.messaging.directory import Subject
from umkm_portal.messaging.models import Campaign

TONES = {
    Enrolment.State.CONFIRMED: "green",
    Enrolment.State.ATTENDED: "green",
    Enrolment.State.COMPLETED: "green",
    Enrolment.State.WAITLISTED: "yellow",
    Enrolment.State.OFFERED: "yellow",
    Enrolment.State.NOT_MINE: "red",
    Enrolment.State.INVITED: "blue",
}


def register() -> None:
    """Tell the page of a person what she did here, and those of campaigns what they are about."""
    register_source(enrolments_of)
    directory.register_lists(INVITATION.name)
    for kind, subject in SUBJECTS.items():
        directory.register_subject(kind, subject)


def enrolments_of(person: Participant) -> Iterable[Moment]:
    """Every step of her enrolments."""
    events = EnrolmentEvent.objects.filter(enrolment__participant=person).select_related(
        "enrolment__cohort__training", "actor"
    )
    for event in events.order_by("-happened_at", "-pk")[:SHOWN]:
        state = Enrolment.State(event.to_state)
        told = [f"lewat {event.via}", str(event.actor or ""), event.note]
        yield Moment(
            event.happened_at,
            f"{_title_of(event.enrolment.cohort)}: {state.label.lower()}",
            ", ".join(filter(None, told)),
            TONES.get(state, "grey"),
        )


def subject_of(campaign: Campaign) -> Subject | None:
    """The cohort that a round of invitations is about."""
    cohort = Cohort.objects.filter(pk=campaign.subject_id or 0).select_related("training").first()
    if cohort is None:
        return None
    return Subject(
        _title_of(cohort),
        reverse("admin:trainings_cohort_answers", args=[cohort.pk]),
        reverse("admin:trainings_cohort_print", args=[cohort.pk]),
    )


def _title_of(cohort: Cohort) -> str:
    return f"{cohort.training.title}, gelombang {cohort.number}"


def changed_subject_of(campaign: Campaign) -> Subject | None:
    """The cohort that moved or was cancelled; whom no message reached stands on its own page."""
    found = subject_of(campaign)
    if found is None:
        return None
    transfer = reverse("admin:trainings_cohort_transfer", args=[campaign.subject_id])
    return found._replace(lists_link=transfer)


def certificate_subject_of(campaign: Campaign) -> Subject | None:
    """The cohort whose certificates are told of; they stand on its own page, to be handed over."""
    found = subject_of(campaign)
    if found is None:
        return None
    tab = reverse("admin:trainings_cohort_certificates", args=[campaign.subject_id])
    return found._replace(lists_link=tab)


SUBJECTS: Mapping[str, Callable[[Campaign], Subject | None]] = {
    INVITATION.name: subject_of,
    SCHEDULE_CHANGED.name: changed_subject_of,
    COHORT_CANCELLED.name: changed_subject_of,
    CERTIFICATE.name: certificate_subject_of,
}
