"""After the classes of the practice data: what people said, why two stayed away, what was paid."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from trainings.aftermath import absences, feedback, transport
from trainings.models import Absence, BudgetLine, Cohort, Enrolment, Feedback
from trainings.models.aftermath import THERE
from trainings.services.answers import VIA_LINK, VIA_PHONE
from trainings.services.transitions import State
from umkm_portal.accounts.models import User
from umkm_portal.pages.demo import courses

RATE, PLANNED = 50_000, 1_500_000
_COMMENTS = {
    1: "Pelatihnya sabar. Saya langsung berani siaran malam itu.",
    4: "Tolong kelasnya mulai lebih siang, pagi saya menyiapkan dagangan.",
    6: "Contohnya dari pedagang pasar, jadi mudah ditiru.",
}


def look_back(*, staff: User, now: datetime) -> None:
    """Let people of the past class answer, once; nobody of practice data is asked by message."""
    cohort = Cohort.objects.select_related("training").get(code=courses.PAST)
    if cohort.ends_at and not Feedback.objects.filter(enrolment__cohort=cohort).exists():
        _answer(cohort, now=min(cohort.ends_at + timedelta(days=2), now))
        _tell_reasons(cohort, staff=staff, now=min(cohort.ends_at + timedelta(days=3), now))
        _pay(cohort, staff=staff, now=now)
    _ask_nobody(now=now)


@transaction.atomic
def _answer(cohort: Cohort, *, now: datetime) -> None:
    """Two of three of those who were there, most of them content."""
    there = cohort.enrolments.filter(state__in=THERE).order_by("arrival_no", "pk")
    for number, enrolment in enumerate(there):
        if number % 3 == 2:
            continue
        good = 5 if number % 2 else 4
        feedback.answer(
            enrolment,
            scores=dict(zip(feedback.MAIN, (good, 4, 3 + number % 3), strict=True)),
            trainers={trainer.pk: good for trainer in feedback.trainers_of(enrolment)},
            comment=_COMMENTS.get(number, ""),
            may_name=number == 1,
            via=VIA_LINK,
            now=now,
        )


@transaction.atomic
def _tell_reasons(cohort: Cohort, *, staff: User, now: datetime) -> None:
    """One wrote by link that the shop was busy, one said on the telephone that she was ill."""
    away = list(cohort.enrolments.filter(state=State.NO_SHOW).order_by("arrival_no", "pk")[:2])
    said = (("usaha", VIA_LINK, None), ("sakit", VIA_PHONE, staff))
    for enrolment, (reason, via, by) in zip(away, said, strict=False):
        absences.give_reason(
            enrolment, reason=reason, note="", wants_next=False, via=via, by=by, now=now
        )


@transaction.atomic
def _pay(cohort: Cohort, *, staff: User, now: datetime) -> None:
    """One list, paid out."""
    Cohort.objects.filter(pk=cohort.pk).update(transport_rate=RATE)
    BudgetLine.objects.create(cohort=cohort, purpose=BudgetLine.Purpose.TRANSPORT, planned=PLANNED)
    batch = transport.make_batch(cohort, number=1, accepts_over=True, by=staff, now=now)
    transport.mark_paid(batch, by=staff, now=now)


def _ask_nobody(*, now: datetime) -> None:
    """The rest count as asked: a mailbox full of questions would hide what the tour is about."""
    closed = Enrolment.objects.filter(cohort__state=Cohort.State.FINISHED)
    there = closed.filter(
        ~Exists(Feedback.objects.filter(enrolment=OuterRef("pk"))), state__in=THERE
    )
    Feedback.objects.bulk_create([Feedback(enrolment=one, asked_at=now) for one in there])
    away = closed.filter(
        ~Exists(Absence.objects.filter(enrolment=OuterRef("pk"))), state=State.NO_SHOW
    )
    Absence.objects.bulk_create([Absence(enrolment=one, asked_at=now) for one in away])
