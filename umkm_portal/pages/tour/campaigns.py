"""How far the part of the tour about campaigns has come, read from rows."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from django.db.models import Sum
from django.utils import timezone

from participants.models import Participant
from umkm_portal.messaging.models import Campaign, Delivery, QueuePulse, Reply
from umkm_portal.messaging.operations.pulses import silent_since
from umkm_portal.pages.demo.announcing import SENT
from umkm_portal.pages.demo.people import OWNER_EMAIL
from umkm_portal.pages.tour.walk import OFFICER, STATES

DONE_WITH = (Reply.State.ANSWERED, Reply.State.CLOSED)
ARRIVED = ("accepted", "delivered", "read")


class CampaignWalk:
    """The rows of these steps as they stand now; each fact is asked once."""

    def __init__(self) -> None:
        self.now: datetime = timezone.now()

    @cached_property
    def campaign(self) -> Campaign | None:
        """What the practice officer made at the desk last, or sent last."""
        rows = Campaign.objects.filter(created_by__email=OFFICER, plan__isnull=False)
        rows = rows.exclude(pk__in=Campaign.objects.tests()).select_related("plan")
        sent = rows.exclude(state=Campaign.State.DRAFT)
        return sent.order_by("pk").last() or rows.order_by("pk").last()

    @property
    def reached(self) -> int:
        """People who get it, as far as that is known."""
        if not self.campaign:
            return 0
        return self.campaign.audience_count or self.campaign.plan.figures.get("reached", 0)

    @property
    def is_sent(self) -> bool:
        return bool(self.campaign and self.campaign.state != Campaign.State.DRAFT)

    @cached_property
    def counts(self) -> dict[str, int]:
        if not self.campaign:
            return dict.fromkeys(STATES, 0)
        return self.campaign.batches.aggregate(**{s: Sum(s, default=0) for s in STATES})

    @property
    def sent(self) -> int:
        return sum(self.counts[state] for state in ARRIVED)

    @property
    def was_paused(self) -> bool:
        return bool(self.campaign and "paused_by" in self.campaign.options)

    @property
    def is_over(self) -> bool:
        return bool(self.campaign and self.campaign.state == Campaign.State.DONE)

    @cached_property
    def troubled(self) -> Campaign | None:
        """The campaign of the practice data in which not everything went well."""
        return Campaign.objects.filter(title=SENT, kind="announcement").order_by("pk").first()

    @cached_property
    def uncertain(self) -> int:
        rows = self.troubled.deliveries if self.troubled else Delivery.objects.none()
        return rows.filter(state=Delivery.State.UNCERTAIN).count()

    @cached_property
    def resolved(self) -> int:
        """Messages of that campaign whose end somebody looked up."""
        rows = self.troubled.deliveries if self.troubled else Delivery.objects.none()
        return rows.filter(actor__isnull=False).count()

    @cached_property
    def has_answered(self) -> bool:
        """A reply was answered or closed by somebody."""
        return Reply.objects.filter(state__in=DONE_WITH, handled_by__isnull=False).exists()

    @cached_property
    def told(self) -> Delivery | None:
        """A message of the officer's campaign that left: the stall owner's, else the first."""
        if not self.is_sent or not self.campaign:
            return None
        rows = self.campaign.deliveries.filter(state__in=ARRIVED).order_by("pk")
        owner = Participant.objects.filter(email=OWNER_EMAIL).values("pk")
        return rows.filter(recipient_key__in=owner).first() or rows.first()

    @cached_property
    def person(self) -> Participant | None:
        """Who got that message; before that the stall owner."""
        if self.told:
            return Participant.objects.filter(pk=self.told.recipient_key).first()
        return Participant.objects.filter(email=OWNER_EMAIL).first()

    @cached_property
    def are_queues_alive(self) -> bool:
        return QueuePulse.objects.exists() and not silent_since(now=self.now)
