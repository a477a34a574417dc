"""What has happened in the cohorts of the practice data: calls, invitations, answers, a class."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from participants.models import Participant
from trainings.attendance.closing import close_cohort
from trainings.attendance.marks import Kind, Via, mark
from trainings.models import Cohort, Enrolment, InvitationRound
from trainings.services import answers, rounds
from trainings.services.transitions import State
from umkm_portal.accounts.models import User
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign, Channel, Delivery, Suppression
from umkm_portal.messaging.services.outbox import deliver_due
from umkm_portal.pages.demo import courses
from umkm_portal.pages.demo.callers import callers
from umkm_portal.pages.demo.people import OWNER_EMAIL
from umkm_portal.pages.demo.post import QUICK, sending_at
from umkm_portal.pages.demo.today import hold_todays_class

WAITING = 6
"""How many more than there are seats said yes to the full cohort."""
PATIENCE_SECONDS = 60.0
ROUTE = messaging.Route((Channel.EMAIL.value, Channel.WHATSAPP.value))
"""Without SMS, so that there are people for the printable list."""
_SERVICE_KINDS = ("confirmation", "waiting", "offer", "cancelled")


def live(*, staff: User, now: datetime) -> None:
    """Let everything happen that has not happened yet."""
    _opt_out_one(now=now)
    _take_calls(courses.ONE_LEFT, leave_free=1, staff=staff, now=now - timedelta(days=2))
    _take_calls(courses.CLOSED, leave_free=4, staff=staff, now=now - timedelta(days=2))
    hold_past_class(courses.PAST, staff=staff)
    hold_todays_class(staff=staff, now=now)
    with sending_at(QUICK, burst=int(QUICK)):
        _fill_by_invitation(staff=staff, now=now)
        _send_single_messages()
    _send_one_half(staff=staff, now=now)


def _cohort(code: str) -> Cohort:
    return Cohort.objects.select_related("training").get(code=code)


@transaction.atomic
def _take_calls(code: str, *, leave_free: int, staff: User, now: datetime) -> None:
    """Staff record people who telephoned, until only so many seats are free."""
    cohort = _cohort(code)
    state = cohort.state
    wanted = max(cohort.seats - leave_free - cohort.taken, 0)
    if state == Cohort.State.CLOSED and wanted:
        _reopen(cohort, until=now + timedelta(minutes=1))
    for person in callers(cohort, wanted):
        answers.join(cohort, person, now=now, via=answers.VIA_PHONE, actor=staff)
    if state != Cohort.State.OPEN and wanted:
        Cohort.objects.filter(pk=cohort.pk).update(state=state)


def _reopen(cohort: Cohort, *, until: datetime) -> None:
    """The days before the registration ended are told as they were."""
    closes = max(cohort.closes_at or until, until)
    Cohort.objects.filter(pk=cohort.pk).update(state=Cohort.State.OPEN, closes_at=closes)


@transaction.atomic
def hold_past_class(code: str, *, staff: User) -> None:
    """A class that is over: most came, few did not, most of those who came finished."""
    cohort = _cohort(code)
    if cohort.taken or cohort.starts_at is None or cohort.ends_at is None:
        return
    asked = cohort.starts_at - timedelta(days=5)
    _reopen(cohort, until=asked)
    for person in callers(cohort, cohort.seats - 3):
        answers.join(cohort, person, now=asked, via=answers.VIA_PHONE, actor=staff)
    for number, enrolment in enumerate(cohort.enrolments.seated().order_by("arrival_no")):
        if number % 11 != 10:
            _attend(enrolment, stays=number % 7 != 0, staff=staff)
    close_cohort(cohort, by=staff, now=cohort.ends_at)


def _attend(enrolment: Enrolment, *, stays: bool, staff: User) -> None:
    """She comes to every session; who does not stay leaves the first one early."""
    for number, session in enumerate(enrolment.cohort.sessions.order_by("starts_at", "pk")):
        times = {Kind.IN: session.starts_at}
        if number == 0 and not stays:
            times[Kind.OUT] = session.starts_at + (session.ends_at - session.starts_at) / 4
        for kind, at in times.items():
            mark(
                session,
                enrolment=enrolment,
                kind=kind,
                via=Via.SCAN,
                key=uuid4(),
                happened_at=at,
                by=staff,
                now=session.ends_at,
            )


def _fill_by_invitation(*, staff: User, now: datetime) -> None:
    """One round, all sent, then enough answers for every seat and a waiting line."""
    cohort = _cohort(courses.FULL)
    opened = _first_round(cohort, staff=staff, now=now)
    if opened is None:
        return
    _deliver(opened.the_campaign)
    _answer(opened, yes=cohort.seats + WAITING - cohort.next_arrival_no + 1, now=now)


def _send_one_half(*, staff: User, now: datetime) -> None:
    """A round that staff paused while it was being sent."""
    cohort = _cohort(courses.HALF_SENT)
    opened = _first_round(cohort, staff=staff, now=now)
    if opened is None or opened.the_campaign.state not in (
        Campaign.State.EXPANDING,
        Campaign.State.RUNNING,
    ):
        return
    campaign = opened.the_campaign
    audience = campaign.audience_count
    # At most half of them within a second: 30 % that were saved up, and 20 % a second.
    with sending_at(max(audience / 5, 1.0), burst=max(audience * 3 // 10, 1)):
        messaging.expand_campaign(campaign, now=now)
        deliver_due(campaign=campaign, seconds=1.0)
    campaign.refresh_from_db()
    if campaign.state == Campaign.State.RUNNING:
        reason = "Menunggu kepastian jam dari pelatih"
        messaging.pause_campaign(campaign, reason=reason, actor=staff)


def _first_round(cohort: Cohort, *, staff: User, now: datetime) -> InvitationRound | None:
    """The first round of a cohort, opened now if there is none; None without people for it."""
    opened = cohort.rounds.select_related("campaign", "cohort").order_by("number").first()
    if opened is not None:
        return opened
    try:
        return rounds.open_round(cohort, actor=staff, now=now, any_hour=True, route=ROUTE)
    except rounds.RoundRefused:
        return None


def _deliver(campaign: Campaign) -> None:
    if campaign.state == Campaign.State.EXPANDING:
        messaging.expand_campaign(campaign, now=campaign.created_at)
    deliver_due(campaign=campaign, seconds=PATIENCE_SECONDS)
    campaign.refresh_from_db()


def _answer(opened: InvitationRound, *, yes: int, now: datetime) -> None:
    """Those whose mail arrived answer by its link: first the yes, then a few other answers."""
    mailed = opened.the_campaign.deliveries.filter(state=Delivery.State.ACCEPTED)
    people = list(
        opened.enrolments.filter(state=State.INVITED, pk__in=mailed.values("subject_id")).order_by(
            "pk"
        )
    )
    via = answers.VIA_LINK
    for enrolment in people[: max(yes, 0)]:
        answers.accept(enrolment, now=now, via=via)
    if yes <= 0:
        return
    others = people[yes : yes + 5]
    for enrolment in others[:3]:
        answers.decline(enrolment, reason="Jadwal bentrok dengan jualan", now=now, via=via)
    for enrolment in others[3:4]:
        answers.ask_other_date(enrolment, note="Lebih baik hari Senin pagi", now=now, via=via)
    for enrolment in others[4:5]:
        answers.not_mine(enrolment, now=now, via=via)


def _send_single_messages() -> None:
    for campaign in Campaign.objects.filter(is_standing=True, kind__in=_SERVICE_KINDS):
        deliver_due(campaign=campaign, seconds=PATIENCE_SECONDS)


def _opt_out_one(*, now: datetime) -> None:
    """One person wants no more invitations, so that every page of reasons has her."""
    if Suppression.objects.exists():
        return
    people = Participant.objects.invitable().exclude(email__in=["", OWNER_EMAIL])
    person = people.order_by("-pk").first()
    if person:
        messaging.suppress(
            channel=Channel.EMAIL,
            address=person.email,
            purpose="bulk",
            reason=Suppression.Reason.OPT_OUT,
            note="Data latihan",
            now=now,
        )
