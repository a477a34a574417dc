"""The messages of a campaign in the staff pages: the list, and outcomes that staff looked up."""

from django.contrib import messages
from django.http import Http404
from django.utils import timezone

from umkm_portal.common.keyset import NEWER, OLDER, read_page
from umkm_portal.messaging import services
from umkm_portal.messaging.admin import lists
from umkm_portal.messaging.masking import masked, reason_in_words, without_addresses
from umkm_portal.messaging.models import Delivery, Fallover
from umkm_portal.messaging.services.by_hand import ResolutionRefused

PER_PAGE = 25
RESOLUTIONS = lists.RESOLUTIONS
TONES = {
    "accepted": "green",
    "delivered": "green",
    "read": "teal",
    "failed_permanent": "red",
    "failed_temporary": "yellow",
    "uncertain": "yellow",
    "sending": "blue",
}


def listed(request, campaign, area):
    """One page of the messages to people of an officer's area, as a template's values."""
    chosen = request.GET.get("status", "")
    rows = area.rows(campaign.deliveries.all())
    if chosen in Delivery.State.values:
        rows = rows.filter(state=chosen)
    page = read_page(rows, request.GET, size=PER_PAGE)
    people = area.people([row.recipient_key for row in page.rows])
    return {
        "rows": [
            (row, people.get(row.recipient_key), reason_in_words(row.error)) for row in page.rows
        ],
        "older": _with(request, OLDER, page.older, NEWER),
        "newer": _with(request, NEWER, page.newer, OLDER),
        "chosen": chosen,
        "states": Delivery.State.choices,
        "resolutions": RESOLUTIONS,
    }


def told(campaign, pk, *, area, may_press):
    """One message with all that happened to it, as a template's values."""
    row = _message(campaign, pk, area)
    person = area.people([row.recipient_key]).get(row.recipient_key)
    address = row.address if may_press else masked(row.address) if row.address else ""
    fallover = Fallover.objects.filter(delivery=row).select_related("successor").first()
    return {
        "title": f"Pesan untuk {person.name if person else f'penerima #{row.recipient_key}'}",
        "campaign": campaign,
        "row": row,
        "person": person,
        "address": address or "Sudah dihapus",
        "why": reason_in_words(row.error),
        "events": [
            (event, without_addresses(event.detail))
            for event in row.events.select_related("actor").order_by("-happened_at", "-pk")
        ],
        "replies": row.replies.order_by("-pk")[:PER_PAGE],
        "fallover": fallover,
        "may_resolve": may_press and row.state == Delivery.State.UNCERTAIN,
        "may_retry": may_press and row.state == Delivery.State.FAILED_PERMANENT,
        "resolutions": RESOLUTIONS,
        "tone": TONES.get(row.state, "grey"),
    }


def resolve(request, campaign, pk, area):
    """Record what staff found out about an uncertain message; a refusal comes as its sentence."""
    row = _message(campaign, pk, area)
    try:
        services.resolve_uncertain(
            row, state=request.POST.get("state", ""), actor=request.user, now=timezone.now()
        )
        messages.success(request, "Hasil pesan dicatat.")
    except ResolutionRefused as refusal:
        messages.error(request, str(refusal))


def _message(campaign, pk, area):
    """A message to somebody of the area; 404 for any other."""
    rows = area.rows(campaign.deliveries.select_related("actor"))
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _with(request, name, value, other):
    if value is None:
        return ""
    query = request.GET.copy()
    query.pop(other, None)
    query[name] = value
    return f"?{query.urlencode()}"
