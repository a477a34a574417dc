"""The rules about what the register itself knows of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from participants.models import (
    Business,
    Consent,
    Mentorship,
    Participant,
    SalesChannel,
    Sector,
    Stage,
    StageEvent,
)
from participants.segments.rules import (
    YES,
    YES_NO,
    AnyOf,
    Condition,
    Group,
    Number,
    OneOf,
    Since,
    Words,
)
from umkm_portal.accounts.models import Organisation
from umkm_portal.regions.models import Region

OUTSIDE, UNKNOWN = "luar", "kosong"
Choices = list[tuple[str, str]]


def plain(lookup: str) -> Condition:
    """The row's own column by one look-up."""
    return lambda value, values: Q(**{lookup: value})


def yes_or_no(told: Callable[[], Q]) -> Condition:
    """`told` or its opposite."""
    return lambda value, values: told() if value == YES else ~told()


def region_choices() -> Choices:
    """Every place of Jakarta that was ever valid, the rest of the country, and nowhere."""
    places = Region.objects.jakarta().order_by("code").values_list("code", "short_name")
    return [*places, (OUTSIDE, "Luar Jakarta"), (UNKNOWN, "Wilayah belum diketahui")]


def lives_in(codes: list[str], values: Mapping[str, Any] | None = None) -> Q:
    """People of these places and all below them. The ids stand in the statement, so that the
    planner knows how many people live there."""
    chosen = Q()
    if UNKNOWN in codes:
        chosen |= Q(region__isnull=True)
    if OUTSIDE in codes:
        chosen |= Q(region__isnull=False) & ~Q(region__in=_ids(Region.objects.jakarta()))
    places = [code for code in codes if code not in (OUTSIDE, UNKNOWN)]
    if places:
        below = Q(code__in=places)
        for code in places:
            below |= Q(code__startswith=f"{code}.")
        chosen |= Q(region__in=_ids(Region.objects.filter(below)))
    return chosen


def _ids(regions: Any) -> list[int]:
    return list(regions.values_list("pk", flat=True))


def sector_choices() -> Choices:
    return list(Sector.objects.order_by("name", "pk").values_list("slug", "name"))


def stage_choices() -> Choices:
    return [(stage.code, str(stage)) for stage in Stage.objects.order_by("code")]


def agency_choices() -> Choices:
    return _organisations(Organisation.Kind.AGENCY)


def partner_choices() -> Choices:
    return _organisations(Organisation.Kind.PARTNER)


def _organisations(kind: str) -> Choices:
    rows = Organisation.objects.filter(kind=kind).order_by("short_name", "pk")
    return list(rows.values_list("slug", "short_name"))


def _went_through(stages: list[str], values: Mapping[str, Any]) -> Q:
    """Every one of the stages, since the day that is told beside them."""
    since = {"occurred_on__gte": values["langkah_sejak"]} if values.get("langkah_sejak") else {}
    conditions = Q()
    for stage in stages:
        conditions &= Q(Exists(_standing_events().filter(stage=stage, **since)))
    return conditions


def _not_yet(stages: list[str], values: Mapping[str, Any]) -> Q:
    return ~Q(Exists(_standing_events().filter(stage__in=stages)))


def _any_stage_since(day: date, values: Mapping[str, Any]) -> Q:
    """The day of the ticked stages; with none ticked, of any stage."""
    if values.get("sudah_langkah"):
        return Q()
    return Q(Exists(_standing_events().filter(occurred_on__gte=day)))


def _standing_events() -> Any:
    """Milestones of the person that no later row corrects and that did happen.

    The few corrected ones are one hashed list: joined instead, the steps of everybody would be
    read before the first person is known.
    """
    corrected = StageEvent.objects.filter(corrects__isnull=False).values("corrects")
    events = StageEvent.objects.filter(participant=OuterRef("pk"), is_void=False)
    return events.exclude(pk__in=corrected)


def _is_active() -> Q:
    return Q(active_until__gte=timezone.localdate())


def _not_served_since(day: date, values: Mapping[str, Any]) -> Q:
    return Q(last_served_on__isnull=True) | Q(last_served_on__lt=day)


def _at_least(age: int, values: Mapping[str, Any]) -> Q:
    return Q(birth_date__lte=_years_ago(int(age)))


def _at_most(age: int, values: Mapping[str, Any]) -> Q:
    return Q(birth_date__gt=_years_ago(int(age) + 1))


def _years_ago(years: int) -> date:
    today = timezone.localdate()
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return today.replace(year=today.year - years, day=day)


def _served_by(slugs: list[str], values: Mapping[str, Any]) -> Q:
    agencies = list(Organisation.objects.filter(slug__in=slugs).values_list("pk", flat=True))
    mentored = Mentorship.objects.filter(organisation__in=agencies, ended_on__isnull=True)
    return Q(agency__in=agencies) | Q(pk__in=mentored.values("participant"))


def _is_mentored() -> Q:
    rows = Mentorship.objects.filter(participant=OuterRef("pk"), ended_on__isnull=True)
    return Q(Exists(rows))


def consents_to(purpose: str, **organisation: object) -> Q:
    """People whose last word about a purpose was yes."""
    about = Consent.objects.filter(participant=OuterRef("pk"), purpose=purpose, **organisation)
    later = Consent.objects.filter(
        participant=OuterRef("participant"),
        purpose=purpose,
        event=Consent.Event.WITHDRAWN,
        happened_at__gte=OuterRef("happened_at"),
        **organisation,
    )
    return Q(Exists(about.filter(~Exists(later), event=Consent.Event.GIVEN)))


def _shares_with(slugs: list[str], values: Mapping[str, Any]) -> Q:
    agreed = Q()
    for partner in Organisation.objects.filter(slug__in=slugs):
        agreed |= consents_to(Consent.Purpose.SHARING, organisation=partner.pk)
    return agreed


def _reachable(ways: list[str], values: Mapping[str, Any]) -> Q:
    conditions = Q()
    for way in ways:
        conditions &= ~Q(**{way: ""})
    return conditions


def _works_in(slugs: list[str], values: Mapping[str, Any]) -> Q:
    """The ids stand in the statement, so that the planner knows a rare sector."""
    return Q(sector__in=list(Sector.objects.filter(slug__in=slugs).values_list("pk", flat=True)))


def _sells_on(platforms: list[str], values: Mapping[str, Any]) -> Q:
    channels = SalesChannel.objects.filter(business=OuterRef("pk"), platform__in=platforms)
    return Q(Exists(channels))


GROUPS = (
    Group(
        "Tempat tinggal",
        {"wilayah": AnyOf("Wilayah", lives_in, choices=region_choices)},
        "Centang kota untuk semua kecamatan dan kelurahan di dalamnya.",
    ),
    Group(
        "Keaktifan dan kesediaan",
        {
            "aktif": OneOf("Masih aktif", yes_or_no(_is_active), choices=YES_NO),
            "bersedia": OneOf(
                "Bersedia dilatih", yes_or_no(lambda: Q(is_willing=True)), choices=YES_NO
            ),
            "bersedia_sejak": Since("Menyatakan bersedia sejak", plain("willing_on__gte")),
            "belum_dilayani_sejak": Since("Belum dilayani sejak", _not_served_since),
        },
    ),
    Group(
        "Usaha",
        {
            "sektor": AnyOf("Sektor", _works_in, choices=sector_choices, is_about_business=True),
            "skala": AnyOf(
                "Skala usaha",
                lambda chosen, values: Q(
                    scale__in=["" if scale == UNKNOWN else scale for scale in chosen]
                ),
                choices=[(value or UNKNOWN, label) for value, label in Business.Scale.choices],
                is_about_business=True,
            ),
            "kanal": AnyOf(
                "Berjualan di",
                _sells_on,
                choices=SalesChannel.Platform.choices,
                is_about_business=True,
            ),
            "siaran": OneOf(
                "Berjualan lewat siaran langsung",
                yes_or_no(lambda: Q(sells_live=True)),
                choices=YES_NO,
                is_about_business=True,
            ),
            "pasar": OneOf(
                "Punya kios di pasar",
                yes_or_no(lambda: ~Q(market="")),
                choices=YES_NO,
                is_about_business=True,
            ),
            "nama_pasar": Words("Nama pasar", plain("market__icontains"), is_about_business=True),
            "nib": OneOf(
                "Punya NIB", yes_or_no(lambda: ~Q(nib="")), choices=YES_NO, is_about_business=True
            ),
        },
        "Semua pilihan di sini berlaku untuk usaha yang sama.",
    ),
    Group(
        "Langkah P1 sampai P7",
        {
            "sudah_langkah": AnyOf(
                "Sudah menjalani semua ini", _went_through, choices=stage_choices
            ),
            "belum_langkah": AnyOf("Belum menjalani satu pun", _not_yet, choices=stage_choices),
            "langkah_sejak": Since("Dijalani sejak", _any_stage_since),
        },
    ),
    Group(
        "Orangnya",
        {
            "jalur": OneOf("Jalur", plain("track"), choices=Participant.Track.choices),
            "identitas": OneOf(
                "Identitas", plain("identity"), choices=Participant.Identity.choices
            ),
            "usia_dari": Number("Usia mulai (tahun)", _at_least, most=120),
            "usia_sampai": Number("Usia sampai (tahun)", _at_most, most=120),
            "kontak": AnyOf(
                "Bisa dihubungi lewat",
                _reachable,
                choices=(("phone", "Nomor HP"), ("email", "Email")),
            ),
        },
    ),
    Group(
        "Pembina dan asal data",
        {
            "dinas": AnyOf("Dinas pembina atau pendamping", _served_by, choices=agency_choices),
            "didampingi": OneOf("Sedang didampingi", yes_or_no(_is_mentored), choices=YES_NO),
            "asal": Words("Asal data memuat kata", plain("source__icontains")),
            "terdaftar_sejak": Since("Terdaftar sejak", plain("created_at__date__gte")),
            "terdaftar_sampai": Since("Terdaftar sampai", plain("created_at__date__lte")),
        },
    ),
    Group(
        "Persetujuan",
        {
            "setuju_wa": OneOf(
                "Setuju menerima WhatsApp",
                yes_or_no(lambda: consents_to(Consent.Purpose.WHATSAPP)),
                choices=YES_NO,
            ),
            "setuju_foto": OneOf(
                "Setuju difoto",
                yes_or_no(lambda: consents_to(Consent.Purpose.PHOTO)),
                choices=YES_NO,
            ),
            "setuju_mitra": AnyOf(
                "Setuju datanya dibagikan ke", _shares_with, choices=partner_choices
            ),
        },
    ),
)
