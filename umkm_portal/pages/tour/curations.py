"""How far the partner's part of the tour has come, read from rows."""

from __future__ import annotations

from functools import cached_property

from django.utils import timezone

from participants.models import Participant, Segment
from partners.announcing.curated import RULE
from partners.curation.services import list_of
from partners.models import CurationCall, CurationList, CurationResult
from trainings.models import Cohort, InvitationRound
from umkm_portal.embedded.models import CaughtMail
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging.models import Delivery
from umkm_portal.pages.demo.calls import BAZAAR
from umkm_portal.pages.demo.courses import CURATED
from umkm_portal.pages.demo.members import MANAGERS, SHOPEE
from umkm_portal.pages.demo.people import OWNER_EMAIL
from umkm_portal.pages.tour.walk import OFFICER

State = CurationList.State
TOLD = (State.ANNOUNCING, State.ANNOUNCED)


class CurationWalk:
    """The rows of the partner's steps as they stand now; each fact is one query."""

    @cached_property
    def call(self) -> CurationCall | None:
        return CurationCall.objects.filter(slug=BAZAAR).first()

    @cached_property
    def file(self) -> ImportFile | None:
        """The list that Shopee's practice member uploaded last, once it reads as one."""
        if not self.call:
            return None
        files = ImportFile.objects.filter(uploader__email=MANAGERS[SHOPEE], profile="kurasi")
        mine = files.filter(options__call=self.call.pk).exclude(state=ImportFile.State.CANCELLED)
        return mine.order_by("pk").last()

    @property
    def is_checked(self) -> bool:
        checked = (ImportFile.State.CHECKED, *ImportFile.TO_APPLY, ImportFile.State.DONE)
        return bool(self.file and self.file.state in checked)

    @cached_property
    def repaired(self) -> int:
        return self.file.repairs.count() if self.file else 0

    @cached_property
    def version(self) -> CurationList | None:
        """The list that counts, once it is accepted."""
        lists = CurationList.objects.filter(call=self.call, state__in=CurationList.CURRENT)
        current = lists.select_related("call").first() if self.call else None
        return current or (list_of(self.file) if self.file else None)

    @property
    def is_announced(self) -> bool:
        return bool(self.version and self.version.state in TOLD)

    @property
    def is_told(self) -> bool:
        return bool(self.version and self.version.state == State.ANNOUNCED)

    @cached_property
    def told_count(self) -> int:
        return CurationResult.objects.standing().filter(call=self.call).count() if self.call else 0

    @cached_property
    def mail(self) -> CaughtMail | None:
        """The mail about the result: the stall owner's where there is one, else the first."""
        if not self.is_told or not self.version:
            return None
        told = Delivery.objects.filter(
            campaign__kind="curation_result", campaign__subject_id=self.version.pk
        )
        mails = CaughtMail.objects.filter(delivery__in=told.values("public_id"))
        return mails.filter(recipient=OWNER_EMAIL).first() or mails.order_by("pk").first()

    @cached_property
    def owner_result(self) -> CurationResult | None:
        """What the stall owner was told."""
        owners = Participant.objects.living().filter(email=OWNER_EMAIL)
        results = CurationResult.objects.filter(call=self.call, participant__in=owners)
        found = results.select_related("participant__account").first() if self.call else None
        return found

    @property
    def has_owner_looked(self) -> bool:
        """Whether she was in her pages since the result was announced."""
        result = self.owner_result
        account = result.participant.account if result else None
        if not (result and account and account.last_login):
            return False
        return account.last_login >= result.announced_at

    @cached_property
    def round(self) -> InvitationRound | None:
        """The officer's last invitation of people who passed a curation."""
        segments = Segment.objects.filter(rules__has_key=RULE).values("slug")
        rounds = InvitationRound.objects.filter(created_by__email=OFFICER, segment__in=segments)
        found = rounds.filter(campaign__isnull=False).select_related("campaign", "cohort")
        return found.order_by("pk").last()

    @cached_property
    def cohort(self) -> Cohort | None:
        """Shopee's class, while it still takes people."""
        upcoming = Cohort.objects.upcoming(now=timezone.now()).select_related("training")
        return upcoming.filter(code=CURATED).first()

    @cached_property
    def invitation(self) -> CaughtMail | None:
        """The first invitation to a class that came because of the result."""
        if not self.round or not self.round.campaign:
            return None
        sent = self.round.campaign.deliveries.values("public_id")
        mails = CaughtMail.objects.filter(delivery__in=sent)
        return mails.filter(recipient=OWNER_EMAIL).first() or mails.order_by("pk").first()
