"""Until when people answer, and how that moves when their messages go out late."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from trainings.models import Cohort, Enrolment, InvitationRound
from umkm_portal.messaging.models import Campaign
from umkm_portal.regions.calendar import next_opening


def last_moment(cohort: Cohort) -> datetime | None:
    """When answers end at the latest: registration closes, or the class begins."""
    return min((limit for limit in (cohort.closes_at, cohort.starts_at) if limit), default=None)


def answer_deadline(
    cohort: Cohort, *, now: datetime, everyone: bool = False, any_hour: bool = False
) -> datetime:
    """Until when people invited now answer: the cohort's hours, never after `last_moment`.

    The hours count from when the messages may go out: registration is open and, unless they go at
    `any_hour`, so are the offices. Invitations to everyone are open until registration ends.
    """
    last = last_moment(cohort)
    if everyone and last:
        return last
    begins = max(now, cohort.opens_at) if cohort.opens_at else now
    if not (any_hour or settings.DEMO):
        begins = next_opening(begins)
    hours = begins + timedelta(hours=cohort.answer_hours)
    return min(hours, last) if last else hours


def sent_long_enough(cohort: Cohort, *, now: datetime, campaign: str) -> Q:
    """No message is under way any more, and the last one left the answer hours ago.

    `campaign` is the way to the campaign from the rows that are filtered.
    """
    last = last_moment(cohort)
    hours = timedelta(hours=cohort.answer_hours)
    is_final = Q((f"{campaign}__state__in", Campaign.FINAL))
    if last is None or now < last:
        finished = f"{campaign}__finished_at"
        is_final &= Q((f"{finished}__lte", now - hours)) | Q((f"{finished}__isnull", True))
    return is_final | Q((f"{campaign}__isnull", True))


def keep_ahead(cohort: Cohort, *, now: datetime) -> int:
    """Move the deadlines of rounds whose messages went out late, or have not all gone out yet.

    Returns how many rounds moved. A deadline is only ever moved to a later time.
    """
    hours = timedelta(hours=cohort.answer_hours)
    is_late = Q(campaign__finished_at__gt=F("deadline_at") - hours)
    is_near = Q(deadline_at__lt=now + hours / 2) & ~Q(campaign__state__in=Campaign.FINAL)
    rounds = cohort.rounds.filter(is_late | is_near, campaign__isnull=False)
    if last := last_moment(cohort):
        rounds = rounds.filter(deadline_at__lt=last)
    return sum(
        move_on(opened, to=_wanted(cohort, opened.the_campaign, now=now))
        for opened in rounds.select_related("campaign").order_by("pk")
    )


_MOVE_ON = """
WITH late AS MATERIALIZED (
    SELECT id FROM trainings_enrolment
    WHERE round_id = %(round)s AND state = 'invited' AND answer_by < %(to)s
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE trainings_enrolment e SET answer_by = %(to)s FROM late WHERE e.id = late.id
"""


@transaction.atomic
def move_on(opened: InvitationRound, *, to: datetime) -> bool:
    """Give a round and those who have not answered until `to`; True unless they have longer."""
    later = InvitationRound.objects.filter(pk=opened.pk, deadline_at__lt=to)
    if not later.update(deadline_at=to):
        return False
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_ON, {"round": opened.pk, "to": to})
    return True


def give_time(enrolment: Enrolment, *, now: datetime) -> None:
    """Whoever is told by hand just now has the same hours to answer as everybody else."""
    until = answer_deadline(enrolment.cohort, now=now, any_hour=True)
    Enrolment.objects.filter(
        pk=enrolment.pk, state=Enrolment.State.INVITED, answer_by__lt=until
    ).update(answer_by=until)


def _wanted(cohort: Cohort, campaign: Campaign, *, now: datetime) -> datetime:
    sent_at = campaign.finished_at if campaign.state in Campaign.FINAL else None
    any_hour = sent_at is not None or campaign.ignores_hours
    return answer_deadline(cohort, now=sent_at or now, any_hour=any_hour)
