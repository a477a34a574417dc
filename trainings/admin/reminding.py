"""The reminders of a programme, as rows of its form; and what a cohort's page tells of them."""

from django import forms
from django.urls import reverse
from django.utils.html import format_html

from trainings.models import ReminderRule
from trainings.reminders import showing
from trainings.reminders.rules import OCCASIONS, Name
from umkm_portal.common.staff_admin import NamedCells, StaffTable


class ReminderRuleForm(forms.ModelForm):
    """One occasion; which one it is, is not for the form to say."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.instance.name = self.initial.get("name", "")


class ReminderRules(NamedCells):
    """All occasions of a programme; those that nobody changed stand there as they usually are."""

    def __init__(self, *args, queryset=None, instance=None, **kwargs):
        known = set()
        if instance is not None and instance.pk:
            known = set(instance.reminder_rules.values_list("name", flat=True))
        missing = [
            {"name": name, "is_on": True, "amount": occasion.amount}
            for name, occasion in OCCASIONS.items()
            if name not in known
        ]
        self.extra = len(missing)
        super().__init__(*args, queryset=queryset, instance=instance, initial=missing, **kwargs)

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        # A form that nobody touched has no cleaned data.
        rows = {form.instance.name: form.initial | form.cleaned_data for form in self.forms}
        first, then = rows.get(Name.EARLY), rows.get(Name.DAY)
        if first and then and first["is_on"] and first["amount"] <= then["amount"]:
            raise forms.ValidationError(
                "Pengingat jauh hari harus lebih awal daripada pengingat menjelang sesi."
            )


class ReminderRuleInline(StaffTable):
    model = ReminderRule
    form = ReminderRuleForm
    formset = ReminderRules
    fields = ("shown_name", "is_on", "amount", "shown_unit")
    readonly_fields = ("shown_name", "shown_unit")
    can_delete = False
    max_num = len(OCCASIONS)
    verbose_name_plural = "Pengingat otomatis"

    def shown_name(self, rule):
        if not rule.name:
            return ""
        text = "feedback" if rule.name == Name.AFTER else rule.name
        return format_html(
            '<b>{}</b><br><span class="st-small st-muted">{}</span> '
            '<a class="st-link st-small" href="{}">Ubah teks</a>',
            rule.get_name_display(),
            OCCASIONS[rule.name].told,
            reverse("admin:trainings_reminder_text", args=[text]),
        )

    shown_name.short_description = "saat"

    def shown_unit(self, rule):
        return OCCASIONS[rule.name].unit if rule.name else ""

    shown_unit.short_description = "satuan"


def reminder_lines(cohort, *, now):
    """What the cohort's page shows: each rule, and all of them in one line."""
    lines = showing.lines_of(cohort, now=now)
    return {
        "reminders": lines,
        "reminder_sums": {
            name: sum(getattr(line, name) for line in lines if line.is_on or name != "planned")
            for name in ("planned", "sent", "waiting", "missed", "failed")
        },
    }
