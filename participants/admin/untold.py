"""The printable list of any campaign, worked off by the kecamatan of each person."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from participants.access import record_taken
from participants.models import Participant
from participants.untold import campaigns_to_tell, mark_told, sheets, untold
from umkm_portal.messaging.models import Campaign
from umkm_portal.messaging.services import CampaignRefused

SEES, MARKS = "participants.view_participant", "participants.add_stageevent"
PURPOSE = "Daftar cetak kampanye"
FIELDS = ("Nama", "Nomor HP", "Alamat")
PER_PAGE = 50


def urls(site):
    """The addresses of these pages, below the one of people."""
    pages = (
        ("disampaikan/", require_safe(index), "index"),
        ("disampaikan/<int:campaign>/", require_safe(show), "list"),
        ("disampaikan/<int:campaign>/<int:person>/", require_POST(mark), "mark"),
    )
    return [
        path(place, site.admin_view(never_cache(view)), {"site": site}, f"participants_untold_{n}")
        for place, view, n in pages
    ]


def index(request, *, site):
    """Campaigns of which somebody has not heard."""
    _check(request, SEES)
    context = {
        **site.each_context(request),
        "title": "Disampaikan langsung",
        "campaigns": campaigns_to_tell(now=timezone.now())[:PER_PAGE],
    }
    return TemplateResponse(request, "staff/untold_index.html", context)


def show(request, campaign, *, site):
    """The people of this user's area whom no message of a campaign reached, by kecamatan."""
    _check(request, SEES)
    campaign, now = _campaign(campaign), timezone.now()
    people = untold(campaign, user=request.user)
    districts = sheets(campaign, people)
    _record(request.user, campaign, districts, now=now)
    context = {
        **site.each_context(request),
        "title": f"Disampaikan langsung: {campaign.title}",
        "campaign": campaign,
        "districts": districts,
        "count": people.count(),
        "shown": sum(len(district.rows) for district in districts),
        "printed_at": now,
        "may_mark": request.user.has_perm(MARKS),
    }
    return TemplateResponse(request, "staff/untold_list.html", context)


def mark(request, campaign, person, *, site):
    """She was told by hand; a delivery with the name of who did it."""
    _check(request, SEES)
    _check(request, MARKS)
    campaign = _campaign(campaign)
    found = get_object_or_404(Participant.objects.for_user(request.user), pk=person)
    if not untold(campaign, user=request.user).filter(pk=found.pk).exists():
        messages.error(request, f"{found.full_name} sudah diberi tahu.")
        return redirect("admin:participants_untold_list", campaign.pk)
    try:
        mark_told(campaign, found, actor=request.user, now=timezone.now())
        messages.success(request, f"{found.full_name} sudah diberi tahu. Tercatat.")
    except CampaignRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:participants_untold_list", campaign.pk)


def _campaign(pk):
    campaign = campaigns_to_tell(now=timezone.now()).filter(pk=pk).first()
    if campaign is None:
        raise Http404
    return Campaign.objects.get(pk=campaign.pk)


def _check(request, permission):
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _record(user, campaign, districts, *, now):
    """Write down who has these people on paper; each mark shows the page again."""
    people = {row.participant_id for district in districts for row in district.rows}
    purpose = f"{PURPOSE} #{campaign.pk}"
    record_taken(people, actor=user, purpose=purpose, fields=FIELDS, now=now)
