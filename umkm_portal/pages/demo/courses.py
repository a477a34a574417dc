"""The trainings and the cohorts of the practice data, dated from today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from participants.models import Participant
from trainings.models import Cohort, Session, Topic, Trainer, Training, Venue
from trainings.services import selection
from umkm_portal.accounts.models import Organisation
from umkm_portal.common.dates import JAKARTA
from umkm_portal.pages.demo import places
from umkm_portal.pages.demo.people import stall_owner
from umkm_portal.regions.calendar import is_working_day

TOUR = "pendampingan-kios-1"
UNINVITED = "siaran-langsung-3"
HALF_SENT = "omzet-digital-2"
ONE_LEFT = "toko-daring-1"
FULL = "toko-daring-2"
CLOSED = "pembukuan-1"
PAST = "siaran-langsung-1"
DRAFT = "produk-siap-jual-1"
CURATED = "kelas-shopee-1"

_TRAININGS = (
    (
        "pendampingan-kios",
        "Pendampingan siaran langsung di kios",
        "siaran-langsung",
        Training.Kind.PRACTICE,
        "tiktok",
        "Pelatih datang ke satu kios dan menemani siaran langsung pertama.",
        "Ponsel dan barang dagangan yang akan dijual",
    ),
    (
        "siaran-langsung",
        "Berjualan lewat siaran langsung",
        "siaran-langsung",
        Training.Kind.PRACTICE,
        "tiktok",
        "Menyiapkan barang, berbicara di depan kamera, melayani pesanan saat siaran.",
        "Ponsel, pengisi daya, dan dua contoh produk",
    ),
    (
        "omzet-digital",
        "Meningkatkan omzet melalui digital",
        "pemasaran-digital",
        Training.Kind.ONLINE,
        "",
        "Foto produk, judul yang dicari pembeli, promosi, dan mencatat hasilnya.",
        "Ponsel atau laptop dengan internet",
    ),
    (
        "toko-daring",
        "Membuka toko di lokapasar",
        "toko-daring",
        Training.Kind.CLASS,
        "shopee",
        "Membuat akun toko, mengunggah produk, mengatur ongkos kirim.",
        "Ponsel, KTP, dan foto produk",
    ),
    (
        "pembukuan",
        "Mencatat modal dan laba",
        "pembukuan",
        Training.Kind.CLASS,
        "",
        "Memisahkan uang usaha, mencatat harian, menghitung laba.",
        "Buku tulis dan catatan penjualan sebulan",
    ),
    (
        "produk-siap-jual",
        "Produk siap jual",
        "produksi",
        Training.Kind.CLASS,
        "",
        "Mutu, kemasan, label, dan izin yang perlu diurus.",
        "Satu contoh produk dengan kemasannya",
    ),
    (
        "kelas-shopee",
        "Kelas Shopee untuk usaha yang lolos kurasi",
        "toko-daring",
        Training.Kind.ONLINE,
        "shopee",
        "Menyiapkan toko untuk bazar: harga promo, persediaan, dan siaran langsung.",
        "Ponsel dan foto lima produk",
    ),
)


@dataclass(frozen=True)
class Plan:
    """One cohort as it is first written; `days` from today to its first session."""

    code: str
    training: str
    number: int
    state: Cohort.State
    seats: int
    days: int
    hour: int
    venue: str
    trainers: tuple[str, ...] = ()
    sessions: int = 1
    people_per_seat: int = 3
    answer_hours: int = 72
    eligibility: Cohort.Eligibility = Cohort.Eligibility.ANYONE


PLANS = (
    Plan(
        TOUR, "pendampingan-kios", 1, Cohort.State.OPEN, 1, 9, 9, places.MARKET,
        ("Andi Prasetyo",), people_per_seat=200, eligibility=Cohort.Eligibility.JAKARTA_RESIDENT,
    ),
    Plan(
        UNINVITED, "siaran-langsung", 3, Cohort.State.OPEN, 30, 14, 9, places.MARKET,
        ("Andi Prasetyo", places.INFLUENCER), sessions=2,
    ),
    Plan(
        HALF_SENT, "omzet-digital", 2, Cohort.State.OPEN, 278, 16, 13, places.ONLINE,
        ("Maya Lestari",), people_per_seat=1, answer_hours=240,
    ),
    Plan(ONE_LEFT, "toko-daring", 1, Cohort.State.OPEN, 20, 7, 9, places.CAKUNG, ("Maya Lestari",)),
    Plan(
        FULL, "toko-daring", 2, Cohort.State.OPEN, 12, 11, 13, places.TEBET, ("Maya Lestari",),
        answer_hours=168, eligibility=Cohort.Eligibility.JAKARTA_BUSINESS,
    ),
    Plan(
        CLOSED, "pembukuan", 1, Cohort.State.CLOSED, 25, 3, 9, places.TANAH_ABANG,
        ("Bambang Sutrisno",),
    ),
    Plan(
        PAST, "siaran-langsung", 1, Cohort.State.FINISHED, 25, -24, 9, places.MARKET,
        (places.INFLUENCER,),
    ),
    Plan(
        DRAFT, "produk-siap-jual", 1, Cohort.State.DRAFT, 40, 30, 9, places.TEBET,
        ("Bambang Sutrisno", places.UNDECIDED),
    ),
    Plan(
        CURATED, "kelas-shopee", 1, Cohort.State.OPEN, 25, 18, 13, places.ONLINE,
        ("Maya Lestari",),
    ),
)  # fmt: skip


def hold_courses(*, now: datetime) -> None:
    """Write the trainings and cohorts that are missing."""
    for slug, title, topic, kind, provider, summary, bring in _TRAININGS:
        Training.objects.get_or_create(
            slug=slug,
            defaults={
                "topic": Topic.objects.get(slug=topic),
                "kind": kind,
                "organiser": Organisation.objects.get(slug="ppkukm"),
                "provider": Organisation.objects.filter(slug=provider).first(),
                "title": title,
                "summary": summary,
                "audience": "Peserta Jakpreneur yang aktif dan bersedia",
                "bring": bring,
            },
        )
    for plan in PLANS:
        if not Cohort.objects.filter(code=plan.code).exists():
            hold(plan, now=now)


def working_day(today: date, days: int) -> date:
    """The first working day that many days from today, looking away from today."""
    day, step = today + timedelta(days=days), timedelta(days=1 if days >= 0 else -1)
    while not is_working_day(day):
        day += step
    return day


@transaction.atomic
def hold(plan: Plan, *, now: datetime) -> Cohort:
    """Write one cohort with its sessions and trainers."""
    first = working_day(now.astimezone(JAKARTA).date(), plan.days)
    days = [first] + [working_day(first, 7 * n) for n in range(1, plan.sessions)]
    starts = [datetime.combine(day, time(plan.hour), tzinfo=JAKARTA) for day in days]
    hours = timedelta(hours=3)
    training = Training.objects.get(slug=plan.training)
    is_online = plan.venue == places.ONLINE
    cohort = Cohort.objects.create(
        code=plan.code,
        training=training,
        number=plan.number,
        state=plan.state,
        mode=Cohort.Mode.ONLINE if is_online else Cohort.Mode.IN_PERSON,
        eligibility=plan.eligibility,
        seats=plan.seats,
        minimum=max(plan.seats // 3, 1),
        opens_at=_opens(starts[0], now=now),
        closes_at=_closes(plan, starts[0], now=now),
        starts_at=starts[0],
        ends_at=starts[-1] + hours,
        people_per_seat=plan.people_per_seat,
        answer_hours=plan.answer_hours,
        data_cost_mb=600 if is_online else None,
        place_note="" if is_online else "Datang 15 menit lebih awal dan bawa KTP.",
    )
    for start in starts:
        session = Session.objects.create(
            cohort=cohort,
            venue=Venue.objects.get(name=plan.venue),
            link="https://zoom.example/j/latihan" if is_online else "",
            starts_at=start,
            ends_at=start + hours,
        )
        session.trainers.set(Trainer.objects.filter(name__in=plan.trainers))
    if plan.code == TOUR:
        _favour_the_stall_owner(cohort)
    return cohort


def _opens(start: datetime, *, now: datetime) -> datetime:
    """Eight in the morning, ten days before today or before a class that is over."""
    day = min(now, start).astimezone(JAKARTA) - timedelta(days=10)
    return datetime.combine(day, time(8), tzinfo=JAKARTA)


def _closes(plan: Plan, start: datetime, *, now: datetime) -> datetime:
    """A day before the class; for the closed cohort at the full hour before the last one."""
    if plan.state == Cohort.State.CLOSED:
        return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return start - timedelta(days=1)


def _favour_the_stall_owner(cohort: Cohort) -> None:
    """Choose the cohort's seed so that the stall owner of the tour has the first lot of her city.

    The lots themselves stay as they are for every cohort: only the seed is picked, not drawn.
    """
    owner = stall_owner()
    if owner is None or owner.region is None:
        return
    equals = list(
        Participant.objects.invitable()
        .filter(region__code__startswith=owner.region.code[:5], last_served_on=None)
        .values_list("pk", flat=True)
    )
    for number in range(100_000):
        seed = f"latihan-{number}"
        if min(equals, key=lambda pk: selection.lot(seed, pk)) == owner.pk:
            Cohort.objects.filter(pk=cohort.pk).update(seed=seed)
            return
