"""The two open calls of the practice data, and the people who applied to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.text import slugify

from participants.models import Business, Participant
from partners.calls import steps
from partners.calls.applying import Shown, apply_to
from partners.models import Bazaar, CurationCall, Partner, ProductKind
from umkm_portal.accounts.models import User
from umkm_portal.common.dates import JAKARTA
from umkm_portal.pages.demo.members import SHOPEE, TIKTOK
from umkm_portal.pages.demo.people import stall_owner

BAZAAR, LIVE = "bazaar-online", "live-selling"
APPLICANTS = {BAZAAR: 60, LIVE: 30}
FORWARDED = 18
"""How many applications to TikTok the dinas has passed on; the others wait for it."""
_SILENT = 12
"""Every so many does not agree that the partner sees her."""
_KINDS = {
    "makanan": "makanan-kering",
    "minuman": "minuman",
    "fesyen": "fesyen",
    "kriya": "kriya",
    "kecantikan": "kecantikan",
}


@dataclass(frozen=True)
class Plan:
    """A call as it is first written; `days` from today to its first and its last day."""

    slug: str
    partner: str
    title: str
    about: str
    criteria: tuple[str, ...]
    kinds: tuple[str, ...]
    needs: str
    quota: int
    days: tuple[int, int]
    steps: tuple[str, ...] = ()


PLANS = (
    Plan(
        BAZAAR,
        SHOPEE,
        "Shopee Bazaar Online Jakpreneur",
        "Shopee memilih usaha untuk bazar daring lima hari. Yang lolos dilatih Shopee.",
        (
            "Produk siap jual dan ada persediaan",
            "Foto produk jelas",
            "Bersedia mengirim pesanan dalam dua hari",
        ),
        ("makanan-kering", "minuman", "fesyen", "kriya", "kecantikan", "lainnya"),
        "Toko Shopee yang aktif, lima foto produk, dan persediaan untuk lima hari.",
        323,
        (-21, 2),
    ),
    Plan(
        LIVE,
        TIKTOK,
        "Berjualan langsung bersama TikTok",
        "TikTok mendampingi pedagang yang berjualan lewat siaran langsung.",
        ("Punya barang yang bisa diperagakan", "Bersedia siaran dua kali seminggu"),
        (),
        "Ponsel dengan kamera yang baik dan akun TikTok.",
        50,
        (-7, 14),
        (CurationCall.Step.FORWARD.value,),
    ),
)


def open_calls(*, staff: User, now: datetime) -> None:
    """Write the calls that are missing, their applications, and the bazaar they lead to."""
    free = applicants_in_waiting()
    people = {LIVE: free[::3], BAZAAR: [person for n, person in enumerate(free) if n % 3]}
    owner = stall_owner()
    for plan in PLANS:
        if CurationCall.objects.filter(slug=plan.slug).exists():
            continue
        call = announce_call(plan, now=now)
        chosen = people[plan.slug][: APPLICANTS[plan.slug]]
        first = [owner] if owner and plan.slug == BAZAAR else []
        apply_all(call, [*first, *chosen], now=now - timedelta(days=3))
        _forward(call, by=staff, now=now - timedelta(days=1))
    _plan_bazaar(now=now)


def announce_call(plan: Plan, *, now: datetime) -> CurationCall:
    """Write a call that owners see."""
    today = now.astimezone(JAKARTA).date()
    first, last = (today + timedelta(days=days) for days in plan.days)
    call = CurationCall.objects.create(
        partner=Partner.objects.get(organisation__slug=plan.partner),
        slug=plan.slug,
        title=plan.title,
        about=plan.about,
        criteria=list(plan.criteria),
        needs=plan.needs,
        quota=plan.quota,
        steps=list(plan.steps),
        opens_at=datetime.combine(first, time(8), tzinfo=JAKARTA),
        closes_at=datetime.combine(last, time(16), tzinfo=JAKARTA),
        state=CurationCall.State.OPEN,
    )
    call.product_kinds.set(ProductKind.objects.filter(slug__in=plan.kinds))
    return call


def applicants_in_waiting() -> list[Participant]:
    """Willing people of Jakarta with a business and an email who applied nowhere, oldest first."""
    people = Participant.objects.invitable().filter(region__code__startswith="31.")
    owner = stall_owner()
    found = people.exclude(email="").filter(businesses__isnull=False)
    wanted = sum(APPLICANTS.values()) * 2
    return [
        person
        for person in found.defer("nik", "search").order_by("created_at", "pk").distinct()[:wanted]
        if owner is None or person.pk != owner.pk
    ]


def apply_all(call: CurationCall, people: Sequence[Participant], *, now: datetime) -> None:
    """Let these people apply with what the register knows of their businesses."""
    kinds = {kind.slug: kind for kind in call.product_kinds.all()}
    shops = _shops_of(people)
    for number, person in enumerate(people):
        business = shops.get(person.pk)
        if business is None:
            continue
        slug = _KINDS.get(business.sector.slug if business.sector else "", "lainnya")
        kind = kinds.get(slug) or kinds.get("lainnya")
        licences = {"pirt": f"20631710{number:04d}1228"} if kind and kind.licence else {}
        shown = Shown(
            business=business,
            product_kind=kind,
            products=business.products or business.name,
            store_link=f"https://shopee.co.id/{slugify(business.name)}",
            licences=licences,
            agrees=number % _SILENT != _SILENT - 1,
        )
        apply_to(call, person, shown=shown, actor=None, now=now)


def bazaar_week(now: datetime, *, days: int) -> tuple[date, date]:
    """Monday to Friday of the week that lies so many days from today."""
    day = now.astimezone(JAKARTA).date() + timedelta(days=days)
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=4)


def _shops_of(people: Iterable[Participant]) -> dict[int, Business]:
    """The first business of each person, by her id."""
    rows = Business.objects.filter(participant__in=[person.pk for person in people])
    found = rows.select_related("sector").order_by("-pk")
    return {business.participant_id: business for business in found}


def _forward(call: CurationCall, *, by: User, now: datetime) -> None:
    """The dinas passes the first applications on, where the call asks for that."""
    if not call.steps:
        return
    for application in call.applications.order_by("pk")[:FORWARDED]:
        steps.take_step(application, by=by, now=now)


def _plan_bazaar(*, now: datetime) -> None:
    call = CurationCall.objects.get(slug=BAZAAR)
    starts_on, ends_on = bazaar_week(now, days=28)
    Bazaar.objects.get_or_create(
        slug="shopee-bazaar-online",
        defaults={
            "partner": call.partner,
            "call": call,
            "name": "Shopee Bazaar Online Jakpreneur",
            "starts_on": starts_on,
            "ends_on": ends_on,
            "place": "Halaman Jakpreneur di aplikasi Shopee",
            "needs": "Periksa persediaan sehari sebelumnya.",
        },
    )
