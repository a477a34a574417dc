"""People who cannot be reached by a message: a list to print, one sheet for each kecamatan."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.urls import reverse

from participants.models import Participant
from trainings import wording
from trainings.models import Cohort, Enrolment, InvitationRound
from trainings.models.enrolments import EnrolmentQuerySet
from trainings.services import deadlines
from umkm_portal.accounts.models import User
from umkm_portal.common import codes, phones
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import (
    AudienceMember,
    Campaign,
    Channel,
    Delivery,
    Exclusion,
    Suppression,
)
from umkm_portal.regions.models import Region

UNKNOWN = "Wilayah belum diketahui"
NO_CHANNEL = "Tidak ada alamat yang dapat dikirimi"
UNREACHED = {
    Delivery.State.FAILED_PERMANENT: "Pesan gagal terkirim",
    Delivery.State.SUPPRESSED: "Alamatnya tidak dapat dipakai",
    Delivery.State.CANCELLED: "Pesan batal dikirim",
}
"""Outcomes of which the person has not heard, and how the list calls them."""


@dataclass(frozen=True)
class PrintedRow:
    """One person to be told by hand; `chat_link` is empty without a phone."""

    enrolment_id: int
    participant_id: int
    name: str
    phone: str
    code: str
    chat_link: str
    is_sent: bool
    address: str = ""
    why: str = ""
    """Why no message reaches this person."""
    deadline: datetime | None = None


@dataclass(frozen=True)
class Sheet:
    """The people of one kecamatan, or of one city outside Jakarta."""

    place: str
    rows: list[PrintedRow]


def printable_list(opened: InvitationRound) -> list[Sheet]:
    """The invited people of a round whom no message reaches, by kecamatan and name."""
    told = set(
        Delivery.objects.filter(campaign=opened.campaign_id, channel=Channel.MANUAL).values_list(
            "recipient_key", flat=True
        )
    )
    return sheets(opened.cohort, _unreached(opened), told=told)


def sheets(
    cohort: Cohort, enrolments: EnrolmentQuerySet, *, told: Collection[int] = ()
) -> list[Sheet]:
    """These people of a cohort by kecamatan and name; `told` are ids of participants."""
    words = wording.cohort_words(cohort)
    rows = enrolments.select_related("participant__region__parent")
    people = sorted(rows, key=lambda e: (_place(e), e.participant.full_name, e.pk))
    return [
        Sheet(place, [_row(e, words, is_sent=e.participant_id in told) for e in group])
        for place, group in groupby(people, key=_place)
    ]


def untold(enrolments: EnrolmentQuerySet) -> EnrolmentQuerySet:
    """Those open invitations of which nobody has heard: no message reached her, no staff did.

    Each row has `why`. Whoever asked not to be written to, or restricted the use of her data, is
    not among them.
    """
    people = _usable(enrolments.filter(state=Enrolment.State.INVITED)).annotate(why=_why())
    people = people.exclude(why="").exclude(Exists(_told()))
    return people.exclude(Exists(_OPT_OUTS)).exclude(Exists(_stopped()))


@transaction.atomic
def mark_told(enrolment: Enrolment, *, actor: User, now: datetime) -> Delivery:
    """Record that staff told this person, who has the usual hours to answer from now.

    Raises CampaignRefused with the sentence.
    """
    if enrolment.round is None or enrolment.round.campaign is None:
        raise messaging.CampaignRefused("Orang ini tidak diundang lewat putaran.")
    deadlines.give_time(enrolment, now=now)
    return messaging.mark_sent_by_hand(
        enrolment.round.campaign,
        recipient_key=enrolment.participant_id,
        subject_id=enrolment.pk,
        actor=actor,
        now=now,
    )


def _unreached(opened: InvitationRound) -> EnrolmentQuerySet:
    """Those of a round whom no message reaches, also after staff told them."""
    people = _usable(Enrolment.objects.filter(round=opened)).annotate(why=_why())
    is_open = Q(state=Enrolment.State.INVITED) | Q(why=NO_CHANNEL)
    told = Q(Exists(_told()))
    said_stop = Q(Exists(_OPT_OUTS)) | Q(Exists(_stopped()))
    return people.filter(told | (is_open & ~Q(why="") & ~said_stop))


_ABOUT_HER = {"campaign": OuterRef("round__campaign"), "recipient_key": OuterRef("participant")}
_OPT_OUTS = Suppression.objects.filter(
    channel=Channel.EMAIL,
    address=Lower(OuterRef("participant__email")),
    purpose__in=["bulk", Suppression.EVERYTHING],
).exclude(reason=Suppression.Reason.HARD_BOUNCE)


_SAID_STOP = [r.value for r in Suppression.Reason if r != Suppression.Reason.HARD_BOUNCE]


def _usable(enrolments: EnrolmentQuerySet) -> EnrolmentQuerySet:
    return enrolments.exclude(participant__in=Participant.objects.restricted().values("pk"))


def _told() -> QuerySet[Delivery]:
    return Delivery.objects.filter(**_ABOUT_HER, step="", channel=Channel.MANUAL)


def _stopped() -> QuerySet[Delivery]:
    """Messages that were not sent because she, or staff for her, had said stop on that channel."""
    suppressed = Delivery.objects.filter(**_ABOUT_HER, state=Delivery.State.SUPPRESSED)
    return suppressed.filter(error__in=_SAID_STOP)


def _why() -> Case:
    """Why no message reached her; empty when one did, or still may, on any channel."""
    mine = Delivery.objects.filter(**_ABOUT_HER, step="")
    left_out = Exclusion.objects.filter(**_ABOUT_HER, reason=Exclusion.NO_CHANNEL)
    in_audience = AudienceMember.objects.filter(**_ABOUT_HER, campaign__state__in=Campaign.FINAL)
    reasons = [
        When(Exists(mine.filter(state=state)), then=Value(reason))
        for state, reason in UNREACHED.items()
    ]
    by_message = mine.exclude(channel=Channel.MANUAL)
    return Case(
        When(Exists(left_out), then=Value(NO_CHANNEL)),
        When(Exists(by_message.exclude(state__in=UNREACHED)), then=Value("")),
        *reasons,
        When(Exists(in_audience) & ~Exists(mine), then=Value("Pesan tidak sempat disiapkan")),
        default=Value(""),
    )


def _place(enrolment: Enrolment) -> str:
    region = enrolment.participant.region
    if region is None:
        return UNKNOWN
    if region.level == Region.Level.VILLAGE and region.parent:
        return region.parent.name
    return region.name


def _row(enrolment: Enrolment, words: dict[str, str], *, is_sent: bool) -> PrintedRow:
    person = enrolment.participant
    code = codes.display(enrolment.short_code)
    text = _TEXT.format(
        **words, nama=person.full_name, kode=code, alamat=_address(enrolment.short_code)
    )
    return PrintedRow(
        enrolment_id=enrolment.pk,
        participant_id=person.pk,
        name=person.full_name,
        phone=phones.display(person.phone) if person.phone else "",
        code=code,
        chat_link=phones.whatsapp_link(person.phone, text) if person.phone else "",
        is_sent=is_sent,
        address=", ".join(filter(None, [person.address, str(person.region or "")])),
        why=getattr(enrolment, "why", ""),
        deadline=enrolment.answer_by,
    )


def _address(short_code: str) -> str:
    return f"{settings.PORTAL_URL}{reverse('trainings:invitation')}?kode={short_code}"


_TEXT = (
    "Yth. Bapak/Ibu {nama}, Anda diundang ke pelatihan {judul}, gelombang {gelombang}: {tanggal} "
    "pukul {jam} WIB di {tempat}. Gratis. Jawab Ya atau Tidak bisa di {alamat} (kode {kode}). "
    "– {penyelenggara}"
)
