"""Whose data a partner may have: asked anew each time, so that a withdrawal acts at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef

from participants.models import Consent, Participant
from participants.models.participants import ParticipantQuerySet
from participants.segments.register import consents_to
from partners.models import Application, CurationCall, Disclosure, Partner
from partners.models.calls import ApplicationQuerySet
from partners.models.sharing import DisclosureQuerySet
from umkm_portal.accounts.models import Organisation

Purpose = Consent.Purpose


def shareable(partner: Partner, *, now: datetime) -> ParticipantQuerySet:
    """People whose last word about sharing with this partner, up to `now`, was yes.

    Whoever asked that her data rest is left out. The dinas curates its own people: for an agency
    nobody is asked again.
    """
    return _agreed_to(Purpose.SHARING, partner, now=now)


def reachable(partner: Partner, *, now: datetime) -> ParticipantQuerySet:
    """People who let this partner have their phone and email, besides the rest."""
    return _agreed_to(Purpose.CONTACT, partner, now=now)


def applicants(call: CurationCall, *, now: datetime) -> ApplicationQuerySet:
    """Applications that took every step, of people whom the call's curator may see."""
    agreed = shareable(call.partner, now=now).filter(pk=OuterRef("participant"))
    ready = Application.objects.live().ready().filter(call=call)
    return ready.exclude(state=Application.State.RETURNED).filter(Exists(agreed))


def seen_and_hidden(calls: Iterable[CurationCall], *, now: datetime) -> dict[int, tuple[int, int]]:
    """By call of one partner: how many applicants are ready and seen, and how many not (yet)."""
    found = list(calls)
    if not found:
        return {}
    agreed = shareable(found[0].partner, now=now).filter(pk=OuterRef("participant"))
    live = Application.objects.live().filter(call__in=found)
    everybody = dict(live.values_list("call").annotate(Count("pk")).order_by())
    ready = live.ready().exclude(state=Application.State.RETURNED).filter(Exists(agreed))
    seen = dict(ready.values_list("call").annotate(Count("pk")).order_by())
    return {
        call.pk: (seen.get(call.pk, 0), everybody.get(call.pk, 0) - seen.get(call.pk, 0))
        for call in found
    }


def gone(partner: Partner, *, now: datetime) -> DisclosureQuerySet:
    """What the partner was given about people whom it may not have any more.

    Records that were joined to another one are not gone: their consent went along.
    """
    return _without(shareable(partner, now=now), partner)


def contacts_gone(partner: Partner, *, now: datetime) -> DisclosureQuerySet:
    """Phones and emails that the partner was given and may not have any more."""
    return _without(reachable(partner, now=now), partner).exclude(contact_consent_id=None)


def consents_of(
    partner: Partner, people: Collection[int], *, purpose: str, now: datetime
) -> dict[int, int]:
    """The standing consent of each of these people who gave it to the partner, by her id."""
    events = Consent.objects.filter(
        participant__in=people,
        purpose=purpose,
        organisation=partner.organisation_id,
        happened_at__lte=now,
    )
    last = {
        person: (event, pk)
        for person, event, pk in events.order_by("happened_at", "event", "pk").values_list(
            "participant_id", "event", "pk"
        )
    }
    return {person: pk for person, (event, pk) in last.items() if event == Consent.Event.GIVEN}


def asks_nobody(partner: Partner) -> bool:
    """Whether its people are its own already: the dinas as its own curator."""
    return partner.organisation.kind == Organisation.Kind.AGENCY


def _agreed_to(purpose: str, partner: Partner, *, now: datetime) -> ParticipantQuerySet:
    people = Participant.objects.living().unrestricted()
    if asks_nobody(partner):
        return people
    return people.filter(
        consents_to(purpose, organisation=partner.organisation_id, happened_at__lte=now)
    )


def _without(agreed: ParticipantQuerySet, partner: Partner) -> DisclosureQuerySet:
    given = Disclosure.objects.filter(shared_list__partner=partner)
    living = given.exclude(participant__status=Participant.Status.MERGED)
    return living.filter(~Exists(agreed.filter(pk=OuterRef("participant"))))
