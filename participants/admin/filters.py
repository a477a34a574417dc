"""What the list of people can be narrowed by."""

from django.contrib import admin
from django.utils import timezone

from umkm_portal.regions.models import Region


class CityFilter(admin.SimpleListFilter):
    """Jakarta's cities, or the rest of the country."""

    title = "kota"
    parameter_name = "kota"
    OUTSIDE = "luar"

    def lookups(self, request, model_admin):
        cities = Region.objects.jakarta().filter(level=Region.Level.CITY).valid().order_by("code")
        return [*((city.code, city.short_name) for city in cities), (self.OUTSIDE, "Luar Jakarta")]

    def queryset(self, request, queryset):
        if self.value() == self.OUTSIDE:
            return queryset.exclude(region__in=Region.objects.jakarta())
        if self.value():
            return queryset.filter(
                region__in=Region.objects.filter(code__startswith=self.value()).values("pk")
            )
        return queryset


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
