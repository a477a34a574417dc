"""Senders, their limits, and the addresses that get nothing, in the staff pages."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from umkm_portal.common.staff_admin import StaffAdmin
from umkm_portal.messaging import services
from umkm_portal.messaging.accounts import save_account
from umkm_portal.messaging.models import Channel, Portfolio, SendingAccount
from umkm_portal.messaging.sending.throttle import (
    WARMUP_DAYS,
    WINDOW,
    speed_now,
    warmup_limit,
)
from umkm_portal.messaging.transports import account_off_reason

STATE_TONES = {
    SendingAccount.State.OPEN: "green",
    SendingAccount.State.BROKEN: "red",
    SendingAccount.State.OFF: "grey",
}
NEWS_SHOWN = 8
QUALITY_TONES = {"GREEN": "green", "YELLOW": "yellow", "RED": "red"}
QUALITY_WORDS = {"GREEN": "tinggi", "YELLOW": "sedang", "RED": "rendah"}


@admin.register(Portfolio)
class PortfolioAdmin(StaffAdmin):
    """Numbers that share one limit of different people, and how much of it is used."""

    list_display = ("name", "shown_used", "people_per_day", "shown_accounts")
    search_fields = ("name",)
    ordering = ("name", "pk")
    change_form_outer_before_template = "staff/portfolio_before.html"

    def get_queryset(self, request):
        since = timezone.now() - WINDOW
        rows = super().get_queryset(request).prefetch_related("accounts")
        return rows.annotate(used=Count("contacts", filter=Q(contacts__last_at__gt=since)))

    @display(description="dipakai 24 jam terakhir", ordering="used")
    def shown_used(self, portfolio):
        return portfolio.used

    @display(description="akun")
    def shown_accounts(self, portfolio):
        return ", ".join(account.name for account in portfolio.accounts.all()) or "–"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        portfolio = self.get_object(request, object_id)
        context = {**(extra_context or {}), "portfolio": portfolio}
        if portfolio and portfolio.people_per_day is not None:
            context["left"] = max(0, portfolio.people_per_day - portfolio.used)
        return super().change_view(request, object_id, form_url, context)


class AccountForm(forms.ModelForm):
    """The key is written, never shown; an empty field keeps it."""

    new_secret = forms.CharField(
        label="Kunci akses baru",
        required=False,
        strip=True,
        max_length=2000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=(
            "Kosongkan bila tidak diganti. WhatsApp dan SMS: token. Email: alamat server lengkap, "
            "misalnya smtp+tls://pengguna:sandi@server:587. Disimpan terenkripsi."
        ),
    )
    forgets_secret = forms.BooleanField(
        label="Hapus kunci tersimpan", required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = SendingAccount
        fields = "__all__"  # noqa: DJ007 (the admin names them)
        labels = {"portfolio": "Portofolio"}
        help_texts = {
            "is_default": (
                "Setiap saluran punya satu akun utama. Yang ditandai menggantikan yang lama."
            ),
            "sender": "WhatsApp: ID nomor telepon. SMS: nama pengirim. Email: nama dan alamat.",
            "business_id": "WhatsApp: ID akun bisnis (WABA), untuk mencocokkan templat.",
            "service_url": "SMS: alamat penyedia, diawali https://.",
            "opens_at": "WIB, misalnya 08.00.",
            "closes_at": "WIB, misalnya 20.00.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("opens_at", "closes_at"):
            if name in self.fields:  # those who only look have none
                self.fields[name].widget.format = "%H.%M"

    def _get_validation_exclusions(self):
        """There may be another default: it is replaced when this one is saved."""
        return super()._get_validation_exclusions() | {"is_default"}

    def clean_service_url(self):
        url = self.cleaned_data["service_url"].strip()
        if url and not url.startswith(("https://", "http://")):
            raise forms.ValidationError("Awali dengan https://.")
        return url

    def save(self, commit=True):
        if self.cleaned_data.get("forgets_secret"):
            self.instance.secret = None
        elif secret := self.cleaned_data.get("new_secret"):
            self.instance.secret = secret
        return super().save(commit)


@admin.register(SendingAccount)
class SendingAccountAdmin(StaffAdmin):
    """Speed, hours and state of a sender; the counters of the throttle are machine's."""

    form = AccountForm
    list_display = (
        "name",
        "channel",
        "shown_state",
        "shown_health",
        "rate_per_second",
        "shown_hours",
    )
    list_filter = ("channel", "state")
    ordering = ("channel", "name", "pk")
    autocomplete_fields = ("portfolio",)
    change_form_outer_before_template = "staff/account_before.html"
    fieldsets = (
        (None, {"fields": (("name", "channel"), ("state", "portfolio"), "is_default")}),
        (
            "Penyedia",
            {
                "fields": (
                    ("sender", "business_id"),
                    "service_url",
                    ("new_secret", "forgets_secret"),
                )
            },
        ),
        (
            "Laju dan jam",
            {
                "fields": (
                    ("rate_per_second", "burst"),
                    ("opens_at", "closes_at"),
                    "works_on_holidays",
                    ("warmup_started_on", "warmup_first_day"),
                )
            },
        ),
    )

    def get_urls(self):
        press = require_POST(self.press)
        return [
            path(
                "<int:pk>/tombol/<str:button>/",
                self.admin_site.admin_view(press),
                name="messaging_sendingaccount_press",
            ),
            *super().get_urls(),
        ]

    @display(description="status", ordering="state")
    def shown_state(self, account):
        tone, label = STATE_TONES[account.state], account.get_state_display()
        reason = account.state_reason
        if speed_now(account, now=timezone.now()) < account.rate_per_second:
            tone, label = "yellow", "Diperlambat"
        tag = format_html('<span class="st-tag st-{}">{}</span>', tone, label)
        return format_html("<span>{}<br>{}</span>", tag, reason) if reason else tag

    @display(description="pemeriksaan", ordering="is_healthy")
    def shown_health(self, account):
        if account.checked_at is None:
            return "Belum diperiksa"
        tone, word = ("green", "Sehat") if account.is_healthy else ("red", "Bermasalah")
        return format_html('<span class="st-tag st-{}">{}</span>', tone, word)

    @display(description="jam kirim (WIB)", ordering="opens_at")
    def shown_hours(self, account):
        return f"{account.opens_at:%H.%M} – {account.closes_at:%H.%M}"

    def get_changeform_initial_data(self, request):
        return {"is_default": False, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request, obj=None):
        return ("channel",) if obj else ()

    def save_model(self, request, obj, form, change):
        was_asked = obj.is_default
        replaced = save_account(obj)
        if replaced:
            messages.success(request, f"{obj.name} kini utama, menggantikan {replaced.name}.")
        elif obj.is_default and not was_asked:
            words = f"{obj.name} utama: saluran {obj.get_channel_display()} harus punya satu."
            messages.info(request, f"{words} Tandai akun lain untuk menggantikannya.")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        account = self.get_object(request, object_id)
        context = _about(account) if account else {}
        context["may_press"] = request.user.has_perm("messaging.change_sendingaccount")
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **context}
        )

    def press(self, request, pk, button):
        """Look at the account, take up sending again, or list WhatsApp's templates."""
        account = SendingAccount.objects.filter(pk=pk).first()
        if account is None or button not in BUTTONS:
            raise Http404
        if not request.user.has_perm("messaging.change_sendingaccount"):
            raise PermissionDenied
        try:
            is_good, words = BUTTONS[button](account)
            (messages.success if is_good else messages.error)(request, words)
        except services.SyncRefused as refusal:
            messages.error(request, str(refusal))
        back = request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
            back = reverse("admin:messaging_sendingaccount_change", args=[account.pk])
        return redirect(back)

    def has_delete_permission(self, request, obj=None):
        return False


def _check(account):
    is_well = services.check_account(account, now=timezone.now())
    return is_well, account.check_note


def _try_again(account):
    if account.state == SendingAccount.State.OFF:
        return False, "Akun ini dimatikan. Ubah statusnya lebih dulu."
    services.try_again(account, now=timezone.now())
    return True, "Pengiriman dicoba lagi sekarang."


def _sync(account):
    if account.channel != Channel.WHATSAPP:
        return False, "Hanya WhatsApp yang punya templat."
    counts = services.sync_templates(account, now=timezone.now())
    return True, f"{counts.total()} templat dicocokkan, {counts['approved']} disetujui."


BUTTONS = {"periksa": _check, "coba-lagi": _try_again, "cocokkan": _sync}


def _about(account):
    now = timezone.now()
    today = timezone.localdate(now)
    speed = speed_now(account, now=now)
    portfolio = account.portfolio
    contacts = portfolio and portfolio.contacts.filter(last_at__gt=now - WINDOW).count()
    limit = portfolio and portfolio.people_per_day
    return {
        "account": account,
        "state_tone": STATE_TONES[account.state],
        "off_reason": account_off_reason(account),
        "has_secret": bool(account.secret),
        "speed": round(speed, 1) if speed < account.rate_per_second else None,
        "quality_tone": QUALITY_TONES.get(account.quality, "grey"),
        "quality_word": QUALITY_WORDS.get(account.quality, account.quality.lower()),
        "fresh_limit": warmup_limit(account, day=today),
        "sent_today": account.counted if account.counted_on == today else 0,
        "is_whatsapp": account.channel == Channel.WHATSAPP,
        "templates": account.whatsapp_templates.count(),
        "contacts": contacts,
        "is_full": limit is not None and limit <= (contacts or 0),
        "tomorrow_limit": warmup_limit(account, day=today + timedelta(days=1)),
        "warmup_day": account.warmup_started_on
        and max(0, (today - account.warmup_started_on).days) + 1,
        "warmup_days": WARMUP_DAYS,
        "awaits_report": account.probe_id is not None,
        "news": account.news.order_by("-happened_at", "-pk")[:NEWS_SHOWN],
    }
