"""Texts of messages in the staff pages."""

from django.contrib import admin
from unfold.decorators import display

from umkm_portal.common.staff_admin import MachineAdmin, in_wib
from umkm_portal.messaging import kinds
from umkm_portal.messaging.models import MessageTemplate


@admin.register(MessageTemplate)
class MessageTemplateAdmin(MachineAdmin):
    """Versions of texts; a new version is written where the message is made."""

    list_display = (
        "shown_kind",
        "channel",
        "version",
        "name",
        "subject",
        "shown_writer",
        "shown_time",
    )
    list_filter = ("channel",)
    list_select_related = ("created_by",)
    search_fields = ("kind", "name", "subject")
    ordering = ("-pk",)
    fields = (
        ("shown_kind", "channel", "version", "name"),
        "subject",
        "body",
        ("shown_writer", "shown_time"),
    )
    readonly_fields = ("shown_kind", "shown_writer", "shown_time")

    @display(description="jenis pesan", ordering="kind")
    def shown_kind(self, text):
        try:
            return kinds.get(text.kind).label
        except kinds.UnknownKind:
            return text.kind

    @display(description="ditulis oleh")
    def shown_writer(self, text):
        return text.created_by or "sistem"

    @display(description="ditulis (WIB)", ordering="created_at")
    def shown_time(self, text):
        return in_wib(text.created_at)
