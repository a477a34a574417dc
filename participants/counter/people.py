"""One person at the counter: registered once however often Enter is pressed."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from participants import niks
from participants.models import Consent, DuplicatePair, Participant, ParticipantQuerySet
from participants.registration.entry import Entry
from participants.registration.matching import verified_holder
from participants.registration.people import AlreadyVerified, register_person
from umkm_portal.accounts.models import User

SOURCE = "loket, tatap muka"
"""Where the data and the consents come from: given in person."""
REPEAT = timedelta(minutes=10)
"""The same person typed again by the same officer within this time is the same registration."""


@transaction.atomic
def register_at_counter(entry: Entry, *, actor: User, ktp_seen: bool, now: datetime) -> Participant:
    """Register the person who stands there; pressing Enter twice registers her once.

    Raises AlreadyVerified when the NIK is verified on another record, KTP seen or not: staff then
    open that record instead.
    """
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if repeated := _just_registered(entry, actor=actor, now=now):
        return repeated
    if holder := verified_holder(entry.nik):
        raise AlreadyVerified(holder)
    return register_person(
        entry, source=SOURCE, account=None, actor=actor, ktp_seen=ktp_seen, now=now
    )


def registered_today(actor: User, *, now: datetime) -> int:
    """How many people this officer has registered at the counter since midnight."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now), time()))
    notices = _notices(actor).filter(happened_at__gte=midnight)
    return notices.values("participant").distinct().count()


def may_be_twins(person: Participant, *, user: User) -> ParticipantQuerySet:
    """Others whom this user may see and who may be the same person, or share her phone."""
    pairs = DuplicatePair.objects.filter(state=DuplicatePair.State.OPEN).filter(
        Q(first=person, second=OuterRef("pk")) | Q(second=person, first=OuterRef("pk"))
    )
    alike = Q(Exists(pairs))
    if person.phone:
        alike |= Q(phone=person.phone)
    return Participant.objects.for_user(user).living().filter(alike).exclude(pk=person.pk)


def _just_registered(entry: Entry, *, actor: User, now: datetime) -> Participant | None:
    recent = _notices(actor).filter(happened_at__gte=now - REPEAT)
    people = Participant.objects.filter(
        full_name=entry.full_name, phone=entry.phone, pk__in=recent.values("participant")
    )
    if entry.nik:
        people = people.filter(nik_index__in=niks.indexes_of(entry.nik))
    return people.order_by("pk").first()


def _notices(actor: User) -> QuerySet[Consent]:
    """One row for each registration at the counter by this officer."""
    return Consent.objects.filter(purpose=Consent.Purpose.NOTICE, actor=actor, channel=SOURCE)
