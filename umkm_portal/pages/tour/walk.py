"""How far the tour has come, read from rows: nothing here is remembered for the visitor.

The tour's rows are those of one account, the practice officer: the file it uploaded, the round it
opened. Everything later follows from that round.
"""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, F, Max, QuerySet, Sum
from django.utils import timezone

from participants.models import (
    Business,
    DuplicatePair,
    Merge,
    Participant,
    Registration,
    Segment,
)
from partners.announcing.curated import RULE
from trainings.models import Cohort, Enrolment, EnrolmentEvent, InvitationRound
from trainings.schedule import open_cohorts
from trainings.services.answers import VIA_LINK
from umkm_portal.accounts.models import User
from umkm_portal.accounts.services import prepare_staff
from umkm_portal.embedded.models import CaughtMail
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging.models import Campaign, Delivery, DeliveryBatch

OFFICER = "petugas.latihan@jakpreneur.example"
TWINS, TWIN_PHONE = ("Sukarni", "Soekarni"), "+6281255500102"
"""One woman of the practice data, registered twice."""
State = Enrolment.State
Events = QuerySet[EnrolmentEvent]
STATES = [str(state) for state in Delivery.State]
ATTEMPTS_AFTER_A_KILL = 3
"""Claimed, settled for the dead worker, claimed again: each raises the attempt by one."""


def officer() -> User:
    """The account behind the one-click login, made when first needed."""
    user = prepare_staff(OFFICER).user
    if not user.full_name:
        user.full_name = "Petugas Latihan"
        user.save(update_fields=["full_name"])
    return user


@dataclass(frozen=True)
class Worker:
    """A sending process that holds messages of the campaign right now."""

    name: str
    pid: int
    batch: int
    is_here: bool
    """Runs on this machine."""
    is_dead: bool
    """Killed, and its batch not yet taken over."""


@dataclass(frozen=True)
class Books:
    """What became of the audience of one campaign; `balance` when nobody is missing or doubled."""

    audience: int
    counts: dict[str, int]
    mails: int
    people: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def sent(self) -> int:
        return sum(self.counts[state] for state in ("accepted", "delivered", "read"))

    @property
    def open(self) -> int:
        return sum(self.counts[str(state)] for state in Delivery.NON_FINAL)

    @property
    def percent(self) -> int:
        done = self.total - self.open
        return min(done * 100 // self.audience, 100) if self.audience else 0

    @property
    def label(self) -> str:
        return f"{self.percent} %"

    @property
    def is_balanced(self) -> bool:
        """Everybody is in exactly one state, nobody got two mails, each sent mail was caught."""
        mailed_at_most = self.sent + self.counts["uncertain"] + self.counts["sending"]
        return (
            self.total == self.audience
            and self.mails == self.people
            and self.sent <= self.mails <= mailed_at_most
        )


class Walk:
    """The rows of the tour as they stand now; each fact is one query, asked when needed."""

    @cached_property
    def file(self) -> ImportFile | None:
        files = ImportFile.objects.filter(uploader__email=OFFICER)
        return files.order_by("pk").last()

    @cached_property
    def round(self) -> InvitationRound | None:
        """The officer's last round, but for those of people who passed a curation."""
        rounds = InvitationRound.objects.filter(created_by__email=OFFICER)
        rounds = rounds.exclude(
            segment__in=Segment.objects.filter(rules__has_key=RULE).values("slug")
        )
        found = rounds.filter(campaign__isnull=False).select_related("campaign", "cohort")
        return found.order_by("pk").last()

    @property
    def campaign(self) -> Campaign | None:
        return self.round.campaign if self.round else None

    @cached_property
    def cohort(self) -> Cohort | None:
        """The cohort of the tour: the one invited to, before that the smallest without a round."""
        if self.round:
            return self.round.cohort
        unserved = Cohort.objects.upcoming(now=timezone.now()).filter(
            rounds__isnull=True, seats__gt=F("taken") + F("held")
        )
        return unserved.order_by("seats", "starts_at", "pk").first()

    @cached_property
    def books(self) -> Books | None:
        if not self.campaign:
            return None
        sums = self.campaign.batches.aggregate(**{s: Sum(s, default=0) for s in STATES})
        caught = self.mails.aggregate(mails=Count("pk"), people=Count("delivery", distinct=True))
        return Books(self.campaign.audience_count, sums, caught["mails"], caught["people"])

    @cached_property
    def workers(self) -> list[Worker]:
        """The processes that hold a living lease on a batch of the campaign."""
        if not self.campaign:
            return []
        held = self.campaign.batches.filter(lease_until__gt=timezone.now()).order_by("number")
        return [found for batch in held if (found := _worker(batch))]

    @cached_property
    def was_paused(self) -> bool:
        return bool(self.campaign and "paused_by" in self.campaign.options)

    @cached_property
    def lost_a_worker(self) -> bool:
        """A batch was taken over from a process that died."""
        if not self.campaign or not self.books:
            return False
        highest = self.campaign.batches.aggregate(highest=Max("attempt", default=0))["highest"]
        return self.books.counts["uncertain"] > 0 or highest >= ATTEMPTS_AFTER_A_KILL

    @property
    def mails(self) -> QuerySet[CaughtMail]:
        """The caught mails of the campaign."""
        if not self.campaign:
            return CaughtMail.objects.none()
        return CaughtMail.objects.filter(delivery__in=self.campaign.deliveries.values("public_id"))

    @cached_property
    def owner(self) -> Enrolment | None:
        """Who first said yes from a mail; before that nobody."""
        yes = self._events(to=[State.CONFIRMED], via=VIA_LINK).order_by("pk").first()
        return yes.enrolment if yes else None

    @cached_property
    def owner_mail(self) -> CaughtMail | None:
        """The mail to open: of the owner, else of a stall owner, else the first of all."""
        if self.owner:
            return self.mail_of(self.owner)
        return self._stall_owner_mail() or self.next_mail

    @cached_property
    def next_mail(self) -> CaughtMail | None:
        """The first mail of somebody who has not answered yet."""
        waiting = self._unanswered().values("public_id")
        return CaughtMail.objects.filter(delivery__in=waiting).order_by("pk").first()

    @cached_property
    def waited(self) -> Enrolment | None:
        """Who first landed on the waiting list."""
        event = self._events(to=[State.WAITLISTED]).order_by("pk").first()
        return event.enrolment if event else None

    @cached_property
    def has_cancelled(self) -> bool:
        return self._events(to=[State.CANCELLED], from_state=State.CONFIRMED).exists()

    @cached_property
    def moved_up(self) -> Enrolment | None:
        """Who was offered the seat that came free."""
        event = self._events(to=[State.OFFERED]).order_by("pk").last()
        return event.enrolment if event else None

    @cached_property
    def offer_mail(self) -> CaughtMail | None:
        """The mail that tells of the seat."""
        if not self.moved_up:
            return None
        told = Delivery.objects.filter(subject_id=self.moved_up.pk, campaign__kind="offer")
        return CaughtMail.objects.filter(delivery__in=told.values("public_id")).last()

    @cached_property
    def open_class(self) -> Cohort | None:
        """The class to register for: the next one with a free seat."""
        found = open_cohorts(now=timezone.now()).filter(seats__gt=F("taken") + F("held"))
        return found.exclude(pk__in=[self.cohort.pk] if self.cohort else []).first()

    @cached_property
    def registration(self) -> Registration | None:
        """The last registration by an owner that is sent, else the last that proved a contact."""
        proved = Registration.objects.proved().select_related("participant")
        return proved.order_by("sent_at", "pk").exclude(sent_at=None).last() or (
            proved.order_by("pk").last()
        )

    @property
    def newcomer(self) -> Participant | None:
        return self.registration.participant if self.registration else None

    @cached_property
    def newcomer_place(self) -> Enrolment | None:
        """Her seat or her place in line in the class that she tapped on."""
        rows = Enrolment.objects.filter(participant=self.newcomer) if self.newcomer else None
        return rows.select_related("cohort").order_by("pk").last() if rows else None

    @cached_property
    def is_newcomer_listed(self) -> bool:
        """Whether the officer finds her in the register."""
        if not self.newcomer:
            return False
        return Participant.objects.for_user(officer()).filter(pk=self.newcomer.pk).exists()

    @cached_property
    def twins(self) -> DuplicatePair | None:
        """The planted suspicion of one woman under two spellings."""
        twins = Participant.objects.filter(full_name__in=TWINS, phone=TWIN_PHONE).values("pk")
        pairs = DuplicatePair.objects.filter(first__in=twins, second__in=twins)
        return pairs.order_by("pk").first()

    @cached_property
    def merge(self) -> Merge | None:
        """What the officer joined and did not take back."""
        done = Merge.objects.filter(merged_by__email=OFFICER, undone_at=None)
        return done.order_by("pk").last()

    def mail_of(self, enrolment: Enrolment) -> CaughtMail | None:
        """The invitation of one person as it was caught."""
        if not self.campaign:
            return None
        own = self.campaign.deliveries.filter(subject_id=enrolment.pk).values("public_id")
        return CaughtMail.objects.filter(delivery__in=own).order_by("pk").first()

    def _stall_owner_mail(self) -> CaughtMail | None:
        """The mail of the stall owner who was registered first, of those that arrived."""
        stalls = Business.objects.exclude(market="").values("participant_id")
        arrived = self.mails.values("delivery")
        found = self._unanswered().filter(recipient_key__in=stalls, public_id__in=arrived)
        delivery = found.order_by("recipient_key", "pk").first()
        return self.mails.filter(delivery=delivery.public_id).first() if delivery else None

    def _unanswered(self) -> QuerySet[Delivery]:
        """Messages of the campaign to people who are still invited."""
        if not self.campaign or not self.cohort:
            return Delivery.objects.none()
        invited = self.cohort.enrolments.filter(state=State.INVITED).values("pk")
        return self.campaign.deliveries.filter(subject_id__in=invited)

    def _events(self, *, to: list[str], **facts: object) -> Events:
        if not self.round:
            return EnrolmentEvent.objects.none()
        events = EnrolmentEvent.objects.filter(enrolment__cohort=self.round.cohort_id, **facts)
        found = events.filter(to_state__in=to, happened_at__gte=self.round.created_at)
        return found.select_related("enrolment__participant")


def end_worker(pid: int) -> bool:
    """Kill one process that holds a batch of the tour on this machine, as a crash would.

    False when no such process holds one now: nothing else can be ended from here.
    """
    if pid not in {worker.pid for worker in Walk().workers if worker.is_here}:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _worker(batch: DeliveryBatch) -> Worker | None:
    host, _, pid = batch.worker.rpartition(":")
    if not pid.isdigit():
        return None
    is_here = bool(host) and host == socket.gethostname()[: len(host)]
    is_dead = is_here and not _runs(int(pid))
    return Worker(batch.worker, int(pid), batch.number, is_here and not is_dead, is_dead)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
