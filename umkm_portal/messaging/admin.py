"""Campaigns, accounts and texts in the staff pages. What machines wrote is only read here."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
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
from umkm_portal.common.keyset import NEWER, OLDER, read_page
from umkm_portal.common.staff_admin import MachineAdmin, StaffAdmin
from umkm_portal.messaging import directory, services
from umkm_portal.messaging.models import (
    Campaign,
    Delivery,
    MessageTemplate,
    Portfolio,
    SendingAccount,
    Suppression,
)
from umkm_portal.messaging.services.by_hand import ResolutionRefused

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
PER_PAGE = 25
SAMPLES = 5


def progress(campaign):
    """The live figures of a campaign: bar, counts with words, workers, and what stands still."""
    figures = services.report(campaign)
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
        "tag": STATE_TAGS[campaign.state],
        "is_final": campaign.state in Campaign.FINAL,
        "now": timezone.now(),
    }


@admin.register(Campaign)
class CampaignAdmin(MachineAdmin):
    """A campaign is made where it belongs (a cohort's Undang); here it is watched and steered."""

    list_display = (
        "title",
        "shown_state",
        "shown_bar",
        "shown_audience",
        "excluded_count",
        "started_at",
    )
    list_filter = ("state", "is_standing")
    search_fields = ("title",)
    ordering = ("-pk",)

    def get_queryset(self, request):
        sums = {f"sum_{state}": Sum(f"batches__{state}", default=0) for state, _ in TONES}
        return super().get_queryset(request).annotate(**sums)

    def get_urls(self):
        view = self.admin_site.admin_view
        press, resolve = require_POST(self.press), require_POST(self.resolve)
        return [
            path("<int:pk>/kemajuan/", view(self.fragment), name="messaging_campaign_progress"),
            path("<int:pk>/tombol/<str:button>/", view(press), name="messaging_campaign_press"),
            path(
                "<int:pk>/pesan/<int:delivery>/", view(resolve), name="messaging_campaign_resolve"
            ),
            *super().get_urls(),
        ]

    @display(description="status", ordering="state")
    def shown_state(self, campaign):
        tone, label = STATE_TAGS[campaign.state], campaign.get_state_display()
        return format_html('<span class="st-tag st-{}">{}</span>', tone, label)

    @display(description="kemajuan")
    def shown_bar(self, campaign):
        labels = dict(Delivery.State.choices)
        counts = [(tone, labels[s], getattr(campaign, f"sum_{s}")) for s, tone in TONES]
        return _render_bar(bars.draw(counts, total=campaign.audience_count))

    @display(description="penerima", ordering="audience_count")
    def shown_audience(self, campaign):
        return "tetap" if campaign.is_standing else campaign.audience_count

    def change_view(self, request, object_id, form_url="", extra_context=None):
        campaign = self._get(request, object_id)
        chosen = request.GET.get("status", "")
        rows = campaign.deliveries.all()
        if chosen in Delivery.State.values:
            rows = rows.filter(state=chosen)
        page = read_page(rows, request.GET, size=PER_PAGE)
        people = directory.people([row.recipient_key for row in page.rows])
        exclusions = _exclusions(campaign)
        context = {
            **self.admin_site.each_context(request),
            **progress(campaign),
            "title": campaign.title,
            "opts": self.opts,
            "subject": directory.subject(campaign),
            "buttons": _buttons(campaign) if self._may_press(request) else [],
            "rows": [(row, people.get(row.recipient_key)) for row in page.rows],
            "older": _with(request, OLDER, page.older, NEWER),
            "newer": _with(request, NEWER, page.newer, OLDER),
            "chosen": chosen,
            "states": Delivery.State.choices,
            "exclusions": exclusions,
            "templates": campaign.templates.order_by("channel", "pk"),
            "may_press": self._may_press(request),
            "resolutions": RESOLUTIONS,
            "poll": reverse("admin:messaging_campaign_progress", args=[campaign.pk]),
        }
        return TemplateResponse(request, "staff/campaign.html", context)

    def fragment(self, request, pk):
        return TemplateResponse(
            request, "staff/_campaign_progress.html", progress(self._get(request, pk))
        )

    def press(self, request, pk, button):
        """One of the buttons of `BUTTONS`; a refusal comes back as its sentence."""
        campaign = self._get(request, pk)
        if not self._may_press(request):
            raise PermissionDenied
        if button not in BUTTONS:
            raise Http404
        try:
            messages.success(request, _press(campaign, button, actor=request.user))
        except services.CampaignRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:messaging_campaign_change", campaign.pk)

    def resolve(self, request, pk, delivery):
        """What staff found out about an uncertain message."""
        campaign = self._get(request, pk)
        if not self._may_press(request):
            raise PermissionDenied
        row = campaign.deliveries.filter(pk=delivery).first()
        if row is None:
            raise Http404
        try:
            services.resolve_uncertain(
                row, state=request.POST.get("state", ""), actor=request.user, now=timezone.now()
            )
            messages.success(request, "Hasil pesan dicatat.")
        except ResolutionRefused as refusal:
            messages.error(request, str(refusal))
        return redirect(
            request.POST.get("next")
            or reverse("admin:messaging_campaign_change", args=[campaign.pk])
        )

    def _get(self, request, pk):
        campaign = self.get_object(request, str(pk))
        if campaign is None:
            raise Http404
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        return campaign

    def _may_press(self, request):
        return request.user.has_perm("messaging.change_campaign")


RESOLUTIONS = (
    (Delivery.State.ACCEPTED, "Sudah terkirim"),
    (Delivery.State.FAILED_PERMANENT, "Tidak terkirim"),
)


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
        count = services.retry_failed(campaign, now=now)
        return f"{count} pesan dicoba lagi." if count else "Tidak ada pesan gagal untuk diulangi."
    services.cancel_campaign(campaign, actor=actor, now=now)
    return "Kampanye dibatalkan. Pesan yang belum dikirim tidak akan dikirim."


def _buttons(campaign):
    """The buttons that make sense now: (path, words, style)."""
    state, chosen = campaign.state, []
    is_ending = bool(campaign.options.get("is_ending"))
    if state == Campaign.State.APPROVED:
        chosen.append(("mulai", "st-main"))
    if state in (Campaign.State.EXPANDING, Campaign.State.RUNNING):
        chosen.append(("jeda", "st-main"))
    if state == Campaign.State.PAUSED and not is_ending:
        chosen.append(("lanjutkan", "st-main"))
    if campaign.sum_failed_permanent and not is_ending and state != Campaign.State.CANCELLED:
        chosen.append(("ulangi-gagal", ""))
    if state not in Campaign.FINAL and not campaign.is_standing and not is_ending:
        chosen.append(("batalkan", "st-stop"))
    return [
        (reverse("admin:messaging_campaign_press", args=[campaign.pk, name]), BUTTONS[name][0], css)
        for name, css in chosen
    ]


def _exclusions(campaign):
    """Per reason: sentence, how many, a few names."""
    counted = campaign.exclusions.order_by().values_list("reason").annotate(count=Count("pk"))
    # The rows of those who never were in question go when a round is over; their counts stay.
    counts = {**campaign.options.get("exclusions", {}), **dict(counted)}
    reasons = sorted(counts.items(), key=lambda item: -item[1])
    samples = {
        reason: list(
            campaign.exclusions.filter(reason=reason)
            .order_by("pk")
            .values_list("recipient_key", flat=True)[:SAMPLES]
        )
        for reason, _ in reasons
    }
    people = directory.people([key for keys in samples.values() for key in keys])
    return [
        (
            directory.reason(reason),
            count,
            [people[key] for key in samples[reason] if key in people],
        )
        for reason, count in reasons
    ]


def _with(request, name, value, other):
    if value is None:
        return ""
    query = request.GET.copy()
    query.pop(other, None)
    query[name] = value
    return f"?{query.urlencode()}"


def _render_bar(bar):
    return render_to_string("staff/_bar_cell.html", {"bar": bar})


@admin.register(MessageTemplate)
class MessageTemplateAdmin(MachineAdmin):
    """Versions of texts; a new version is written where the message is made."""

    list_display = ("kind", "channel", "version", "subject", "created_by", "created_at")
    list_filter = ("channel",)
    list_select_related = ("created_by",)
    search_fields = ("kind", "subject")
    ordering = ("-pk",)
    fields = (("kind", "channel", "version"), "subject", "body", ("created_by", "created_at"))


@admin.register(Portfolio)
class PortfolioAdmin(StaffAdmin):
    list_display = ("name", "people_per_day")
    search_fields = ("name",)


@admin.register(SendingAccount)
class SendingAccountAdmin(StaffAdmin):
    """Speed, hours and state of a sender; the counters of the throttle are machine's."""

    list_display = ("name", "channel", "state", "rate_per_second", "opens_at", "closes_at")
    list_filter = ("channel", "state")
    ordering = ("channel", "name", "pk")
    autocomplete_fields = ("portfolio",)
    readonly_fields = ("failures_in_row",)
    fields = (
        ("name", "channel", "is_default"),
        ("state", "state_reason", "broken_until"),
        ("rate_per_second", "burst", "portfolio"),
        ("opens_at", "closes_at", "works_on_holidays"),
        ("warmup_started_on", "warmup_first_day", "failures_in_row"),
    )

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Suppression)
class SuppressionAdmin(StaffAdmin):
    list_display = ("address", "channel", "purpose", "reason", "created_at")
    list_filter = ("channel", "reason")
    search_fields = ("address",)
    ordering = ("-pk",)
    fields = (("channel", "address"), ("purpose", "reason"), "note")
