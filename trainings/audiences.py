"""What segments and campaigns learn from trainings: who took part, who was asked, and what uses a
segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from participants.models import Segment
from participants.segments import registry
from participants.segments.rules import AnyOf, Group, Number
from trainings.class_news import CHANGE, CLASS_NEWS
from trainings.models import Cohort, Enrolment, InvitationRound, Topic, Training
from trainings.services import segments
from umkm_portal.accounts.models import User
from umkm_portal.common.numbers import whole_in
from umkm_portal.messaging import kinds
from umkm_portal.messaging.desk import purposes, sources
from umkm_portal.messaging.desk.purposes import Lead
from umkm_portal.messaging.desk.sources import Chosen, Selection, Source

State = Enrolment.State
TOOK_PART = (State.ATTENDED, State.COMPLETED)
LONGEST_DAYS = 3650
COHORTS = 12
COHORTS_TO_TICK = 60


def register() -> None:
    """Offer the rules and say which slugs are taken and which segments are in use."""
    registry.register(
        group=RULES, taken_slugs=_built_in_slugs, use=_use_in_rounds, links=_open_cohorts
    )
    sources.register(COHORTS_AS_SOURCE)
    purposes.register_lead(INVITATIONS)
    kinds.register(CLASS_NEWS)
    purposes.register(CHANGE)


def topic_choices() -> list[tuple[str, str]]:
    return list(Topic.objects.order_by("name", "pk").values_list("slug", "name"))


def _enrolled(topics: list[str], states: tuple[str, ...]) -> Q:
    """People with an enrolment in one of the states, in a training of one of the topics."""
    trainings = list(Training.objects.filter(topic__slug__in=topics).values_list("pk", flat=True))
    rows = Enrolment.objects.filter(
        participant=OuterRef("pk"), training__in=trainings, state__in=states
    )
    return Q(Exists(rows))


def _since(days: int, column: str, **others: object) -> Q:
    first = timezone.now() - timedelta(days=int(days))
    rows = Enrolment.objects.filter(
        participant=OuterRef("pk"), **{f"{column}__gte": first}, **others
    )
    return Q(Exists(rows))


def _attended(topics: list[str], values: Mapping[str, Any]) -> Q:
    return _enrolled(topics, TOOK_PART)


def _never_attended(topics: list[str], values: Mapping[str, Any]) -> Q:
    return ~_enrolled(topics, TOOK_PART)


def _missed(topics: list[str], values: Mapping[str, Any]) -> Q:
    return _enrolled(topics, (State.NO_SHOW,))


def _invited(days: int, values: Mapping[str, Any]) -> Q:
    return _since(days, "created_at", round__isnull=False)


def _not_invited(days: int, values: Mapping[str, Any]) -> Q:
    return ~_since(days, "created_at", round__isnull=False)


def _answered(days: int, values: Mapping[str, Any]) -> Q:
    return _since(days, "answered_at")


RULES = Group(
    "Pelatihan dan undangan",
    {
        "pernah_ikut": AnyOf("Pernah ikut tema", _attended, choices=topic_choices),
        "belum_ikut": AnyOf("Belum pernah ikut tema", _never_attended, choices=topic_choices),
        "tidak_hadir": AnyOf("Tidak hadir di tema", _missed, choices=topic_choices),
        "diundang_hari": Number("Diundang dalam … hari terakhir", _invited, most=LONGEST_DAYS),
        "tidak_diundang_hari": Number(
            "Tidak diundang dalam … hari terakhir", _not_invited, most=LONGEST_DAYS
        ),
        "menjawab_hari": Number("Menjawab dalam … hari terakhir", _answered, most=LONGEST_DAYS),
    },
)


def _built_in_slugs() -> Iterable[str]:
    return [segments.BY_HAND, *(segment.slug for segment in segments.built_in())]


def _use_in_rounds(segment: Segment) -> str:
    """Rounds name their segment, and the next one of a cohort looks it up again."""
    rounds = InvitationRound.objects.filter(segment=segment.slug)
    codes = list(rounds.order_by("-pk").values_list("cohort__code", flat=True)[:3])
    return f"Dipakai putaran undangan gelombang {', '.join(dict.fromkeys(codes))}." if codes else ""


def _open_cohorts(segment: Segment) -> Iterable[tuple[str, str]]:
    """The invitation pages of the cohorts that still take people, with this segment chosen."""
    cohorts = Cohort.objects.upcoming(now=timezone.now()).select_related("training")
    for cohort in cohorts.order_by("starts_at", "pk")[:COHORTS]:
        address = reverse("admin:trainings_cohort_invite", args=[cohort.pk])
        yield (
            f"{cohort.training.title}, gelombang {cohort.number}",
            f"{address}?segment={segment.slug}",
        )


def cohort_choices(user: User) -> list[tuple[str, str]]:
    """The newest cohorts an officer may work with, for the campaign desk."""
    rows = Cohort.objects.for_user(user).exclude(state=Cohort.State.DRAFT)
    rows = rows.select_related("training").order_by("-starts_at", "-pk")[:COHORTS_TO_TICK]
    return [
        (
            str(row.pk),
            f"{row.training.title}, gelombang {row.number} ({row.code})",
        )
        for row in rows
    ]


def people_of_cohorts(chosen: Chosen, user: User) -> Selection:
    """Who stands in one of the states in one of the cohorts."""
    keys = [key for value in chosen["values"] if (key := whole_in(value)) is not None]
    rows = Enrolment.objects.filter(
        cohort__in=Cohort.objects.for_user(user).filter(pk__in=keys),
        state__in=chosen.get("states") or Enrolment.SEATED,
    )
    return sources.compiled(rows, "participant")


def _invitation_pages(user: User) -> list[tuple[str, str]]:
    if not user.has_perm("trainings.change_cohort"):
        return []
    cohorts = Cohort.objects.for_user(user).upcoming(now=timezone.now())
    return [
        (
            f"{cohort.training.title}, gelombang {cohort.number}",
            reverse("admin:trainings_cohort_invite", args=[cohort.pk]),
        )
        for cohort in cohorts.select_related("training").order_by("starts_at", "pk")[:COHORTS]
    ]


COHORTS_AS_SOURCE = Source(
    name="cohort",
    label="Gelombang dan status peserta",
    hint="Centang gelombangnya, lalu status peserta yang dimaksud.",
    people=people_of_cohorts,
    choices=cohort_choices,
    states=State.choices,
    first_states=tuple(map(str, Enrolment.SEATED)),
    place=2,
)
INVITATIONS = Lead(
    "Undangan pelatihan",
    "Undangan dikirim bertahap dari halaman gelombangnya: beberapa orang per kursi kosong, "
    "dengan batas jawab.",
    _invitation_pages,
)
