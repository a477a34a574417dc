"""Saved audiences in the staff pages: rules, who they come to, copies."""

import io

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import number_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display

from participants.models import Segment
from participants.segments import services
from participants.segments.audiences import (
    RulesBroken,
    count_by_district,
    filter_by,
    in_words,
    people_by,
    samples_of,
    strongest_cuts,
    typed_rules,
)
from participants.segments.registry import groups, links_of, uses_of
from umkm_portal.common import bars
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.common.staff_admin import StaffAdmin
from umkm_portal.regions.models import Region

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DISTRICTS = 12
"""Lines of the split that are shown; the rest stands in one more."""


class NameForm(forms.Form):
    name = forms.CharField(max_length=80, required=False)


@admin.register(Segment)
class SegmentAdmin(StaffAdmin):
    """A form a clerk understands instead of Django's own."""

    list_display = ("name", "shown_count", "shown_rules", "owner", "organisation", "updated_at")
    list_select_related = ("owner", "organisation")
    search_fields = ("name",)
    ordering = ("name", "pk")
    sortable_by = ()
    actions = None

    def get_urls(self):
        count = self.admin_site.admin_view(require_POST(never_cache(self.count)))
        copy = self.admin_site.admin_view(require_POST(self.copy))
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/sebaran/", view(self.split), name="participants_segment_split"),
            path(
                "<int:pk>/sebaran/unduh/",
                view(never_cache(self.split_file)),
                name="participants_segment_split_file",
            ),
            path("hitung/", count, name="participants_segment_count"),
            path("<int:pk>/salin/", copy, name="participants_segment_copy"),
            *super().get_urls(),
        ]

    # --- Pages --------------------------------------------------------------------------------
    @method_decorator(never_cache)
    def add_view(self, request, form_url="", extra_context=None):
        """A new segment; rules may come with the address, as from the list of people."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._page(request, Segment(), data=request.POST or request.GET)

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        segment = self.get_object(request, object_id)
        if segment is None:
            raise Http404
        if request.method == "POST" and not self.has_change_permission(request, segment):
            raise PermissionDenied
        if not self.has_view_permission(request, segment):
            raise PermissionDenied
        return self._page(request, segment, data=request.POST)

    def count(self, request):
        """The block beside the form, for what is typed now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = result_of(typed_rules(request.POST), user=request.user)
        return TemplateResponse(request, "staff/_segment_result.html", context)

    def copy(self, request, pk):
        segment = self.get_object(request, str(pk))
        if segment is None:
            raise Http404
        if not self.has_add_permission(request):
            raise PermissionDenied
        try:
            copied = services.copy_segment(segment, actor=request.user, now=timezone.now())
        except RulesBroken as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:participants_segment_change", pk)
        messages.success(request, f"Disalin menjadi “{copied.name}”. Ubah aturannya, lalu simpan.")
        return redirect("admin:participants_segment_change", copied.pk)

    def split(self, request, pk):
        """All kecamatan of a segment on a page for paper."""
        segment, split = self._split(request, pk)
        total = sum(number for _, number in split)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Sebaran {segment.name}",
            "segment": segment,
            "told": in_words(segment.rules),
            "total": total,
            "split": [(place, number, _share(number, total)) for place, number in split],
            "counted_at": timezone.now(),
        }
        return TemplateResponse(request, "staff/segment_split.html", context)

    def split_file(self, request, pk):
        """The same as a spreadsheet; it names nobody."""
        segment, split = self._split(request, pk)
        total, file = sum(number for _, number in split), io.BytesIO()
        lines = [[place, number, _share(number, total)] for place, number in split]
        moment = timezone.localtime(timezone.now())
        write_xlsx(
            file,
            ["Kecamatan atau wilayah", "Orang", "Bagian"],
            [*lines, ["Jumlah", total, "100%" if total else ""]],
            above=[f"Sebaran segmen {segment.name}, dihitung {moment:%d/%m/%Y %H.%M} WIB"],
        )
        headers = {"Content-Disposition": f'attachment; filename="sebaran-{segment.slug}.xlsx"'}
        return HttpResponse(file.getvalue(), content_type=XLSX, headers=headers)

    def _split(self, request, pk):
        """The segment and its people by kecamatan, as far as this user sees them."""
        segment = self.get_object(request, str(pk))
        if segment is None:
            raise Http404
        if not self.has_view_permission(request, segment):
            raise PermissionDenied
        try:
            return segment, count_by_district(people_by(segment.rules, user=request.user))
        except RulesBroken as broken:
            raise Http404(str(broken)) from broken

    def delete_view(self, request, object_id, extra_context=None):
        segment = self.get_object(request, object_id)
        if segment is not None and (uses := uses_of(segment)):
            messages.error(request, f"Segmen ini tidak bisa dihapus: {' '.join(uses)}")
            return redirect("admin:participants_segment_change", segment.pk)
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request, obj):
        services.delete_segment(obj)

    # --- Parts --------------------------------------------------------------------------------
    def _page(self, request, segment, data):
        is_typed = bool(data)
        rules = typed_rules(data) if is_typed else segment.rules
        form = NameForm(data if is_typed else {"name": segment.name})
        form.is_valid()
        refusal = ""
        if "simpan" in request.POST:
            try:
                return self._save(request, segment, form, rules)
            except (RulesBroken, services.SegmentRefused) as refused:
                refusal = str(refused)
        context = self._context(request, segment, form, rules) | {"refusal": refusal}
        return TemplateResponse(
            request, "staff/segment.html", context, status=422 if refusal else 200
        )

    def _save(self, request, segment, form, rules):
        if form.errors:
            raise services.SegmentRefused("Nama segmen paling panjang 80 huruf.")
        saved = services.save_segment(
            segment,
            name=form.cleaned_data["name"],
            rules=rules,
            actor=request.user,
            now=timezone.now(),
        )
        count = number_format(saved.people_count, force_grouping=True)
        messages.success(request, f"Segmen “{saved.name}” disimpan: {count} orang.")
        return redirect("admin:participants_segment_change", saved.pk)

    def _context(self, request, segment, form, rules):
        may_save = (
            self.has_change_permission(request, segment)
            if segment.pk
            else self.has_add_permission(request)
        )
        return {
            **self.admin_site.each_context(request),
            "title": segment.name or "Segmen baru",
            "opts": self.opts,
            "segment": segment,
            "name": form["name"].value() or "",
            "groups": form_groups(rules),
            "may_save": may_save,
            "may_add": self.has_add_permission(request),
            "may_delete": segment.pk and self.has_delete_permission(request, segment),
            "may_export": segment.pk and request.user.has_perm("participants.add_exportfile"),
            "links": links_of(segment) if segment.pk else [],
            "uses": uses_of(segment) if segment.pk else [],
            **result_of(rules, user=request.user),
        }

    @display(description="orang", ordering="people_count")
    def shown_count(self, segment):
        return number_format(segment.people_count, force_grouping=True)

    @display(description="aturan")
    def shown_rules(self, segment):
        count = len(segment.rules)
        return f"{count} aturan" if count else "Semua peserta"


def _share(number, total):
    return f"{100 * number / total:.1f}%".replace(".", ",") if total else ""


def result_of(rules, *, user):
    """Who these rules come to: figures for the block beside the form."""
    try:
        people = people_by(rules, user=user)
    except RulesBroken as broken:
        return {"problem": str(broken)}
    split = count_by_district(people)
    count = sum(number for _, number in split)
    shown, rest = split[:DISTRICTS], split[DISTRICTS:]
    if rest:
        shown.append((f"{len(rest)} wilayah lain", sum(number for _, number in rest)))
    most = max((number for _, number in shown), default=0)
    return {
        "problem": "",
        "count": count,
        "told": in_words(rules),
        "samples": samples_of(people) if count else [],
        "districts": [
            (place, number, bars.draw([("green", place, number)], total=most))
            for place, number in shown
        ],
        "cuts": strongest_cuts(rules, user=user) if not count and rules else [],
        "counted_at": timezone.now(),
    }


def form_groups(rules):
    """The groups of the form: title, hint, fields; places are shown as a tree."""
    form = filter_by(rules).form
    form.is_valid()
    return [
        {
            "title": group.title,
            "hint": group.hint,
            "fields": [form[name] for name in group.rules if name != "wilayah"],
            "cities": region_tree(rules.get("wilayah", [])) if "wilayah" in group.rules else [],
            "others": other_places(rules.get("wilayah", [])) if "wilayah" in group.rules else [],
            "chosen": sum(name in rules for name in group.rules),
        }
        for group in groups()
    ]


def region_tree(chosen):
    """Jakarta's cities with their kecamatan and kelurahan, as boxes that are ticked or not."""
    boxes, roots = {}, []
    rows = Region.objects.valid().jakarta().exclude(level=Region.Level.PROVINCE)
    for code, name, kind in rows.order_by("code").values_list("code", "short_name", "level"):
        box = {"code": code, "name": name, "level": kind, "is_on": code in chosen, "below": []}
        boxes[code] = box
        parent = boxes.get(code.rpartition(".")[0])
        (parent["below"] if parent else roots).append(box)
    for root in roots:
        root["has_on"] = any(code.startswith(root["code"]) for code in chosen)
        for box in root["below"]:
            box["has_on"] = any(code.startswith(f"{box['code']}.") for code in chosen)
    return roots


def other_places(chosen):
    """The places that are not in the tree."""
    return [
        {"code": code, "name": name, "is_on": code in chosen}
        for code, name in (("luar", "Luar Jakarta"), ("kosong", "Wilayah belum diketahui"))
    ]
