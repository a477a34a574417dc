"""People whom no message of a campaign reached: told by their kecamatan, each with a click."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Exists, OuterRef, Q, QuerySet

from participants.models import Participant, ParticipantQuerySet
from umkm_portal.accounts.models import User
from umkm_portal.common import phones
from umkm_portal.messaging import directory, kinds
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Campaign, Channel, Delivery, Exclusion, Suppression
from umkm_portal.messaging.sending.placeholders import fill
from umkm_portal.regions.models import Region

State = Delivery.State
UNKNOWN = "Wilayah belum diketahui"
RECENT = timedelta(days=60)
AT_MOST = 1_000
"""People on one page; the rest follow when these are told."""
_MISSED = (State.FAILED_PERMANENT, State.SUPPRESSED)
_WANTS_NONE = [r.value for r in Suppression.Reason if r != Suppression.Reason.HARD_BOUNCE]


@dataclass(frozen=True)
class Row:
    """One person to be told; `chat_link` is empty without a phone."""

    participant_id: int
    name: str
    phone: str
    address: str
    chat_link: str


@dataclass(frozen=True)
class Sheet:
    """The people of one kecamatan, or of one city outside Jakarta."""

    place: str
    rows: list[Row]


def campaigns_to_tell(*, now: datetime) -> QuerySet[Campaign]:
    """Campaigns of the last two months with people whom no message reached; newest first.

    Kinds with a list of their own (invitations) are not among them.
    """
    rows = Campaign.objects.filter(is_standing=False, started_at__gt=now - RECENT)
    rows = rows.exclude(kind__in=directory.kinds_with_lists()).exclude(
        options__has_key=Campaign.TEST_OF
    )
    missed = Q(batches__failed_permanent__gt=0) | Q(batches__suppressed__gt=0)
    left_out = Exists(
        Exclusion.objects.filter(campaign=OuterRef("pk"), reason=Exclusion.NO_CHANNEL)
    )
    return rows.filter(missed | left_out).distinct().order_by("-started_at", "-pk")


def untold(campaign: Campaign, *, user: User) -> ParticipantQuerySet:
    """Those of this user's area whom no message of a campaign reached, and nobody told yet.

    Whoever asked for no messages, or restricted the use of her data, is not among them.
    """
    mine = campaign.deliveries.filter(step="")
    left_out = campaign.exclusions.filter(reason=Exclusion.NO_CHANNEL)
    missed = mine.filter(state__in=_MISSED)
    settled = mine.exclude(state__in=(*_MISSED, State.CANCELLED))
    unwanted = missed.filter(state=State.SUPPRESSED, error__in=_WANTS_NONE)
    people = Participant.objects.for_user(user).living().unrestricted()
    people = people.filter(
        Q(pk__in=left_out.values("recipient_key")) | Q(pk__in=missed.values("recipient_key"))
    )
    about_her = {"recipient_key": OuterRef("pk")}
    return people.exclude(Exists(settled.filter(**about_her))).exclude(
        Exists(unwanted.filter(**about_her))
    )


def sheets(campaign: Campaign, people: ParticipantQuerySet) -> list[Sheet]:
    """The first of these people by kecamatan and name, with the words for WhatsApp filled in."""
    found = people.select_related("region__parent").defer("nik", "search")
    ordered = found.order_by("region__code", "full_name", "pk")[:AT_MOST]
    rows = sorted(ordered, key=lambda p: (_place(p), p.full_name, p.pk))
    text, shared = _words(campaign)
    return [
        Sheet(place, [_row(person, text, shared) for person in group])
        for place, group in groupby(rows, key=_place)
    ]


def mark_told(campaign: Campaign, person: Participant, *, actor: User, now: datetime) -> Delivery:
    """Record that staff told this person what a campaign says. Raises CampaignRefused."""
    earlier = campaign.deliveries.filter(recipient_key=person.pk, step="").first()
    return messaging.mark_sent_by_hand(
        campaign,
        recipient_key=person.pk,
        subject_id=earlier.subject_id if earlier else None,
        actor=actor,
        now=now,
    )


def _place(person: Participant) -> str:
    region = person.region
    if region is None:
        return UNKNOWN
    if region.level == Region.Level.VILLAGE and region.parent:
        return region.parent.name
    return region.name


def _row(person: Participant, text: str, shared: dict[str, str]) -> Row:
    words = " ".join(fill(text, {"nama": person.full_name, **shared}).split())
    return Row(
        participant_id=person.pk,
        name=person.full_name,
        phone=phones.display(person.phone) if person.phone else "",
        address=", ".join(filter(None, [person.address, str(person.region or "")])),
        chat_link=phones.whatsapp_link(person.phone, words) if person.phone else "",
    )


def _words(campaign: Campaign) -> tuple[str, dict[str, str]]:
    """The shortest text of a campaign, and what all its recipients share."""
    kind = kinds.get(campaign.kind)
    texts = dict(campaign.templates.order_by("pk").values_list("channel", "body"))
    texts = texts or {channel: body for channel, (_, body) in kind.wording.items()}
    order = (Channel.WHATSAPP, Channel.SMS, Channel.EMAIL)
    text = next((texts[channel] for channel in order if channel in texts), campaign.title)
    return text, kind.shared_context(campaign)
