"""The form of a cohort and the rows below it: sessions, budget, quotas."""

from django import forms
from django.contrib import admin

from trainings.admin.clashing import ChangedCells, CohortMoneyFormSet, SessionFormSet
from trainings.models import BudgetLine, Cohort, CohortQuota, Session, Trainer
from trainings.planning.trainers import ask_again
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.staff_admin import NamedCells, StaffStack, StaffTable
from umkm_portal.common.staff_fields import NamedOnes, RupiahField


class SessionForm(forms.ModelForm):
    teachers = forms.ModelMultipleChoiceField(
        Trainer.objects.all(),
        label="Pelatih",
        required=False,
        widget=NamedOnes(Session._meta.get_field("trainers"), admin.site),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["teachers"] = [*self.instance.trainers.values_list("pk", flat=True)]

    def _save_m2m(self):
        super()._save_m2m()
        self.instance.trainers.set(self.cleaned_data["teachers"])
        if self.initial.get("starts_at") and {"starts_at", "ends_at"} & {*self.changed_data}:
            ask_again(self.instance)


class SessionInline(StaffStack):
    model = Session
    form = SessionForm
    formset = SessionFormSet
    fields = (("title", "venue"), "starts_at", "ends_at", "link", "teachers")
    autocomplete_fields = ("venue",)

    def get_queryset(self, request):
        """Cancelled sessions stay as they were."""
        return super().get_queryset(request).filter(cancelled_at=None)


class BudgetForm(forms.ModelForm):
    """One line; what lists of transport money booked since the page was opened stands."""

    planned = RupiahField(label="Rencana", initial=0)
    committed = RupiahField(label="Terikat", initial=0, show_hidden_initial=True)
    spent = RupiahField(label="Terpakai", initial=0, show_hidden_initial=True)

    def clean(self):
        values = super().clean()
        for name in ("committed", "spent") if self.instance.pk else ():
            booked = self.initial[name]
            if name not in self.changed_data:
                values[name] = booked
            elif self._seen(name) not in (None, booked):
                self.add_error(
                    name,
                    f"Sekarang {format_rupiah(booked)}, berubah sejak halaman ini dibuka. "
                    "Muat ulang halamannya, lalu ubah lagi.",
                )
        return values

    def _seen(self, name):
        """The amount that the page showed; None when it does not say."""
        return self.fields[name].amount_of(self.data.get(self[name].html_initial_name))


class BudgetInline(StaffTable):
    model = BudgetLine
    form = BudgetForm
    formset = CohortMoneyFormSet
    fields = ("purpose", "note", "planned", "committed", "spent")


class QuotaFormSet(ChangedCells, NamedCells):
    """Who takes a seat while the form is saved stays counted."""


class QuotaInline(StaffTable):
    model = CohortQuota
    formset = QuotaFormSet
    fields = ("kind", "key", "seats", "taken")
    readonly_fields = ("taken",)


MOVES = {
    Cohort.State.DRAFT: (Cohort.State.DRAFT, Cohort.State.CANCELLED),
    Cohort.State.CANCELLED: (Cohort.State.CANCELLED, Cohort.State.DRAFT),
    Cohort.State.FINISHED: (Cohort.State.FINISHED, Cohort.State.CLOSED),
}
"""Where the form may take a cohort from its state; a draft is opened by its own button."""
LIVING = tuple(state for state in Cohort.State if state != Cohort.State.DRAFT)


class CohortForm(forms.ModelForm):
    transport_rate = RupiahField(
        label="Uang transpor (rupiah)", required=False, help_text="Kosong: tidak ada."
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "state" not in self.fields:
            return  # somebody who only reads
        self.fields["transport_per"].required = False
        now = Cohort.State(self.instance.state)
        is_final = not self.instance.pk or self.instance.cancelled_at is not None
        allowed = (now,) if is_final else MOVES.get(now, LIVING)
        self.fields["state"].choices = [(state.value, state.label) for state in allowed]
        self.fields["state"].error_messages["invalid_choice"] = self._refusal(now)

    def _refusal(self, now):
        if now == Cohort.State.DRAFT:
            return "Rancangan dibuka lewat tombol Terbitkan di daftar kesiapan."
        if self.instance.cancelled_at:
            return "Pembatalan sudah dikabarkan. Buat gelombang baru sebagai gantinya."
        return f"Gelombang yang {now.label.lower()} tidak bisa diubah ke status itu."

    def clean_state(self):
        """Nobody who holds a seat or waits for one may learn of the end at a closed door."""
        state = self.cleaned_data["state"]
        if state == self.initial.get("state") or not self.instance.pk:
            return state
        if state == Cohort.State.CANCELLED and self.instance.enrolments.live().exists():
            raise forms.ValidationError(
                "Batalkan lewat tab Pindah dan batal: orangnya ikut dipindahkan dan dikabari."
            )
        return state
