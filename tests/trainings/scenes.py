"""People in cohorts as the portal puts them there: with the history that invariants look at."""

from django.utils import timezone

from participants.consents import give_consent
from participants.models import Consent
from tests.factories import ParticipantFactory
from trainings.services import answers, transitions
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import WhatsAppTemplate


def invite(cohort, person=None):
    """An enrolment in the state `invited`, as a round makes it."""
    person = person or ParticipantFactory()
    return transitions.create(cohort, person, now=timezone.now(), via="sistem")


def seat(cohort, person=None):
    """Somebody who said yes: with a seat while one is free, else in the line."""
    return answers.accept(invite(cohort, person), now=timezone.now(), via="tautan")


def refuse(cohort, person):
    """Somebody who said no to this cohort."""
    return answers.decline(invite(cohort, person), reason="", now=timezone.now(), via="tautan")


def willing(**facts):
    """Somebody who agreed to WhatsApp."""
    person = ParticipantFactory(**facts)
    give_consent(
        person,
        purpose=Consent.Purpose.WHATSAPP,
        channel="loket",
        actor=None,
        now=timezone.now(),
    )
    return person


def approve_text(server, *kinds):
    """WhatsApp approves a text of three values for each of these kinds."""
    for kind in kinds:
        body = f"{kind.label}: {{{{1}}}}, {{{{2}}}}. {{{{3}}}}"
        server.approve(kind.name, body)
        WhatsAppTemplate.objects.create(
            account=default_account("whatsapp"),
            name=kind.name,
            kind=kind.name,
            body=body,
            parameter_count=3,
            parameters=["nama", "judul", "tautan"],
            state=WhatsAppTemplate.State.APPROVED,
        )
