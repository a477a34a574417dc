"""Lists for partners in the staff pages: made, watched, and seen who took or left them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.decorators import display

from partners.models import Partner, SharedList
from partners.sharing import fields
from partners.sharing.admin.forms import CALL, SEGMENT, SharedListForm
from partners.sharing.agreements import SharingStopped, agreement_of
from partners.sharing.lists import make_shared_list, open_shared_list, percent_of
from partners.sharing.overview import overview_of
from partners.staff_filters import PartnerFilter
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import MachineAdmin

WAITS_LONG = 60
"""Seconds after which a waiting list says that the workers may be down."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@admin.register(SharedList)
class SharedListAdmin(MachineAdmin):
    """What left the portal for which partner, under which agreement, and how many left it again."""

    list_display = (
        *("shown_title", "partner", "shown_state", "purpose", "row_count", "withdrawn_count"),
        *("agreement", "made_by", "made_at", "downloaded_at"),
    )
    list_filter = (PartnerFilter, "state", "call")
    list_select_related = ("partner__organisation", "call", "agreement", "made_by")
    search_fields = ("purpose", "agreement__number", "segment_name")
    ordering = ("-pk",)
    sortable_by = ()

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("partners.add_sharedlist")

    def get_urls(self):
        download = self.admin_site.admin_view(never_cache(self.download))
        name = "partners_sharedlist_download"
        return [path("<int:pk>/unduh/", download, name=name), *super().get_urls()]

    @method_decorator(never_cache)
    def add_view(self, request, form_url="", extra_context=None):
        """First the partner, then what its agreement in force allows."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        partners = Partner.objects.for_user(request.user).select_related("organisation")
        chosen = request.GET.get("mitra", "")
        partner = get_object_or_404(partners, organisation__slug=chosen) if chosen else None
        context = {
            **self.admin_site.each_context(request),
            "title": "Daftar untuk mitra",
            "opts": self.opts,
            "partners": partners.order_by("organisation__name", "pk"),
            "partner": partner,
        }
        form = None
        if partner:
            try:
                agreement = agreement_of(partner, now=timezone.now())
            except SharingStopped as refusal:
                context["stopped"] = str(refusal)
            else:
                form = self._form(request, partner, agreement)
                if request.method == "POST" and form.is_valid() and (made := self._make(form)):
                    return redirect("admin:partners_sharedlist_change", made.pk)
                context |= {"agreement": agreement, "form": form}
        status = 422 if form is not None and form.errors else 200
        return TemplateResponse(request, "staff/shared_list_new.html", context, status=status)

    def _form(self, request, partner, agreement):
        form = SharedListForm(
            request.POST or None,
            partner=partner,
            allowed=fields.chosen(agreement.allowed_fields),
            user=request.user,
            initial={"audience": request.GET.get("siapa", "")},
        )
        form.asked_by, form.partner = request.user, partner
        return form

    def _make(self, form):
        try:
            return make_shared_list(
                form.partner, **form.chosen(), by=form.asked_by, now=timezone.now()
            )
        except SharingStopped as refusal:
            form.add_error(None, str(refusal))
            return None

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of one list; the poller asks for its inside only."""
        shared, now = self._find(request, object_id), timezone.now()
        context = {
            "shared": shared,
            "is_kept": shared.is_kept(now=now),
            "percent": percent_of(shared),
            "waits_long": shared.state == SharedList.State.QUEUED
            and (now - shared.made_at).total_seconds() > WAITS_LONG,
            "may_make": self.has_add_permission(request),
        }
        if request.headers.get("X-Fragment"):
            return TemplateResponse(request, "staff/_shared_list.html", context)
        context |= {
            **self.admin_site.each_context(request),
            "title": f"{_titled(shared)}, versi {shared.version}",
            "opts": self.opts,
            "overview": overview_of(shared, now=now),
            "fields": [fields.CODE, *(field.label for field in fields.chosen(shared.fields))],
            "again": _again(shared),
        }
        return TemplateResponse(request, "staff/shared_list.html", context)

    def download(self, request, pk):
        """The file, to hand it to a partner who has nobody in the portal; written down."""
        shared = self._find(request, str(pk))
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            file = open_shared_list(shared, by=request.user, now=timezone.now())
        except SharingStopped as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:partners_sharedlist_change", shared.pk)
        response = FileResponse(
            file.open("rb"), as_attachment=True, filename=shared.file_name, content_type=XLSX
        )
        response["Cache-Control"] = "no-store"
        return response

    def _find(self, request, pk):
        rows = self.get_queryset(request).select_related(*self.list_select_related)
        shared = get_object_or_404(rows, pk=whole_in(pk))
        if not self.has_view_permission(request, shared):
            raise PermissionDenied
        return shared

    @display(description="daftar")
    def shown_title(self, shared):
        return f"{_titled(shared)}, versi {shared.version}"

    @display(
        description="status",
        label={"Siap": "success", "Gagal": "danger", "Sedang disiapkan": "warning"},
    )
    def shown_state(self, shared):
        return shared.get_state_display()


def _titled(shared):
    return shared.call.title if shared.call else f"Segmen {shared.segment_name}"


def _again(shared):
    """The address that prepares the next version of the same people."""
    who = f"{CALL}:{shared.call.slug}" if shared.call else f"{SEGMENT}:{shared.segment_slug}"
    add = reverse("admin:partners_sharedlist_add")
    return f"{add}?mitra={shared.partner.organisation.slug}&siapa={who}"
