"""A whole cohort is cancelled: its people move to another wave or are let go, and hear of it once.

The cohort is closed first. Then its people are moved in batches, each in one transaction, and at
the end one campaign tells everybody. Interrupted anywhere, the sweep goes on with who is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, Count, F, Value, When

from trainings import change_messages, ways, wording
from trainings.models import Cohort, Enrolment, Offer
from trainings.models.enrolments import EnrolmentQuerySet
from trainings.reminders.following import follow_sessions
from trainings.services import carrying, notices, rounds, seats
from trainings.services.transitions import SYSTEM, State, move, move_all
from umkm_portal.accounts.models import User
from umkm_portal.common.dates import format_moment
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign

BATCH = 100
INVITED_BATCH = 5000
AT_ONCE = 5
"""Batches that the officer's own request works off; the rest is left to the sweep."""
_PLACES = (State.CONFIRMED, State.OFFERED, State.WAITLISTED)
NOTE = "Gelombang dibatalkan."


class CancelRefused(Exception):
    """The cohort cannot be cancelled so; the text is the sentence for the officer."""


@dataclass(frozen=True)
class Consequence:
    """Whom a cancellation concerns."""

    seated: int
    offered: int
    waiting: int
    invited: int

    @property
    def people(self) -> int:
        return self.seated + self.offered + self.waiting + self.invited


def consequence(cohort: Cohort) -> Consequence:
    """How many hold seats, are offered one, wait, and have not answered; one query."""
    rows = cohort.enrolments.filter(state__in=(*_PLACES, State.INVITED)).order_by()
    counts = dict(rows.values_list("state").annotate(count=Count("pk")))
    return Consequence(
        seated=counts.get(State.CONFIRMED, 0),
        offered=counts.get(State.OFFERED, 0),
        waiting=counts.get(State.WAITLISTED, 0),
        invited=counts.get(State.INVITED, 0),
    )


def cancel_cohort(
    cohort: Cohort,
    *,
    reason: str,
    successor: Cohort | None = None,
    by: User | None,
    now: datetime,
) -> Cohort:
    """Cancel a cohort; who holds a seat moves to the successor in order while seats are free.

    The others go to the head of its line; without a successor all are let go. Returns the cohort
    as it is afterwards; a second press changes nothing. Raises CancelRefused.
    """
    cohort = close(cohort, reason=reason, successor=successor, by=by, now=now)
    go_on(cohort.pk, now=now, batches=AT_ONCE)
    cohort.refresh_from_db()
    return cohort


@transaction.atomic
def close(
    cohort: Cohort, *, reason: str, successor: Cohort | None, by: User | None, now: datetime
) -> Cohort:
    """Let nobody in or out any more and stop its invitations; its people are moved after this."""
    if successor is not None and successor.pk != cohort.pk:
        cohort, successor = carrying.lock_both(cohort.pk, successor.pk)
    else:
        cohort = seats.lock(cohort.pk)
    if cohort.state == Cohort.State.CANCELLED:
        return cohort
    if cohort.state == Cohort.State.FINISHED:
        raise CancelRefused("Gelombang yang sudah selesai tidak bisa dibatalkan.")
    if not reason.strip():
        raise CancelRefused("Tulis alasan pembatalan. Alasan ini dibaca peserta.")
    if successor is not None:
        try:
            carrying.check_target(cohort, successor, now=now)
        except carrying.CarryRefused as refusal:
            raise CancelRefused(str(refusal)) from refusal
    cohort.state = Cohort.State.CANCELLED
    cohort.cancel_reason, cohort.successor = reason.strip()[:300], successor
    cohort.cancelled_at, cohort.cancelled_by = now, by
    fields = ["state", "cancel_reason", "successor", "cancelled_at", "cancelled_by", "updated_at"]
    cohort.save(update_fields=fields)
    cohort.sessions.filter(cancelled_at=None).update(cancelled_at=now, sequence=F("sequence") + 1)
    follow_sessions(cohort.sessions.values_list("pk", flat=True), now=now)
    _stop_invitations(cohort, by=by, now=now)
    return cohort


def go_on(cohort_id: int, *, now: datetime, batches: int | None = None) -> bool:
    """Move the people of a cancelled cohort, batch by batch; True when everybody is settled."""
    done = 0
    while batches is None or done < batches:
        if not _settle_batch(cohort_id, now=now):
            _tell(cohort_id, now=now)
            return True
        done += 1
    return False


def finish_cancellations(*, now: datetime) -> int:
    """Go on where a cancellation was interrupted or is large; return how many cohorts."""
    left = Cohort.objects.filter(
        state=Cohort.State.CANCELLED, cancelled_at__isnull=False, cancellation_told_at=None
    )
    ids = list(left.order_by("cancelled_at", "pk").values_list("pk", flat=True))
    return sum(go_on(pk, now=now) for pk in ids)


def _stop_invitations(cohort: Cohort, *, by: User | None, now: datetime) -> None:
    for opened in cohort.rounds.select_related("campaign").order_by("pk"):
        campaign = opened.campaign
        is_going = campaign is not None and campaign.state not in Campaign.FINAL
        if campaign is not None and is_going and "ends_as" not in campaign.options:
            messaging.cancel_campaign(campaign, actor=by, now=now, reason=NOTE)
        rounds.close_round(opened, now=now)


@transaction.atomic
def _settle_batch(cohort_id: int, *, now: datetime) -> int:
    """Move or let go the next people, seats first; return how many they were."""
    cohort, successor = _lock(cohort_id)
    rows = list(_left(cohort)[:BATCH])
    for enrolment in rows:
        enrolment.cohort = cohort
        _settle(enrolment, cohort, successor, now=now)
    if rows:
        return len(rows)
    invited = cohort.enrolments.filter(state=State.INVITED).order_by("pk")
    ids = list(invited.values_list("pk", flat=True)[:INVITED_BATCH])
    return move_all(ids, source=State.INVITED, to=State.EXPIRED, now=now, via=SYSTEM, note=NOTE)


def _lock(cohort_id: int) -> tuple[Cohort, Cohort | None]:
    successor_id = Cohort.objects.values_list("successor", flat=True).get(pk=cohort_id)
    if successor_id is None:
        return seats.lock(cohort_id), None
    return carrying.lock_both(cohort_id, successor_id)


def _left(cohort: Cohort) -> EnrolmentQuerySet:
    rank = Case(
        *(When(state=state, then=Value(number)) for number, state in enumerate(_PLACES)),
        default=Value(len(_PLACES)),
    )
    rows = cohort.enrolments.filter(state__in=_PLACES)
    rows = rows.select_related("participant__region", "participant__agency")
    return rows.order_by(rank, "-priority", "arrival_no", "pk")


def _settle(
    enrolment: Enrolment, cohort: Cohort, successor: Cohort | None, *, now: datetime
) -> None:
    """End one place; the other wave has another for her, if she may come."""
    has_seat = enrolment.state == State.CONFIRMED
    if has_seat:
        seats.release(cohort, enrolment)
    elif enrolment.state == State.OFFERED:
        offer = seats.pending_offer(enrolment)
        seats.close_offer(cohort, offer, to=Offer.State.REVOKED, now=now)
    may_go = successor is not None and carrying.may_bring(enrolment, successor)
    note = f"{NOTE} {cohort.cancel_reason}"
    move(enrolment, to=State.CANCELLED, now=now, via=SYSTEM, note=note, reason=note[:300])
    notices.withdraw_open(enrolment, now=now)
    if successor is not None and may_go:
        carrying.bring(enrolment, to=successor, has_seat=has_seat, now=now)


@transaction.atomic
def _tell(cohort_id: int, *, now: datetime) -> Campaign | None:
    """One message to everybody whom the cancellation concerns; the line of the other wave moves."""
    cohort, successor = _lock(cohort_id)
    if cohort.cancellation_told_at or _left(cohort).exists():
        return None
    cohort.cancellation_told_at = now
    cohort.save(update_fields=["cancellation_told_at", "updated_at"])
    if successor is not None:
        seats.refill(successor, now=now)
    return _send(cohort, successor, now=now)


_AUDIENCE = """
INSERT INTO messaging_audiencemember (campaign_id, position, recipient_key, subject_id)
SELECT %(campaign)s, row_number() OVER (ORDER BY old.id), old.participant_id,
    COALESCE(place.id, old.id)
FROM trainings_enrolment old
LEFT JOIN trainings_enrolment place
    ON place.carried_from_id = old.id AND place.cohort_id = %(successor)s
WHERE old.cohort_id = %(cohort)s AND (old.state = 'attended' OR old.state = 'cancelled' AND {ended}
    OR old.state = 'expired' AND {ended} AND EXISTS (
        SELECT FROM messaging_delivery told
        WHERE told.recipient_key = old.participant_id AND told.subject_id = old.id
            AND told.state IN ('accepted', 'delivered', 'read', 'uncertain')))
""".replace(
    "{ended}",
    """EXISTS (
        SELECT FROM trainings_enrolmentevent ended
        WHERE ended.enrolment_id = old.id AND ended.to_state = old.state
            AND ended.via = %(via)s AND starts_with(ended.note, %(note)s))""",
)
"""Whoever never heard of the invitation hears nothing of its end; nor does who left by herself,
even in the same instant: she was told then that she has left."""


def _send(cohort: Cohort, successor: Cohort | None, *, now: datetime) -> Campaign | None:
    campaign = messaging.create_campaign(
        change_messages.COHORT_CANCELLED,
        subject_id=cohort.pk,
        title=f"Pembatalan {cohort.training.title}, gelombang {cohort.number}",
        actor=cohort.cancelled_by,
        now=now,
        channels=ways.open_channels(change_messages.COHORT_CANCELLED),
        options={
            change_messages.REASON: f"Alasan: {cohort.cancel_reason.rstrip('.')}.",
            change_messages.NEWS: _news(successor),
        },
    )
    values = {
        "campaign": campaign.pk,
        "cohort": cohort.pk,
        "successor": successor.pk if successor else None,
        "via": SYSTEM,
        "note": NOTE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCE, values)
        if not cursor.rowcount:
            campaign.delete()
            return None
    campaign = messaging.approve_campaign(campaign, actor=cohort.cancelled_by, now=now)
    return messaging.start_campaign(campaign, now=now)


def _news(successor: Cohort | None) -> dict[str, str]:
    """What each outcome says; `(kode)` becomes the person's new ticket code."""
    none = "Kami mengabari Anda lagi bila ada gelombang baru. Gelombang lain ada di jadwal kami."
    if successor is None:
        return {"none": none, "seat": none, "line": none}
    start = f", {format_moment(successor.starts_at)}" if successor.starts_at else ""
    wave = f"gelombang {successor.number}{start}, {wording.place(successor)}"
    return {
        "none": none,
        "seat": f"Kursi Anda kami pindahkan ke {wave}. Kode tiket Anda yang baru: (kode). Bila "
        "tidak bisa hadir, batalkan lewat tautan di bawah agar kursi dipakai orang lain.",
        "line": f"Anda kami dahulukan di daftar tunggu {wave}. Kami mengabari Anda begitu ada "
        "kursi.",
    }
