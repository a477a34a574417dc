"""What happens by itself: deadlines pass, seats move up, the next round goes out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from trainings.models import Cohort, Enrolment, InvitationRound, Offer
from trainings.services import deadlines, printed, rounds, seats, segments
from trainings.services.transitions import SYSTEM, State, move_all
from umkm_portal.messaging.models import Campaign

log = logging.getLogger(__name__)

CHUNK = 5000
LOOK_AGAIN = timedelta(hours=6)
"""The register is not searched every half minute when nobody was left to invite."""
_STOPPED = (
    Campaign.State.DRAFT,
    Campaign.State.APPROVED,
    Campaign.State.PAUSED,
    Campaign.State.CANCELLED,
)


def advance_cohorts(*, now: datetime) -> int:
    """Advance every cohort that is under way; return how many changed."""
    return sum(advance_cohort(pk, now=now) for pk in _under_way(now=now))


def advance_cohort(cohort_id: int, *, now: datetime) -> bool:
    """Close what is overdue, offer free seats, open the next round; True when anything changed."""
    moved = deadlines.keep_ahead(Cohort.objects.get(pk=cohort_id), now=now)
    expired = expire_unanswered(cohort_id, now=now)
    with transaction.atomic():
        cohort = seats.lock(cohort_id)
        stale = seats.expire_offers(cohort, now=now)
        offers = seats.refill(cohort, now=now)
    opened = _next_round(cohort, now=now)
    return bool(moved or expired or stale or offers or opened)


def expire_unanswered(cohort_id: int, *, now: datetime) -> int:
    """Close invitations whose deadline has passed; they may still be accepted.

    Nobody is closed while messages of her round are under way. Whoever was reached by none stays
    invited, and on the printable list, until answers end for the whole cohort.
    """
    cohort = Cohort.objects.get(pk=cohort_id)
    overdue = Enrolment.objects.filter(
        deadlines.sent_long_enough(cohort, now=now, campaign="round__campaign"),
        cohort=cohort,
        state=State.INVITED,
        answer_by__lte=now,
    ).order_by("pk")
    total = 0
    while chunk := list(overdue.values_list("pk", flat=True)[:CHUNK]):
        untold = set(
            printed.untold(Enrolment.objects.filter(pk__in=chunk)).values_list("pk", flat=True)
        )
        told = [pk for pk in chunk if pk not in untold]
        total += _expire(told, now=now, note="Tidak dijawab sampai batas jawab.")
        total += _keep_or_expire(cohort, sorted(untold), now=now)
    return total


def _keep_or_expire(cohort: Cohort, untold: list[int], *, now: datetime) -> int:
    last = deadlines.last_moment(cohort)
    if last is not None and last <= now:
        return _expire(untold, now=now, note="Tidak terjangkau pesan sampai pendaftaran berakhir.")
    until = last or deadlines.answer_deadline(cohort, now=now)
    Enrolment.objects.filter(pk__in=untold, state=State.INVITED).update(answer_by=until)
    return 0


def _expire(ids: list[int], *, now: datetime, note: str) -> int:
    return move_all(ids, source=State.INVITED, to=State.EXPIRED, now=now, via=SYSTEM, note=note)


def _under_way(*, now: datetime) -> list[int]:
    overdue = Enrolment.objects.filter(state=State.INVITED, answer_by__lte=now)
    stale = Offer.objects.filter(state=Offer.State.PENDING, deadline_at__lte=now)
    running = Q(state__in=[Cohort.State.OPEN, Cohort.State.CLOSED], starts_at__gt=now)
    late = Q(pk__in=overdue.values("cohort")) | Q(pk__in=stale.values("cohort"))
    return list(Cohort.objects.filter(running | late).order_by("pk").values_list("pk", flat=True))


def _next_round(cohort: Cohort, *, now: datetime) -> InvitationRound | None:
    """Close the last round when it is over, and follow it with the next while seats are free."""
    last = _last_round(cohort)
    if last is None or not _is_over(last, now=now):
        return None
    if last.closed_at is None:
        rounds.close_round(last, now=now)
    if not _is_followed(cohort, last, now=now):
        return None
    try:
        return rounds.open_round(
            cohort,
            actor=last.created_by,
            now=now,
            segment=last.segment,
            any_hour=bool(last.campaign and last.campaign.ignores_hours),
        )
    except rounds.NobodyLeft as refusal:
        InvitationRound.objects.filter(pk=last.pk).update(next_check_at=now + LOOK_AGAIN)
        log.info("no further round of %s: %s", cohort, refusal)
    except rounds.RoundRefused:
        pass
    return None


def _last_round(cohort: Cohort) -> InvitationRound | None:
    """The last round that was chosen by rule; people added by hand do not call for another."""
    chosen = cohort.rounds.exclude(segment=segments.BY_HAND)
    return chosen.select_related("campaign", "created_by").order_by("-number").first()


def _is_followed(cohort: Cohort, last: InvitationRound, *, now: datetime) -> bool:
    if not cohort.auto_rounds or last.is_everyone:
        return False
    if last.next_check_at and now < last.next_check_at:
        return False
    return last.campaign is None or last.campaign.state not in _STOPPED


def _is_over(opened: InvitationRound, *, now: datetime) -> bool:
    """All have answered, or the deadline passed after the last message had gone out."""
    if not opened.enrolments.filter(state=State.INVITED).exists():
        return True
    is_sent = deadlines.sent_long_enough(opened.cohort, now=now, campaign="campaign")
    return InvitationRound.objects.filter(is_sent, pk=opened.pk, deadline_at__lte=now).exists()
