"""Saved segments, and the whole register, as audiences of campaigns."""

from __future__ import annotations

from participants.models import Participant, ParticipantQuerySet, Segment
from participants.segments.audiences import RulesBroken, people_of
from umkm_portal.accounts.models import User
from umkm_portal.messaging.desk.sources import Chosen, Selection, Source, SourceBroken, compiled

EVERYBODY, INVITABLE = "*semua", "*aktif"
BUILT_IN = (
    (INVITABLE, "Semua peserta yang aktif dan bersedia"),
    (EVERYBODY, "Semua peserta terdaftar"),
)
"""Values that no segment's slug can have."""


def choices(user: User) -> list[tuple[str, str]]:
    """The built-in groups, then the segments this officer may use."""
    rows = Segment.objects.for_user(user).order_by("name", "pk")
    return [
        *BUILT_IN,
        *((row.slug, f"{row.name} (sekitar {row.people_count} orang)") for row in rows),
    ]


def people(chosen: Chosen, user: User) -> Selection:
    """The people of any of these segments whom the officer may see. Raises SourceBroken."""
    wanted = chosen["values"]
    segments = {s.slug: s for s in Segment.objects.for_user(user).filter(slug__in=wanted)}
    found = [compiled(_people(slug, segments, user), "id") for slug in wanted]
    return Selection(
        " UNION ".join(f"({selection.sql})" for selection in found),
        tuple(value for selection in found for value in selection.params),
    )


def _people(slug: str, segments: dict[str, Segment], user: User) -> ParticipantQuerySet:
    seen = Participant.objects.for_user(user).living()
    if slug == EVERYBODY:
        return seen
    if slug == INVITABLE:
        return seen.invitable()
    if slug not in segments:
        raise SourceBroken(
            "Satu segmen yang dipilih sudah dihapus. Buka langkah Penerima, lalu simpan lagi."
        )
    try:
        return people_of(segments[slug], user=user)
    except RulesBroken as broken:
        raise SourceBroken(f"Segmen “{segments[slug].name}”: {broken}") from broken


SOURCE = Source(
    name="segment",
    label="Segmen tersimpan",
    hint="Orangnya dihitung lagi saat dikirim, menurut aturan segmen pada saat itu.",
    people=people,
    choices=choices,
    place=1,
)
