"""The export button of the list of people: a short list at once, with its purpose on record."""

from django import forms
from django.utils import timezone
from import_export.admin import ExportMixin
from unfold.contrib.import_export.forms import ExportForm
from unfold.widgets import UnfoldAdminTextInputWidget

from participants.access import record_access
from participants.exporting.services import SHORTEST_PURPOSE
from participants.models import DataAccess
from participants.resources import MOST, PeopleResource, SemicolonCsv, TextXlsx


class PurposeForm(ExportForm):
    purpose = forms.CharField(
        label="Keperluan",
        min_length=SHORTEST_PURPOSE,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Wajib. Tercatat, dan dapat dibaca setiap orang dalam daftar ini.",
    )


class SmallExport(ExportMixin):
    """Writes what the list shows now, at most MOST people."""

    resource_classes = (PeopleResource,)
    export_form_class = PurposeForm
    formats = (TextXlsx, SemicolonCsv)
    import_export_change_list_template = "admin/change_list.html"
    export_most = MOST

    def has_export_permission(self, request):
        return request.user.has_perm("participants.add_exportfile")

    def get_data_for_export(self, request, queryset, **kwargs):
        """The rows, and a line about it for each person in them."""
        form = kwargs["export_form"]
        resource = PeopleResource()
        data = resource.export(queryset=queryset.unrestricted())
        record_access(
            resource.people_ids,
            kind=DataAccess.Kind.EXPORT,
            actor=request.user,
            purpose=form.cleaned_data["purpose"],
            fields=data.headers,
            now=timezone.now(),
        )
        return data
