"""WhatsApp's approved texts and what messages cost, in the staff pages."""

from django import forms
from django.contrib import admin
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from umkm_portal.common.staff_admin import StaffAdmin
from umkm_portal.messaging import kinds, prices
from umkm_portal.messaging.admin.accounts import NEWS_SHOWN, QUALITY_WORDS
from umkm_portal.messaging.models import Channel, MessagePrice, PriceCategory, WhatsAppTemplate
from umkm_portal.messaging.sending.templatemerge import named_body
from umkm_portal.messaging.services.approved import problem_of

TEMPLATE_TONES = {
    WhatsAppTemplate.State.APPROVED: "green",
    WhatsAppTemplate.State.PENDING: "blue",
    WhatsAppTemplate.State.REJECTED: "red",
    WhatsAppTemplate.State.PAUSED: "yellow",
    WhatsAppTemplate.State.DISABLED: "red",
    WhatsAppTemplate.State.GONE: "grey",
}


class TemplateForm(forms.ModelForm):
    """What staff add to a text that WhatsApp approved: its kind, and our value for each place."""

    kind = forms.ChoiceField(label="Jenis pesan", required=False, widget=UnfoldAdminSelectWidget)
    parameters = forms.CharField(
        label="Isian berurutan",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Nama isian kita untuk {{1}}, {{2}}, ... dipisah koma: nama, judul, tautan.",
    )

    class Meta:
        model = WhatsAppTemplate
        fields = ("kind", "parameters")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        named = sorted((kinds.get(n).label, n) for n in kinds.names())
        if "kind" in self.fields:
            self.fields["kind"].choices = [("", "Belum dipakai"), *((n, w) for w, n in named)]
            self.initial["parameters"] = ", ".join(self.instance.parameters)

    def clean_parameters(self):
        return [name.strip() for name in self.cleaned_data["parameters"].split(",") if name.strip()]

    def clean(self):
        cleaned = super().clean()
        parameters, kind = cleaned.get("parameters", []), cleaned.get("kind")
        if kind and len(parameters) != self.instance.parameter_count:
            self.add_error(
                "parameters", f"Templat ini punya {self.instance.parameter_count} isian."
            )
        elif kind:
            known = {*kinds.get(kind).variables, *kinds.ADDED_VARIABLES}
            if unknown := [name for name in parameters if name not in known]:
                words = (
                    f"Tidak dikenal: {', '.join(unknown)}. Pilih dari {', '.join(sorted(known))}."
                )
                self.add_error("parameters", words)
        return cleaned


@admin.register(WhatsAppTemplate)
class WhatsAppTemplateAdmin(StaffAdmin):
    """Listed from WhatsApp by a button of the account; written and approved over there."""

    form = TemplateForm
    list_display = (
        "name",
        "language",
        "category",
        "shown_state",
        "shown_quality",
        "shown_kind",
        "synced_at",
    )
    list_filter = ("state", "category")
    search_fields = ("name",)
    ordering = ("name", "language", "pk")
    actions = None
    empty_title = "Belum ada templat"
    empty_text = "Buka akun WhatsApp, lalu tekan Cocokkan templat."
    change_form_outer_before_template = "staff/whatsapp_template_before.html"
    fieldsets = ((None, {"fields": ("kind", "parameters")}),)

    def has_add_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @display(description="status", ordering="state")
    def shown_state(self, template):
        tone, label = TEMPLATE_TONES[template.state], template.get_state_display()
        tag = format_html('<span class="st-tag st-{}">{}</span>', tone, label)
        reason = template.state_reason
        return format_html("<span>{}<br>{}</span>", tag, reason) if reason else tag

    @display(description="mutu", ordering="quality")
    def shown_quality(self, template):
        return QUALITY_WORDS.get(template.quality, template.quality.lower()) or "–"

    @display(description="dipakai untuk")
    def shown_kind(self, template):
        return _label_of(template.kind)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        template = self.get_object(request, object_id)
        context = {"template": template}
        if template:
            kind = _kind_of(template.kind)
            context |= {
                "tone": TEMPLATE_TONES[template.state],
                "quality_word": QUALITY_WORDS.get(template.quality, template.quality.lower()),
                "body": named_body(template),
                "problem": problem_of(template, kind) if kind else "",
                "news": template.news.order_by("-happened_at", "-pk")[:NEWS_SHOWN],
                "price": prices.current_price(Channel.WHATSAPP, template.category),
            }
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **context}
        )


def _kind_of(name):
    try:
        return kinds.get(name) if name else None
    except kinds.UnknownKind:
        return None


def _label_of(name):
    kind = _kind_of(name)
    return kind.label if kind else "–"


@admin.register(MessagePrice)
class MessagePriceAdmin(StaffAdmin):
    """A new price is a new row with its first day; old estimates stay explained."""

    list_display = ("channel", "category", "rupiah", "valid_from", "shown_verified", "source")
    list_filter = ("channel", "category")
    ordering = ("channel", "category", "-valid_from", "pk")
    fields = (("channel", "category"), ("rupiah", "valid_from"), "source", "is_verified")
    empty_title = "Belum ada harga dari tagihan"
    empty_text = "Sampai ada, perkiraan biaya memakai angka dugaan di atas."
    list_before_template = "staff/prices_before.html"

    @display(description="dicocokkan", boolean=True, ordering="is_verified")
    def shown_verified(self, price):
        return price.is_verified

    def changelist_view(self, request, extra_context=None):
        rows = [
            (channel.label, category.label, prices.current_price(channel, category))
            for channel in (Channel.WHATSAPP, Channel.SMS)
            for category in PriceCategory
        ]
        return super().changelist_view(request, {**(extra_context or {}), "current_prices": rows})
