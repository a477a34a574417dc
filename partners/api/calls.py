"""Calls of the partner whose key asks."""

from __future__ import annotations

from django.utils import timezone
from ninja import Router

from partners.api.auth import ApiRequest, needs
from partners.api.documents import refusals
from partners.api.problems import not_found
from partners.api.schemas import After, CallOut, Calls, Limit, Slug
from partners.models import ApiToken, CurationCall, CurationList, Partner
from partners.space.files import calls_of

router = Router(tags=["Kurasi"])
READING = needs(ApiToken.Scope.LISTS_READ)


def call_of(partner: Partner, slug: str) -> CurationCall:
    """A call of its own; 404 for those of others as for none."""
    found = calls_of(partner).select_related("partner__organisation").filter(slug=slug).first()
    if found is None:
        raise not_found()
    return found


@router.get("/calls", response={200: Calls, **refusals()}, **READING, summary="Daftar kurasi")
def calls(request: ApiRequest, after: After = 0, limit: Limit = 100) -> Calls:
    """Kurasi Anda yang sudah diumumkan dinas, yang terlama lebih dulu."""
    found = calls_of(request.auth.partner).filter(pk__gt=after).order_by("pk")
    shown = list(found[: limit + 1])
    has_more = len(shown) > limit
    return Calls(items=_told(shown[:limit]), next=shown[limit - 1].pk if has_more else None)


@router.get(
    "/calls/{slug:slug}",
    response={200: CallOut, **refusals(404)},
    **READING,
    summary="Satu kurasi",
)
def call(request: ApiRequest, slug: Slug) -> CallOut:
    """Waktu, kuota, dan versi daftar yang berlaku."""
    return _told([call_of(request.auth.partner, slug)])[0]


def _told(calls: list[CurationCall]) -> list[CallOut]:
    now = timezone.now()
    current = {
        found.call_id: found
        for found in CurationList.objects.filter(call__in=calls, state__in=CurationList.CURRENT)
    }
    return [_one(call, current.get(call.pk), is_open=call.is_open(now=now)) for call in calls]


def _one(call: CurationCall, version: CurationList | None, *, is_open: bool) -> CallOut:
    return CallOut(
        slug=call.slug,
        title=call.title,
        state="open" if call.state == CurationCall.State.OPEN else "closed",
        is_open=is_open,
        opens_at=call.opens_at,
        closes_at=call.closes_at,
        quota=call.quota,
        has_grades=call.has_grades,
        current_version=version.version if version else None,
        current_list=version.file_id if version else None,
    )
