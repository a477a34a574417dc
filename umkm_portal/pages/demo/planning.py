"""The programme of the practice data: its money, what trainers answered, and a plan that lacks."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from trainings.models import (
    Assignment,
    BudgetLine,
    Cohort,
    Programme,
    Training,
    Unavailability,
    Venue,
)
from trainings.planning.trainers import fees_of
from umkm_portal.accounts.models import Organisation
from umkm_portal.pages.demo import courses, places

SLUG = "jakpreneur-digital"
CEILING = 120_000_000
UNWRITTEN = "produk-siap-jual"
"""The training whose materials are still to come."""
_MATERIALS = "Buku saku, salindia, dan lembar latihan ada di folder bersama."
_MEALS_PER_SEAT = 45_000
Purpose = BudgetLine.Purpose


@transaction.atomic
def fund_courses(*, now: datetime) -> None:
    """Give the practice cohorts a programme, money and answers; once."""
    programme, is_new = Programme.objects.get_or_create(
        slug=SLUG,
        defaults={
            "name": "Jakpreneur Berjualan Digital",
            "organiser": Organisation.objects.get(slug="ppkukm"),
            "year": timezone.localdate(now).year,
            "aim": "Peserta aktif bisa membuka toko dan berjualan lewat siaran langsung.",
            "budget": CEILING,
            "budget_source": "APBD (contoh)",
        },
    )
    if not is_new:
        return
    trainings = Training.objects.filter(cohorts__code__in=[plan.code for plan in courses.PLANS])
    Training.objects.filter(pk__in=trainings.values("pk")).update(programme=programme)
    trainings.exclude(slug=UNWRITTEN).filter(materials="").update(materials=_MATERIALS)
    Training.objects.filter(slug=UNWRITTEN).update(track="new_entrepreneur")
    BudgetLine.objects.create(
        programme=programme, purpose=Purpose.OTHER, note="Publikasi", planned=6_000_000
    )
    for cohort in Cohort.objects.filter(training__programme=programme).order_by("pk"):
        if cohort.code == courses.DRAFT:
            _leave_undone(cohort)
        else:
            prepare(cohort, now=now)


def prepare(cohort: Cohort, *, now: datetime) -> None:
    """All trainers of this cohort said yes; money is planned, promised, or paid when it is over."""
    asked = Assignment.objects.filter(session__cohort=cohort)
    asked.update(state=Assignment.State.CONFIRMED, answered_at=now)
    is_over = cohort.state == Cohort.State.FINISHED
    fees, meals = fees_of(cohort).wanted, _MEALS_PER_SEAT * cohort.seats
    _line(cohort, Purpose.TRAINER, fees, committed=0 if is_over else fees, spent=fees * is_over)
    if cohort.mode == Cohort.Mode.IN_PERSON:
        _line(cohort, Purpose.MEALS, meals, spent=meals * is_over)


def _leave_undone(cohort: Cohort) -> None:
    """Why this plan cannot be opened: its hall is away, trainers are silent, no money."""
    session = cohort.sessions.order_by("starts_at").first()
    venue = Venue.objects.get(name=places.TEBET)
    if session:
        day = timezone.localdate(session.starts_at)
        Unavailability.objects.create(
            venue=venue,
            first_day=day - timedelta(days=1),
            last_day=day,
            reason="Aula dipakai musyawarah kelurahan",
        )


def _line(
    cohort: Cohort, purpose: str, planned: int, *, committed: int = 0, spent: int = 0
) -> None:
    BudgetLine.objects.create(
        cohort=cohort, purpose=purpose, planned=planned, committed=committed, spent=spent
    )
