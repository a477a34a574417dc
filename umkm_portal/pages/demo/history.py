"""Earlier classes of the practice data, their money and targets: what the report tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from trainings.models import BudgetLine, Cohort, Programme, Topic, Training
from umkm_portal.accounts.models import Organisation, User
from umkm_portal.pages.demo import courses, life, places, planning
from umkm_portal.reports.models import Target

FOOD, DIGITAL, STALL = "olahan-pangan", "foto-produk", "siaran-di-kios"
_TRAININGS = (
    (FOOD, "Olahan pangan yang tahan lama", "produksi", "kpkp", Training.Kind.CLASS),
    (DIGITAL, "Foto produk dengan ponsel", "pemasaran-digital", "parekraf", Training.Kind.ONLINE),
    (STALL, "Siaran langsung dari kios", "siaran-langsung", "ppkukm", Training.Kind.PRACTICE),
)
_PLANS = (
    courses.Plan(
        f"{FOOD}-1", FOOD, 1, Cohort.State.FINISHED, 16, -62, 9, places.CAKUNG,
        ("Bambang Sutrisno",),
    ),
    courses.Plan(
        f"{DIGITAL}-1", DIGITAL, 1, Cohort.State.FINISHED, 24, -45, 13, places.ONLINE,
        ("Maya Lestari",),
    ),
    courses.Plan(
        f"{STALL}-1", STALL, 1, Cohort.State.FINISHED, 14, -38, 9, places.MARKET,
        (places.INFLUENCER,),
    ),
)  # fmt: skip
_SOURCE = "Contoh untuk latihan, bukan target resmi"


@dataclass(frozen=True)
class _Aim:
    measure: Target.Measure
    number: int
    topic: str = ""
    agency: str = ""
    years: int = 1


_AIMS = (
    _Aim(Target.Measure.REGISTERED, 5_000, years=8),
    _Aim(Target.Measure.TRAINED, 150),
    _Aim(Target.Measure.TRAINED, 50, topic="siaran-langsung"),
    _Aim(Target.Measure.CERTIFIED, 40, agency="ppkukm"),
)


def hold_earlier_classes(*, staff: User, now: datetime) -> None:
    """Write the classes of the last months with who came to them, and this year's targets."""
    for slug, title, topic, organiser, kind in _TRAININGS:
        Training.objects.get_or_create(
            slug=slug,
            defaults={
                "topic": Topic.objects.get(slug=topic),
                "kind": kind,
                "organiser": Organisation.objects.get(slug=organiser),
                "title": title,
                "audience": "Peserta Jakpreneur yang aktif dan bersedia",
            },
        )
    for plan in _PLANS:
        if not Cohort.objects.filter(code=plan.code).exists():
            _hold(plan, staff=staff, now=now)
    _fund(now=now)
    _aim(now=now)


@transaction.atomic
def _hold(plan: courses.Plan, *, staff: User, now: datetime) -> None:
    courses.hold(plan, now=now)
    life.hold_past_class(plan.code, staff=staff)


@transaction.atomic
def _fund(*, now: datetime) -> None:
    """A programme of another agency, and what the classes were planned for and cost; once."""
    _, is_new = Programme.objects.get_or_create(
        slug="pangan-siap-jual",
        defaults={
            "name": "Pangan Siap Jual",
            "organiser": Organisation.objects.get(slug="kpkp"),
            "year": timezone.localdate(now).year,
            "aim": "Olahan pangan tahan lama, berizin, dan siap dijual.",
            "budget": 40_000_000,
            "budget_source": "APBD (contoh)",
        },
    )
    if not is_new:
        return
    food = Programme.objects.get(slug="pangan-siap-jual")
    digital = Programme.objects.get(slug=planning.SLUG)
    Training.objects.filter(slug=FOOD).update(programme=food)
    Training.objects.filter(slug__in=[DIGITAL, STALL]).update(programme=digital)
    Purpose = BudgetLine.Purpose
    lines = (
        (f"{FOOD}-1", Purpose.MATERIALS, 4_800_000, 4_350_000),
        (f"{FOOD}-1", Purpose.MEALS, 720_000, 720_000),
        (f"{DIGITAL}-1", Purpose.TRAINER, 750_000, 750_000),
        (f"{STALL}-1", Purpose.TRAINER, 3_500_000, 3_500_000),
        (f"{STALL}-1", Purpose.MEALS, 630_000, 585_000),
    )
    BudgetLine.objects.bulk_create(
        BudgetLine(
            cohort=Cohort.objects.get(code=code), purpose=purpose, planned=planned, spent=spent
        )
        for code, purpose, planned, spent in lines
    )
    BudgetLine.objects.create(
        programme=food, purpose=Purpose.OTHER, note="Publikasi", planned=900_000, spent=640_000
    )


def _aim(*, now: datetime) -> None:
    today = timezone.localdate(now)
    for aim in _AIMS:
        Target.objects.get_or_create(
            measure=aim.measure,
            year=today.year,
            since=today.year - aim.years + 1 if aim.years > 1 else None,
            topic=Topic.objects.filter(slug=aim.topic).first(),
            agency=Organisation.objects.filter(slug=aim.agency).first(),
            source=_SOURCE,
            defaults={"number": aim.number, "source_date": today.replace(month=1, day=2)},
        )
