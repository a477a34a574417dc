"""Invitations go out in rounds: some people per free seat, one deadline, then the next round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from trainings import messages
from trainings.models import Cohort, InvitationRound
from trainings.services import segments, selection, transitions
from trainings.services.deadlines import answer_deadline, last_moment
from trainings.services.segments import Segment, find
from trainings.services.selection import CityCount, Exclusions
from umkm_portal.accounts.models import User
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign, Exclusion, WhatsAppTemplate
from umkm_portal.messaging.services import Route, RouteClosed

BULKY_REASONS = ("not_active", "not_willing", "not_this_round")
"""Reasons that most of the register has; their rows go when the round is over."""
ADVISORY_SPACE = 7201
"""Keeps our advisory locks apart from those of other uses."""

Wording = dict[str, tuple[str, str]]


class RoundRefused(Exception):
    """No round can be opened; the text is the sentence for the officer."""


class NobodyLeft(RoundRefused):
    def __init__(self) -> None:
        super().__init__("Tidak ada lagi orang yang dapat diundang dari kelompok ini.")


@dataclass(frozen=True)
class RoundPlan:
    """What a round would be: its people, and why others are not in it."""

    cohort: Cohort
    segment: Segment
    is_everyone: bool
    free_seats: int
    size: int
    """People wanted: free seats times people per seat."""
    chosen: int
    reachable: int
    by_city: list[CityCount]
    exclusions: list[Exclusions]
    deadline_at: datetime
    route: Route
    """By which channels its messages go."""
    wanted: Route
    """What was chosen; a channel that is shut now is in it and not in `route`."""
    by_channel: dict[str, int]

    @property
    def excluded(self) -> int:
        return sum(group.count for group in self.exclusions)

    @property
    def excluded_by_reason(self) -> dict[str, int]:
        return {group.reason: group.count for group in self.exclusions}


@transaction.atomic
def plan_round(
    cohort: Cohort,
    *,
    segment: str | None = None,
    everyone: bool = False,
    any_hour: bool = False,
    route: Route | None = None,
    now: datetime,
) -> RoundPlan:
    """Work out the next round without writing anything. Raises UnknownSegment, RoundRefused."""
    found = find(segment)
    plan = _choose(
        cohort, segment=found, everyone=everyone, any_hour=any_hour, route=route, now=now
    )
    selection.drop()
    return plan


@transaction.atomic
def open_round(
    cohort: Cohort,
    *,
    actor: User | None,
    now: datetime,
    segment: str | None = None,
    everyone: bool = False,
    wording: Wording | None = None,
    any_hour: bool = False,
    route: Route | None = None,
    starts: bool = True,
) -> InvitationRound:
    """Invite the next people: round, campaign, audience, exclusions, enrolments, all or nothing.

    Without a `route` the one of the cohort's last round is taken, at first every channel that is
    ready; a channel that is shut meanwhile is left out this time. `everyone` skips rounds and
    invites the whole segment; without `starts` the campaign waits, approved.
    Raises RoundRefused, UnknownSegment.
    """
    found = find(segment)
    check_open(cohort, now=now, needs_free_seat=not everyone)
    _lock_rounds(cohort)
    plan = _choose(
        cohort, segment=found, everyone=everyone, any_hour=any_hour, route=route, now=now
    )
    if not plan.chosen:
        raise NobodyLeft
    return write_round(
        plan, actor=actor, now=now, wording=wording, any_hour=any_hour, starts=starts
    )


def check_open(cohort: Cohort, *, now: datetime, needs_free_seat: bool = True) -> None:
    """Raise RoundRefused unless invitations to this cohort still make sense."""
    if cohort.state != Cohort.State.OPEN:
        raise RoundRefused("Hanya gelombang yang dibuka yang bisa mengundang peserta.")
    if cohort.starts_at and now >= cohort.starts_at:
        raise RoundRefused("Pelatihan ini sudah dimulai.")
    if cohort.closes_at and now >= cohort.closes_at:
        raise RoundRefused("Pendaftaran gelombang ini sudah ditutup.")
    if needs_free_seat and not cohort.free:
        raise RoundRefused("Semua kursi gelombang ini sudah terisi atau sedang ditawarkan.")


def write_round(
    plan: RoundPlan,
    *,
    actor: User | None,
    now: datetime,
    wording: Wording | None = None,
    any_hour: bool = False,
    starts: bool = True,
    note: str = "",
) -> InvitationRound:
    """Write what `round_choice` holds. The caller is in a transaction and made the choice."""
    opened = _new_round(plan, actor=actor, now=now)
    transitions.create_invited(opened, actor=actor, now=now, note=note)
    opened.campaign = _new_campaign(
        opened, plan=plan, actor=actor, now=now, wording=wording, any_hour=any_hour
    )
    opened.size = opened.enrolments.count()
    opened.save(update_fields=["campaign", "size"])
    _write_audience(opened)
    selection.drop()
    campaign = messaging.approve_campaign(opened.campaign, actor=actor, now=now)
    opened.campaign = messaging.start_campaign(campaign, now=now) if starts else campaign
    return opened


def exclusion_counts(opened: InvitationRound) -> dict[str, int]:
    """How many got nothing, by reason; also after the bulky rows have gone."""
    return dict(opened.campaign.options.get("exclusions", {})) if opened.campaign else {}


def why_not(opened: InvitationRound, *, participant_id: int) -> str:
    """In words why a person was or was not in a round; empty when it is no longer known."""
    if opened.campaign is None:
        return ""
    left_out = opened.campaign.exclusions.filter(recipient_key=participant_id).first()
    if left_out:
        return selection.REASONS.get(left_out.reason, left_out.reason)
    is_in = opened.enrolments.filter(participant=participant_id).exists()
    return "Diundang pada putaran ini" if is_in else ""


@transaction.atomic
def close_round(opened: InvitationRound, *, now: datetime) -> None:
    """End a round; its counts stay, the rows of those who never were in question go."""
    InvitationRound.objects.filter(pk=opened.pk, closed_at__isnull=True).update(closed_at=now)
    Exclusion.objects.filter(campaign=opened.campaign_id, reason__in=BULKY_REASONS).delete()


def choose_people(
    cohort: Cohort,
    *,
    segment: Segment,
    size: int | None,
    now: datetime,
    any_hour: bool = False,
    route: Route | None = None,
    overrides_eligibility: bool = False,
) -> RoundPlan:
    """Fill `round_choice` and describe it. Raises RoundRefused when no channel is open."""
    wanted = route or wanted_route(cohort)
    open_route = _open_part(wanted)
    selection.choose(
        cohort,
        segment=segment,
        size=size,
        channels=open_route.channels,
        now=now,
        overrides_eligibility=overrides_eligibility,
    )
    chosen, reachable = selection.chosen()
    is_everyone = size is None and segment.slug != segments.BY_HAND
    return RoundPlan(
        cohort=cohort,
        segment=segment,
        is_everyone=is_everyone,
        free_seats=cohort.free,
        size=chosen if size is None else size,
        chosen=chosen,
        reachable=reachable,
        by_city=selection.by_city(),
        exclusions=selection.exclusions(),
        deadline_at=answer_deadline(cohort, now=now, everyone=is_everyone, any_hour=any_hour),
        route=open_route,
        wanted=wanted,
        by_channel=selection.by_channel(),
    )


def wanted_route(cohort: Cohort) -> Route:
    """What was chosen for the cohort's last round; for the first every channel that is ready."""
    last = cohort.rounds.select_related("campaign").order_by("-number").first()
    if last is None or last.campaign is None:
        return messaging.ready_route(messages.INVITATION)
    return messaging.route_of(last.campaign)


def _open_part(wanted: Route) -> Route:
    try:
        return messaging.passable(messages.INVITATION, wanted)
    except RouteClosed as closed:
        raise RoundRefused(str(closed)) from closed


def _choose(
    cohort: Cohort,
    *,
    segment: Segment,
    everyone: bool,
    any_hour: bool,
    route: Route | None,
    now: datetime,
) -> RoundPlan:
    cohort.refresh_from_db(fields=["seats", "taken", "held"])
    size = None if everyone else cohort.free * cohort.people_per_seat
    return choose_people(
        cohort, segment=segment, size=size, any_hour=any_hour, route=route, now=now
    )


def _lock_rounds(cohort: Cohort) -> None:
    """One round of a cohort at a time, without holding up the answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ADVISORY_SPACE, cohort.pk])


def _new_round(plan: RoundPlan, *, actor: User | None, now: datetime) -> InvitationRound:
    last = plan.cohort.rounds.aggregate(last=Max("number"))["last"] or 0
    return InvitationRound.objects.create(
        cohort=plan.cohort,
        number=last + 1,
        segment=plan.segment.slug,
        is_everyone=plan.is_everyone,
        deadline_at=plan.deadline_at,
        created_by=actor,
        created_at=now,
    )


def _new_campaign(
    opened: InvitationRound,
    *,
    plan: RoundPlan,
    actor: User | None,
    now: datetime,
    wording: Wording | None,
    any_hour: bool,
) -> Campaign:
    cohort = plan.cohort
    title = f"Undangan {cohort.training.title}, gelombang {cohort.number}, putaran {opened.number}"
    last = last_moment(cohort)
    opens = cohort.opens_at
    is_later = opens is not None and now < opens and (last is None or opens < last)
    campaign = messaging.create_campaign(
        messages.INVITATION,
        subject_id=cohort.pk,
        title=title,
        actor=actor,
        now=now,
        wording=wording,
        channels=plan.route.channels,
        options={
            **plan.wanted.as_options(),
            "round": opened.pk,
            "exclusions": plan.excluded_by_reason,
        },
        ignores_hours=any_hour,
        not_before=opens if is_later else None,
        not_after=last,
    )
    if plan.route.template_id:
        template = WhatsAppTemplate.objects.get(pk=plan.route.template_id)
        messaging.attach_template(campaign, template)
    return campaign


_AUDIENCE = """
INSERT INTO messaging_audiencemember (campaign_id, position, recipient_key, subject_id,
    channel)
SELECT %(campaign)s, row_number() OVER (ORDER BY e.id), e.participant_id, e.id, c.channel
FROM trainings_enrolment e JOIN round_choice c USING (participant_id)
WHERE e.round_id = %(round)s AND c.reason IS NULL
"""
_EXCLUSIONS = """
INSERT INTO messaging_exclusion (campaign_id, recipient_key, reason)
SELECT %(campaign)s, c.participant_id, COALESCE(c.reason, 'already_invited')
FROM round_choice c LEFT JOIN trainings_enrolment e
    ON e.participant_id = c.participant_id AND e.round_id = %(round)s
WHERE c.reason IS NOT NULL OR e.id IS NULL
"""


def _write_audience(opened: InvitationRound) -> None:
    """People of this round's own enrolments; whoever another campaign took first is left out."""
    params = {"campaign": opened.campaign_id, "round": opened.pk}
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCE, params)
        cursor.execute(_EXCLUSIONS, params)
