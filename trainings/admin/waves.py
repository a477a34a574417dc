"""New waves from one cohort: a copy on another date, or several after a pattern."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from trainings.planning import waves
from trainings.planning.waves import MOST_SESSIONS, MOST_WAVES
from umkm_portal.common.dates import DAYS, DateError, parse_date

DATE_HINT = "Misalnya 7/12/2026 atau 7 Desember 2026"


class DayField(forms.CharField):
    """A date as people write it, or as a browser's calendar gives it."""

    widget = forms.DateInput(attrs={"type": "date", "class": "st-input"}, format="%Y-%m-%d")

    def clean(self, value):
        text = super().clean(value)
        try:
            return parse_date(text)
        except DateError as error:
            raise forms.ValidationError(str(error)) from error


class CloneForm(forms.Form):
    first_day = DayField(label="Sesi pertama pada tanggal")


class PatternForm(forms.Form):
    """A pattern as an officer thinks of it."""

    waves = forms.IntegerField(label="Jumlah gelombang", min_value=1, max_value=MOST_WAVES)
    first_day = DayField(label="Mulai tanggal")
    weekdays = forms.MultipleChoiceField(
        label="Hari", choices=[(str(n), name) for n, name in enumerate(DAYS)]
    )
    hours = forms.CharField(label="Jam sesi", max_length=120)
    sessions = forms.IntegerField(label="Sesi tiap gelombang", min_value=1, max_value=MOST_SESSIONS)
    weeks_between = forms.IntegerField(
        label="Minggu antara awal gelombang", min_value=0, max_value=26, required=False
    )

    def clean_hours(self):
        try:
            return waves.parse_hours(self.cleaned_data["hours"])
        except waves.PlanRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def pattern(self):
        values = self.cleaned_data
        return waves.Pattern(
            waves=values["waves"],
            first_day=values["first_day"],
            weekdays=frozenset(int(day) for day in values["weekdays"]),
            hours=values["hours"],
            sessions=values["sessions"],
            weeks_between=values["weeks_between"] or 0,
        )


def show(request, cohort, context):
    """The two forms; a filled pattern is previewed, and written by its second button."""
    form, proposal, refusal = PatternForm(initial=_initial(cohort)), None, ""
    if "waves" in request.POST:
        form = PatternForm(request.POST)
        if form.is_valid():
            try:
                expected = request.POST.get("write")
                if expected:
                    return _written(request, cohort, form.pattern(), expected)
                proposal = waves.propose(cohort, form.pattern())
            except waves.PlanChanged as changed:
                refusal, proposal = str(changed), waves.propose(cohort, form.pattern())
            except waves.PlanRefused as refused:
                refusal = str(refused)
    return _page(request, cohort, context, form=form, proposal=proposal, refusal=refusal)


def clone(request, cohort, context):
    """One copy, as a draft whose page says what is missing."""
    form = CloneForm(request.POST)
    if not form.is_valid():
        return _page(request, cohort, context, clone_form=form)
    copy = waves.clone_cohort(cohort, first_day=form.cleaned_data["first_day"])
    context["log"](f"Disalin menjadi {copy.code}")
    messages.success(request, f"Rancangan {copy.code} dibuat. Periksa tanggal dan pelatihnya.")
    return redirect("admin:trainings_cohort_change", copy.pk)


def _written(request, cohort, pattern, expected):
    written = waves.write_waves(cohort, pattern, expected=expected)
    names = f"{written[0].code} sampai {written[-1].code}" if written[1:] else written[0].code
    messages.success(request, f"{len(written)} rancangan gelombang ditulis: {names}.")
    starts = timezone.localdate(written[0].starts_at)
    return redirect(f"{reverse('admin:trainings_cohort_month')}?bulan={starts:%Y-%m}")


def _page(request, cohort, context, *, form=None, clone_form=None, proposal=None, refusal=""):
    found = proposal.waves if proposal else ()
    form = form or PatternForm(initial=_initial(cohort))
    context |= {
        "form": form,
        "chosen_days": [str(day) for day in form["weekdays"].value() or ()],
        "clone_form": clone_form or CloneForm(initial={"first_day": _next_day(cohort)}),
        "proposal": proposal,
        "clash_count": sum(len(wave.clashes) for wave in found),
        "refusal": refusal,
        "has_sessions": cohort.sessions.exists(),
        "date_hint": DATE_HINT,
    }
    is_bad = bool(refusal) or any(one is not None and one.errors for one in (form, clone_form))
    status = 422 if is_bad else 200
    return TemplateResponse(request, "staff/cohort_waves.html", context, status=status)


def _initial(cohort):
    """What the cohort itself does: its weekdays, hours and number of sessions."""
    sessions = list(cohort.sessions.order_by("starts_at", "pk"))
    times = [(timezone.localtime(s.starts_at), timezone.localtime(s.ends_at)) for s in sessions]
    hours = sorted({f"{first:%H.%M}-{last:%H.%M}" for first, last in times})
    return {
        "waves": 3,
        "first_day": _next_day(cohort),
        "weekdays": sorted({str(first.weekday()) for first, _ in times}),
        "hours": hours[0] if hours else "09.00-12.00",
        "sessions": len(sessions) or 1,
        "weeks_between": 0,
    }


def _next_day(cohort):
    """A week after the cohort ends, and not before today."""
    today = timezone.localdate()
    last = timezone.localdate(cohort.ends_at) if cohort.ends_at else today
    return max(today, last) + timedelta(days=7)
