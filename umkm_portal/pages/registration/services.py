"""From the last page into the register, and from there to a seat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from participants.contacts.accounts import account_for
from participants.models import Participant, Referral, Registration
from participants.registration import drafts
from participants.registration.messages import send_copy
from participants.registration.people import register_person
from trainings.models import Cohort, Enrolment
from trainings.services import answers
from trainings.services.joining import join_uninvited
from umkm_portal.common import tokens
from umkm_portal.pages.registration.summary import entry_of
from umkm_portal.pages.registration.topics import first_wrong, told_on_all

SOURCE = "pendaftaran daring"
NOT_WILLING = (
    "Anda memilih belum bersedia ikut pelatihan, jadi kursi tidak kami ambilkan. Berubah pikiran? "
    "Buka gelombang itu dan pilih Ikut."
)


class NotFinished(Exception):
    """A page is not right (any more)."""


@dataclass(frozen=True)
class Seat:
    """What became of the class she chose: a seat or a place in the line, else the reason."""

    enrolment: Enrolment | None
    refusal: str = ""

    @property
    def is_taken(self) -> bool:
        return self.enrolment is not None and self.enrolment.state in Enrolment.SEATED

    @property
    def position(self) -> int:
        """Place in the waiting line; 0 for who does not wait."""
        return answers.waiting_position(self.enrolment) if self.enrolment else 0

    @property
    def url(self) -> str:
        """Her own page of this class: ticket, place in the line, cancelling."""
        return page_of(self.enrolment) if self.enrolment else ""


def page_of(enrolment: Enrolment) -> str:
    return reverse("trainings:answer", args=[tokens.sign("invitation", enrolment.public_id)])


@transaction.atomic
def send(draft: Registration, *, now: datetime) -> Registration:
    """Make the draft a registered person with the class she chose. Twice is harmless.

    A refused class never stops the registration. Raises NotFinished.
    """
    draft = drafts.lock(draft)
    if draft.state == Registration.State.SENT:
        return draft
    told = told_on_all(draft)
    if draft.verified_at is None or first_wrong(told):
        raise NotFinished
    account = account_for(drafts.contact_of(draft), now=now)
    person = register_person(
        entry_of(told), source=SOURCE, account=account, actor=None, ktp_seen=False, now=now
    )
    Referral.objects.filter(participant=person, told_at=None).update(told_at=now)
    note = _take_seat(draft.cohort_code, person, now=now)
    drafts.finish(draft, person, seat_note=note, now=now)
    seat = seat_of(draft)
    line = f"Kelas Anda: {settings.PORTAL_URL}{seat.url}" if seat and seat.url else note
    send_copy(draft, person, seat=line, now=now)
    return draft


def seat_of(draft: Registration) -> Seat | None:
    """What became of the class chosen; None when none was."""
    if not draft.cohort_code or not draft.participant_id:
        return None
    rows = Enrolment.objects.select_related("cohort", "participant")
    found = rows.filter(participant=draft.participant_id, cohort__code=draft.cohort_code).first()
    if found and not draft.seat_note:
        return Seat(found)
    return Seat(None, draft.seat_note) if draft.seat_note else None


def cohort_of(code: str) -> Cohort | None:
    """The class of a code that everybody may see."""
    return Cohort.objects.public().filter(code=code).first() if code else None


def _take_seat(code: str, person: Participant, *, now: datetime) -> str:
    """Join the chosen class; return the sentence of a refusal, or ""."""
    if not code:
        return ""
    cohort = cohort_of(code)
    if cohort is None:
        return "Gelombang yang Anda pilih tidak jadi diadakan. Lihat gelombang lain di jadwal."
    if not person.is_willing:
        return NOT_WILLING
    try:
        join_uninvited(cohort, person, now=now)
    except answers.AnswerRefused as refusal:
        return str(refusal)
    return ""
