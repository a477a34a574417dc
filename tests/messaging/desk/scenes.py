"""Drafts of the desk, ready to go, over real people."""

from django.utils import timezone

from participants.models import Consent
from tests.factories import ParticipantFactory
from umkm_portal.messaging.desk import plans, purposes
from umkm_portal.messaging.desk.texts import TO_WRITE
from umkm_portal.messaging.models import Suppression

EMAIL, WHATSAPP, SMS = "email", "whatsapp", "sms"


def make_plan(actor, *, purpose="announcement", channels=(EMAIL,), now=None, **chosen):
    """A draft whose audience is given by source: `segment=["*semua"]`; counted."""
    now = now or timezone.now()
    plan = plans.create_plan(purposes.find(purpose), title="Bazar Desember", actor=actor, now=now)
    written = {
        channel: {**text, "body": TO_WRITE.sub("Bazar dibuka.", text["body"])}
        for channel, text in plan.texts.items()
    }
    plan = plans.change_plan(
        plan,
        actor=actor,
        now=now,
        campaign={"channels": list(channels)},
        texts=written,
        audience={name: {"values": values} for name, values in chosen.items()},
    )
    return plans.recount(plan, actor=actor, now=now)


def agree(person, event="given", now=None):
    return Consent.objects.create(
        participant=person,
        purpose=Consent.Purpose.WHATSAPP,
        event=event,
        notice_version="1",
        channel="Loket",
        happened_at=now or timezone.now(),
    )


def stop(channel, address, reason="opt_out", purpose="bulk"):
    return Suppression.objects.create(
        channel=channel, address=address, purpose=purpose, reason=reason
    )


def keys(rows):
    return set(rows.values_list("recipient_key", flat=True))


def people(count, **facts):
    return ParticipantFactory.create_batch(count, **facts)
