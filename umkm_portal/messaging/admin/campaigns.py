"""Campaigns in the staff pages: watched and steered; the desk makes them.

What machines wrote is only read here.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, Sum
from django.http import Http404
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import display

from umkm_portal.common import bars
from umkm_portal.common.staff_admin import MachineAdmin, in_wib
from umkm_portal.messaging import directory, services
from umkm_portal.messaging.admin import archived, deliveries, desk, lists
from umkm_portal.messaging.models import Campaign, CampaignPlan, Delivery
from umkm_portal.messaging.operations.outlook import outlook

TONES = (
    ("read", "teal"),
    ("delivered", "green"),
    ("accepted", "green"),
    ("sending", "blue"),
    ("failed_temporary", "yellow"),
    ("uncertain", "yellow"),
    ("suppressed", "grey"),
    ("cancelled", "grey"),
    ("failed_permanent", "red"),
)
STATE_TAGS = {
    Campaign.State.DRAFT: "grey",
    Campaign.State.APPROVED: "blue",
    Campaign.State.EXPANDING: "blue",
    Campaign.State.RUNNING: "green",
    Campaign.State.PAUSED: "yellow",
    Campaign.State.DONE: "grey",
    Campaign.State.CANCELLED: "red",
}
BUTTONS = {
    "jeda": ("Jeda", "pause"),
    "lanjutkan": ("Lanjutkan", "resume"),
    "ulangi-gagal": ("Ulangi yang gagal", "retry"),
    "batalkan": ("Batalkan", "cancel"),
    "mulai": ("Mulai kirim", "start"),
}
DONE_BY = {
    "mulai": (Campaign.State.EXPANDING, Campaign.State.RUNNING),
    "jeda": (Campaign.State.PAUSED,),
    "lanjutkan": (Campaign.State.EXPANDING, Campaign.State.RUNNING),
    "batalkan": (Campaign.State.CANCELLED,),
}
"""States in which a button has done its work already."""
SAMPLES = 5
ONE_MESSAGE = "messaging_campaign_message"


def progress(campaign):
    """The live figures of a campaign: bar, counts with words, workers, and what stands still."""
    figures = services.report(campaign)
    is_expanding = campaign.state == Campaign.State.EXPANDING
    labels = dict(Delivery.State.choices)
    counts = [(tone, labels[state], figures[state]) for state, tone in TONES]
    return {
        "campaign": campaign,
        "figures": figures,
        "bar": bars.draw(counts, total=figures["audience"]),
        "waiting": figures["audience"] - sum(count for _, _, count in counts),
        "workers": campaign.batches.filter(lease_until__gt=timezone.now())
        .exclude(worker="")
        .values_list("worker", "number")
        .order_by("number"),
        "prepared": services.people_prepared(campaign) if is_expanding else None,
        "tag": STATE_TAGS[campaign.state],
        "troubled": services.troubled(campaign),
        "is_final": campaign.state in Campaign.FINAL,
        "is_ending": _is_ending(campaign),
        "outlook": outlook(campaign, now=timezone.now()),
        "now": timezone.now(),
    }


@admin.register(Campaign)
class CampaignAdmin(MachineAdmin):
    """Invitations are made at their cohort, the rest at the desk; here all are watched."""

    list_before_template = "messaging/desk/_before.html"
    list_display = (
        "title",
        "shown_state",
        "shown_bar",
        "shown_audience",
        "excluded_count",
        "shown_start",
    )
    list_filter = ("state", "is_standing")
    search_fields = ("title",)
    ordering = ("-pk",)

    def get_queryset(self, request):
        sums = {f"sum_{state}": Sum(f"batches__{state}", default=0) for state, _ in TONES}
        hidden = Q(state=Campaign.State.DRAFT, plan__isnull=False) & ~Q(
            plan__in=CampaignPlan.objects.for_user(request.user)
        )
        rows = super().get_queryset(request).exclude(hidden)
        rows = rows.exclude(pk__in=Campaign.objects.tests()).annotate(**sums)
        return rows.select_related("archive")

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("messaging.add_campaign")

    def changelist_view(self, request, extra_context=None):
        waiting = CampaignPlan.objects.for_user(request.user).waiting()
        context = {"waiting": waiting.select_related("campaign", "asked_by").order_by("asked_at")}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return desk.new(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def get_urls(self):
        view = self.admin_site.admin_view
        press, resolve = require_POST(self.press), require_POST(self.resolve)
        return [
            *desk.urls(self),
            path("<int:pk>/kemajuan/", view(self.fragment), name="messaging_campaign_progress"),
            path("<int:pk>/tombol/<str:button>/", view(press), name="messaging_campaign_press"),
            path(
                "<int:pk>/pesan/<int:delivery>/", view(resolve), name="messaging_campaign_resolve"
            ),
            *lists.urls(self),
            path("<int:pk>/pesan/<int:delivery>/rincian/", view(self.message), name=ONE_MESSAGE),
            *super().get_urls(),
        ]

    @display(description="status", ordering="state")
    def shown_state(self, campaign):
        tone, label = STATE_TAGS[campaign.state], campaign.get_state_display()
        return format_html('<span class="st-tag st-{}">{}</span>', tone, label)

    @display(description="kemajuan")
    def shown_bar(self, campaign):
        if campaign.started_at is None:
            return "–"
        labels = dict(Delivery.State.choices)
        kept = archived.counts_of(campaign)
        counts = [
            (tone, labels[s], getattr(campaign, f"sum_{s}") + kept.get(s, 0)) for s, tone in TONES
        ]
        return _render_bar(bars.draw(counts, total=campaign.audience_count))

    @display(description="mulai (WIB)", ordering="started_at")
    def shown_start(self, campaign):
        return in_wib(campaign.started_at)

    @display(description="penerima", ordering="audience_count")
    def shown_audience(self, campaign):
        return "tetap" if campaign.is_standing else campaign.audience_count

    def change_view(self, request, object_id, form_url="", extra_context=None):
        campaign = self._get(request, object_id)
        plan = _plan_of(request, campaign)
        if plan is not None and campaign.state == Campaign.State.DRAFT:
            return redirect("admin:messaging_campaign_desk", campaign.pk, "periksa")
        may_press = self._may_press(request, plan)
        about, area = directory.subject(campaign), directory.Area(request.user)
        context = {
            **self.admin_site.each_context(request),
            **(figures := progress(campaign)),
            "title": campaign.title,
            "opts": self.opts,
            "subject": about,
            "archive": archived.of(campaign),
            "lists_link": ""
            if archived.is_over(campaign)
            else directory.lists_link(campaign, about),
            "buttons": _buttons(campaign, plan) if may_press else [],
            "stop_address": _stop_address(campaign) if may_press else "",
            **deliveries.listed(request, campaign, area),
            "lists": lists.tabs(campaign, figures["figures"]),
            "exclusions": _exclusions(campaign, area),
            "causes": lists.causes(campaign, area) if campaign.sum_failed_permanent else [],
            "sees_all": area.is_whole,
            "templates": campaign.templates.order_by("channel", "pk"),
            "may_press": may_press,
            "poll": reverse("admin:messaging_campaign_progress", args=[campaign.pk]),
        }
        return TemplateResponse(request, "staff/campaign.html", context)

    def message(self, request, pk, delivery):
        """Everything that is known about one message."""
        campaign, area = self._get(request, pk), directory.Area(request.user)
        may_press = self.may_steer(request, campaign)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            **deliveries.told(campaign, delivery, area=area, may_press=may_press),
        }
        return TemplateResponse(request, "staff/delivery.html", context)

    def fragment(self, request, pk):
        return TemplateResponse(
            request, "staff/_campaign_progress.html", progress(self._get(request, pk))
        )

    def press(self, request, pk, button):
        """One of the buttons of `BUTTONS`; a refusal comes back as its sentence."""
        campaign = self._get(request, pk)
        if not self._may_press(request, _plan_of(request, campaign)):
            raise PermissionDenied
        if button not in BUTTONS:
            raise Http404
        if campaign.state == Campaign.State.DRAFT:
            messages.error(
                request, "Kampanye ini sudah menjadi rancangan lagi; tidak ada yang dikirim."
            )
            return redirect("admin:messaging_campaign_change", campaign.pk)
        if campaign.state in DONE_BY.get(button, ()):
            return redirect("admin:messaging_campaign_change", campaign.pk)  # a second click
        try:
            messages.success(request, _press(campaign, button, actor=request.user))
        except services.CampaignRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:messaging_campaign_change", campaign.pk)

    def resolve(self, request, pk, delivery):
        """What staff found out about an uncertain message."""
        campaign = self._get(request, pk)
        if not self._may_press(request, _plan_of(request, campaign)):
            raise PermissionDenied
        deliveries.resolve(request, campaign, delivery, directory.Area(request.user))
        return redirect("admin:messaging_campaign_change", campaign.pk)

    def _get(self, request, pk):
        campaign = self.get_object(request, str(pk))
        if campaign is None:
            raise Http404
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        return campaign

    def may_steer(self, request, campaign):
        """Whether this officer acts on the campaign's messages."""
        if request.user.has_perm("messaging.change_campaign"):
            return True
        return self._may_press(request, _plan_of(request, campaign))

    def _may_press(self, request, plan):
        """The head office steers every campaign, other offices those of their own desk."""
        if request.user.has_perm("messaging.change_campaign"):
            return True
        return plan is not None and request.user.has_perm("messaging.add_campaign")


def _plan_of(request, campaign):
    """The desk's plan of a campaign, where it was made there and this officer may see it."""
    return CampaignPlan.objects.for_user(request.user).filter(campaign=campaign).first()


def _press(campaign, button, *, actor):
    now = timezone.now()
    if button == "jeda":
        services.pause_campaign(
            campaign, reason=f"Petugas {actor} menjeda pengiriman.", actor=actor
        )
        return "Kampanye dijeda. Pesan yang sedang dikirim tetap selesai."
    if button == "lanjutkan":
        services.resume_campaign(campaign, actor=actor, now=now)
        return "Kampanye dilanjutkan."
    if button == "mulai":
        services.start_campaign(campaign, now=now)
        return "Pengiriman dimulai."
    if button == "ulangi-gagal":
        return lists.retry(campaign, area=directory.Area(actor), now=now)
    services.cancel_campaign(campaign, actor=actor, now=now)
    return "Kampanye dibatalkan. Pesan yang belum dikirim tidak akan dikirim."


def _buttons(campaign, plan):
    """The buttons that make sense now: (path, words, style)."""
    state, chosen = campaign.state, []
    is_ending = _is_ending(campaign)
    if state == Campaign.State.APPROVED:
        chosen.append(("mulai", "st-main"))
    if state in (Campaign.State.EXPANDING, Campaign.State.RUNNING):
        chosen.append(("jeda", "st-main"))
    if state == Campaign.State.PAUSED and not is_ending:
        chosen.append(("lanjutkan", "st-main"))
    may_retry = not is_ending and state != Campaign.State.CANCELLED
    if campaign.sum_failed_permanent and may_retry and not archived.is_over(campaign):
        chosen.append(("ulangi-gagal", ""))
    buttons = [(_button(campaign, name), BUTTONS[name][0], css) for name, css in chosen]
    if state == Campaign.State.APPROVED and plan is not None:
        address = reverse("admin:messaging_campaign_desk_press", args=[campaign.pk, "urungkan"])
        buttons.insert(1, (address, "Urungkan, kembali ke rancangan", ""))
    return buttons


def _is_ending(campaign):
    """To be closed as soon as no worker holds messages of it."""
    return campaign.state == Campaign.State.PAUSED and "ends_as" in campaign.options


def _stop_address(campaign):
    """Where a campaign is cancelled for good, "" when there is nothing to cancel."""
    is_over = campaign.state in Campaign.FINAL or _is_ending(campaign)
    return "" if is_over or campaign.is_standing else _button(campaign, "batalkan")


def _button(campaign, name):
    return reverse("admin:messaging_campaign_press", args=[campaign.pk, name])


def _exclusions(campaign, area):
    """Per reason: sentence, how many, a few names from the officer's area."""
    counted = campaign.exclusions.order_by().values_list("reason").annotate(count=Count("pk"))
    if archived.is_over(campaign):
        counted = []  # counted when the archive began
    # The rows of those who never were in question go when a round is over; their counts stay.
    counts = {**campaign.options.get("exclusions", {}), **dict(counted)}
    reasons = sorted(counts.items(), key=lambda item: -item[1])
    samples = {
        reason: list(
            area.rows(campaign.exclusions.filter(reason=reason))
            .order_by("pk")
            .values_list("recipient_key", flat=True)[:SAMPLES]
        )
        for reason, _ in reasons
    }
    people = area.people([key for keys in samples.values() for key in keys])
    return [
        (
            directory.reason(reason),
            count,
            [people[key] for key in samples[reason] if key in people],
        )
        for reason, count in reasons
    ]


def _render_bar(bar):
    return render_to_string("staff/_bar_cell.html", {"bar": bar})
