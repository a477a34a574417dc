"""Staff pages of rows that are not edited but moved on by buttons."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from umkm_portal.common.staff_admin import MachineAdmin


def tag(tone, words):
    return format_html('<span class="st-tag st-{}">{}</span>', tone, words)


class ButtonAdmin(MachineAdmin):
    """Rows with buttons: each is a POST of its own for those who may change the row."""

    buttons = ()
    """(address, name, method) of each button."""

    def get_urls(self):
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(
                f"<int:pk>/{address}/",
                self.admin_site.admin_view(require_POST(partial(self._press, method))),
                name=f"{label}_{name}",
            )
            for address, name, method in self.buttons
        ]
        return [*own, *super().get_urls()]

    def _press(self, method, request, pk):
        row = self.found(request, pk)
        if not request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"):
            raise PermissionDenied
        return getattr(self, method)(request, row)

    def found(self, request, pk):
        row = self.get_queryset(request).filter(pk=pk).first() if str(pk).isdigit() else None
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row

    def page(self, request, template, **context):
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, context)
