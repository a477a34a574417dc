"""What is taught, where and by whom: topics, trainings, venues, trainers."""

from django import forms
from django.contrib import admin
from django.shortcuts import redirect
from django.utils.formats import number_format
from unfold.decorators import display

from trainings.aftermath import ratings
from trainings.models import Cohort, Topic, Trainer, Training, Unavailability, Venue
from trainings.planning import money
from trainings.resources import TrainerResource, VenueResource
from umkm_portal.common import phones
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.small_tables import SpreadsheetAdmin
from umkm_portal.common.staff_admin import StaffAdmin, StaffTable
from umkm_portal.common.staff_fields import NamedOnes, PhoneField, RupiahField


@admin.register(Topic)
class TopicAdmin(StaffAdmin):
    list_display = ("name", "slug")
    search_fields = ("name",)
    ordering = ("name", "pk")
    prepopulated_fields = {"slug": ("name",)}


class TrainingForm(forms.ModelForm):
    def clean_programme(self):
        """Another programme must have room for the waves that are open already."""
        programme, pk = self.cleaned_data["programme"], self.instance.pk
        before = Training.objects.filter(pk=pk).first()
        if programme is None or before is None or before.programme_id == programme.pk:
            return programme
        if lacking := money.lacking_for(before, programme):
            raise forms.ValidationError(
                f"Pagu {programme} kurang {format_rupiah(lacking)} untuk gelombang yang sudah "
                "dibuka. Tambah pagunya dahulu, atau kurangi anggaran gelombangnya."
            )
        return programme


@admin.register(Training)
class TrainingAdmin(StaffAdmin):
    form = TrainingForm
    list_display = ("title", "programme", "topic", "kind", "level", "organiser", "provider")
    list_filter = ("programme", "kind", "level", "topic")
    list_select_related = ("programme", "topic", "organiser", "provider")
    search_fields = ("title", "slug")
    ordering = ("title", "pk")
    autocomplete_fields = ("programme", "topic", "organiser", "provider")
    prepopulated_fields = {"slug": ("title",)}
    fields = (
        ("title", "slug"),
        ("programme", "topic"),
        ("kind", "level"),
        ("organiser", "provider"),
        ("track", "pass_percent"),
        "summary",
        "audience",
        "materials",
        "bring",
    )

    def response_change(self, request, obj):
        """Back to the cohort whose list of what is missing led here."""
        response = super().response_change(request, obj)
        asked = whole_in(request.GET.get("gelombang", ""))
        if asked is None or {"_continue", "_addanother"} & {*request.POST}:
            return response
        cohorts = Cohort.objects.for_user(request.user).filter(training=obj, pk=asked)
        return redirect("admin:trainings_cohort_change", asked) if cohorts.exists() else response


class UnavailabilityInline(StaffTable):
    model = Unavailability
    fields = ("first_day", "last_day", "reason")
    verbose_name_plural = "Waktu tidak tersedia"
    ordering = ("first_day", "pk")


class VenueForm(forms.ModelForm):
    cost_per_day = RupiahField(label="Biaya per hari (rupiah)", initial=0)


@admin.register(Venue)
class VenueAdmin(SpreadsheetAdmin):
    form = VenueForm
    resource_classes = (VenueResource,)
    list_display = ("name", "region", "capacity", "shown_cost")
    list_select_related = ("region",)
    search_fields = ("name", "address")
    ordering = ("name", "pk")
    autocomplete_fields = ("region",)
    inlines = (UnavailabilityInline,)

    @display(description="biaya per hari", ordering="cost_per_day")
    def shown_cost(self, venue):
        return format_rupiah(venue.cost_per_day)


class TrainerForm(forms.ModelForm):
    phone = PhoneField(required=False)
    fee_per_session = RupiahField(label="Honor per sesi (rupiah)", initial=0)


@admin.register(Trainer)
class TrainerAdmin(SpreadsheetAdmin):
    form = TrainerForm
    resource_classes = (TrainerResource,)
    list_display = (
        *("name", "kind", "organisation", "shown_handle", "shown_phone", "shown_fee"),
        "shown_rating",
    )
    inlines = (UnavailabilityInline,)
    list_filter = ("kind", "topics")
    list_select_related = ("organisation",)
    search_fields = ("name", "handle")
    ordering = ("name", "pk")
    autocomplete_fields = ("organisation", "account", "topics")
    fields = (
        ("name", "kind"),
        ("organisation", "account"),
        "topics",
        ("handle", "followers"),
        ("phone", "fee_per_session"),
        "availability",
        "shown_rating",
    )
    readonly_fields = ("shown_rating",)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(
            db_field, request, **kwargs | {"widget": NamedOnes(db_field, self.admin_site)}
        )

    def get_queryset(self, request):
        least = ratings.least_for(request.user)
        return ratings.with_rating(super().get_queryset(request), least=least)

    def choice_label(self, trainer):
        """How she stands in the choice of trainers of a session."""
        return ", ".join(filter(None, [str(trainer), ratings.shown(trainer)]))

    @display(description="penilaian peserta", ordering="rating_average")
    def shown_rating(self, trainer):
        return ratings.shown(trainer) or "belum ada"

    @display(description="akun media sosial", ordering="followers")
    def shown_handle(self, trainer):
        if not trainer.followers:
            return trainer.handle or "–"
        followers = number_format(trainer.followers, force_grouping=True)
        return f"{trainer.handle} ({followers} pengikut)".strip()

    @display(description="nomor HP")
    def shown_phone(self, trainer):
        return phones.display(trainer.phone) if trainer.phone else "–"

    @display(description="honor per sesi", ordering="fee_per_session")
    def shown_fee(self, trainer):
        return format_rupiah(trainer.fee_per_session)
