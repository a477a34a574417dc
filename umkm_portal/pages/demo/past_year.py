"""An announcement of more than a year ago: told of in figures and histories, its rows archived."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from participants.audiences.messages import ANNOUNCEMENT
from participants.models import Participant
from umkm_portal.accounts.models import User
from umkm_portal.messaging import ledger
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.archive import running
from umkm_portal.messaging.models import AudienceMember, Campaign, Delivery
from umkm_portal.messaging.services.campaigns import finish_campaign

TITLE = "Bazar tahun lalu: pendaftaran dibuka"
PEOPLE = 60


@transaction.atomic
def remember_last_year(*, staff: User, now: datetime) -> None:
    """Write it down as it was sent then, and let the night's retention take it; once.

    Nobody is written to: the messages count as delivered before anybody could see them wait.
    """
    if Campaign.objects.filter(title=TITLE).exists():
        return
    then = now - timedelta(days=settings.ARCHIVE_AFTER_DAYS + 30)
    people = Participant.objects.living().unrestricted().exclude(email="").order_by("pk")
    keys = list(people.values_list("pk", flat=True)[:PEOPLE])
    campaign = messaging.create_campaign(
        ANNOUNCEMENT, subject_id=None, title=TITLE, actor=staff, now=then
    )
    AudienceMember.objects.bulk_create(
        AudienceMember(campaign=campaign, position=place, recipient_key=key)
        for place, key in enumerate(keys, 1)
    )
    campaign = messaging.approve_campaign(campaign, actor=staff, now=then)
    campaign = messaging.start_campaign(campaign, now=then)
    messaging.expand_campaign(campaign, now=then)
    campaign.refresh_from_db()
    sent = Delivery.State.DELIVERED
    ledger.move_all(campaign, to=sent, from_states=ledger.WAITING, now=then)
    finish_campaign(campaign, now=then)
    running.run(now)
