"""Keeping segments: save, copy, delete, count again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from participants.models import Segment
from participants.segments.audiences import Rules, RulesBroken, people_by, people_of
from participants.segments.registry import taken_slugs, uses_of
from umkm_portal.accounts.models import Membership, User

COUNTED_EVERY = timedelta(minutes=30)
FEW = 20
"""Segments counted again in one go."""


class SegmentRefused(Exception):
    """The segment cannot be saved or deleted so; the sentence says why."""


@transaction.atomic
def save_segment(
    segment: Segment, *, name: str, rules: Rules, actor: User, now: datetime
) -> Segment:
    """Write the name and rules of a new or known segment and count its people.

    Its slug stays once given: invitations are told by it. Raises RulesBroken, SegmentRefused.
    """
    if not name.strip():
        raise SegmentRefused("Beri nama segmen ini, misalnya “Kuliner Jakarta Timur”.")
    if Segment.objects.filter(name__iexact=name.strip()).exclude(pk=segment.pk).exists():
        raise SegmentRefused("Nama ini sudah dipakai segmen lain. Pilih nama yang berbeda.")
    segment.name, segment.rules = name.strip(), dict(rules)
    if segment.pk is None:
        segment.slug = _free_slug(segment.name)
        segment.owner, segment.created_at = actor, now
        membership = _office_of(actor)
        segment.organisation = membership.organisation if membership else None
    segment.people_count = people_of(segment, user=segment.owner).count()
    segment.counted_at = now
    segment.save()
    return segment


def copy_segment(segment: Segment, *, actor: User, now: datetime) -> Segment:
    """A segment of the actor's own with the same rules. Raises RulesBroken."""
    names = set(Segment.objects.values_list("name", flat=True))
    name = stem = f"{segment.name[:66]} (salinan)"
    number = 2
    while name in names:
        name, number = f"{stem} {number}", number + 1
    return save_segment(Segment(), name=name, rules=segment.rules, actor=actor, now=now)


@transaction.atomic
def delete_segment(segment: Segment) -> None:
    """Remove a segment. Raises SegmentRefused while anything uses it."""
    Segment.objects.select_for_update().get(pk=segment.pk)
    if uses := uses_of(segment):
        raise SegmentRefused(f"Segmen ini tidak bisa dihapus: {' '.join(uses)}")
    segment.delete()


def recount_segments(*, now: datetime) -> int:
    """Count those again whose figure is old, oldest first; return how many.

    A segment whose rules broke keeps its last figure.
    """
    old = Segment.objects.filter(Q(counted_at__isnull=True) | Q(counted_at__lt=now - COUNTED_EVERY))
    counted = 0
    for segment in old.select_related("owner").order_by("counted_at", "pk")[:FEW]:
        facts: dict[str, object] = {"counted_at": now}
        with suppress(RulesBroken):
            facts["people_count"] = people_by(segment.rules, user=segment.owner).count()
        counted += Segment.objects.filter(pk=segment.pk).update(**facts)
    return counted


def _free_slug(name: str) -> str:
    taken = taken_slugs() | set(Segment.objects.values_list("slug", flat=True))
    slug = stem = slugify(name)[:50].strip("-") or "segmen"
    number = 2
    while slug in taken:
        slug, number = f"{stem}-{number}", number + 1
    return slug


def _office_of(user: User) -> Membership | None:
    offices = (
        Membership.Role.HEAD_OFFICE,
        Membership.Role.CITY_OFFICE,
        Membership.Role.DISTRICT,
    )
    rows = user.memberships.current().filter(role__in=offices).select_related("organisation")
    return rows.order_by("pk").first()
