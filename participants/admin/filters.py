"""What the list of people can be narrowed by."""

from urllib.parse import urlencode

from django.contrib import admin
from django.utils import timezone

from participants.models import Segment
from participants.segments.audiences import RulesBroken, people_of
from participants.segments.register import OUTSIDE, lives_in
from participants.segments.registry import rule_set
from participants.segments.rules import NO, YES
from umkm_portal.regions.models import Region


class CityFilter(admin.SimpleListFilter):
    """Jakarta's cities, or the rest of the country."""

    title = "kota"
    parameter_name = "kota"

    def lookups(self, request, model_admin):
        cities = Region.objects.jakarta().filter(level=Region.Level.CITY).valid().order_by("code")
        return [*((city.code, city.short_name) for city in cities), (OUTSIDE, "Luar Jakarta")]

    def queryset(self, request, queryset):
        return queryset.filter(lives_in([self.value()])) if self.value() else queryset


class ActiveFilter(admin.SimpleListFilter):
    title = "keaktifan"
    parameter_name = "aktif"

    def lookups(self, request, model_admin):
        return [
            ("siap", "Aktif dan bersedia"),
            ("aktif", "Aktif"),
            ("tidak", "Tidak aktif"),
        ]

    def queryset(self, request, queryset):
        if self.value() == "siap":
            return queryset.invitable()
        if self.value() == "aktif":
            return queryset.active()
        if self.value() == "tidak":
            return queryset.exclude(active_until__gte=timezone.localdate())
        return queryset


class RuleFilter(admin.SimpleListFilter):
    """One rule of segments with one value; the names are the same, so a list becomes a segment."""

    def lookups(self, request, model_admin):
        rule = rule_set().base_filters[self.parameter_name]
        return [choice for choice in rule.field.choices if choice[0]]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        rules = rule_set()({self.parameter_name: [self.value()]}, queryset=queryset)
        return rules.qs if rules.is_valid() else queryset.none()


class SectorFilter(RuleFilter):
    title, parameter_name = "sektor", "sektor"


class ScaleFilter(RuleFilter):
    title, parameter_name = "skala usaha", "skala"


class ChannelFilter(RuleFilter):
    title, parameter_name = "tempat jual", "kanal"


class StageFilter(RuleFilter):
    title, parameter_name = "sudah menjalani", "sudah_langkah"


class SegmentFilter(admin.SimpleListFilter):
    """The saved audiences of this user; they stand as tabs above the list."""

    title, parameter_name = "segmen", "segmen"
    MOST = 8

    def lookups(self, request, model_admin):
        rows = Segment.objects.for_user(request.user).order_by("name", "pk")
        self.segments = list(rows)
        return [(segment.slug, segment.name) for segment in self.segments]

    def queryset(self, request, queryset):
        chosen = [segment for segment in self.segments if segment.slug == self.value()]
        if not self.value():
            return queryset
        try:
            return queryset.filter(pk__in=people_of(chosen[0]).values("pk"))
        except (IndexError, RulesBroken):
            return queryset.none()

    def tabs(self):
        """(segment, whether its people are shown), the shown one always among them."""
        shown = self.segments[: self.MOST]
        return [(segment, segment.slug == self.value()) for segment in shown]


def as_rules(query):
    """The filters of the list as the query that the form of a segment begins with."""
    rules = [
        (name, query[name])
        for name in ("sektor", "skala", "kanal", "sudah_langkah")
        if query.get(name)
    ]
    rules += [("wilayah", query["kota"])] if query.get("kota") else []
    rules += {
        "siap": [("aktif", YES), ("bersedia", YES)],
        "aktif": [("aktif", YES)],
        "tidak": [("aktif", NO)],
    }.get(query.get("aktif", ""), [])
    for name, lookup in (("jalur", "track__exact"), ("identitas", "identity__exact")):
        rules += [(name, query[lookup])] if query.get(lookup) else []
    return f"?{urlencode(rules)}" if rules else ""
