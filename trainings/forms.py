"""Forms of the public training pages."""

from __future__ import annotations

from itertools import groupby

from django import forms

from trainings.models import Cohort, CohortQuerySet, Topic
from trainings.schedule import in_district
from umkm_portal.common import codes
from umkm_portal.regions.models import Region


class ScheduleFilter(forms.Form):
    """Which cohorts of the schedule to show; an unknown choice filters nothing."""

    kecamatan = forms.ChoiceField(label="Kecamatan", required=False)
    tema = forms.ChoiceField(label="Tema", required=False)
    cara = forms.ChoiceField(
        label="Cara", required=False, choices=[("", "Semua cara"), *Cohort.Mode.choices]
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.districts = list(districts())
        self._choices("kecamatan").choices = district_choices(self.districts)
        self.topics = dict(Topic.objects.order_by("name", "pk").values_list("slug", "name"))
        self._choices("tema").choices = [("", "Semua tema"), *self.topics.items()]
        for field in self.fields.values():
            field.widget.attrs["class"] = "in"

    def narrow(self, cohorts: CohortQuerySet) -> CohortQuerySet:
        """The cohorts that fit every known choice."""
        if code := self.chosen("kecamatan"):
            cohorts = in_district(cohorts, code)
        if slug := self.chosen("tema"):
            cohorts = cohorts.filter(training__topic__slug=slug)
        if mode := self.chosen("cara"):
            cohorts = cohorts.filter(mode=mode)
        return cohorts

    def chosen(self, name: str) -> str:
        """The valid choice of one field, or empty."""
        return self.cleaned_data.get(name, "") if self.is_bound and self._cleaned() else ""

    def district(self) -> Region | None:
        code = self.chosen("kecamatan")
        return next((district for district in self.districts if district.code == code), None)

    def in_words(self) -> str:
        """`Tanah Abang, Daring`: the choices as a reader says them."""
        district = self.district()
        topic, mode = self.chosen("tema"), self.chosen("cara")
        words = [
            f"Kecamatan {district.name}" if district else "",
            f"tema {self.topics[topic]}" if topic else "",
            f"kelas {Cohort.Mode(mode).label.lower()}" if mode else "",
        ]
        return ", ".join(word for word in words if word)

    def _cleaned(self) -> bool:
        self.is_valid()
        return True

    def _choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(name)
        return field


class CodeForm(forms.Form):
    """The short code of an invitation, typed from paper or from a message."""

    kode = forms.CharField(
        label="Kode undangan",
        help_text="Contoh: JKP-7F3K-29XM. Huruf besar atau kecil sama saja.",
        max_length=40,
        error_messages={"required": "Tulis kode undangan Anda."},
        widget=forms.TextInput(
            attrs={
                "class": "in code",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )

    def clean_kode(self) -> str:
        code = codes.normalise(self.cleaned_data["kode"])
        if not codes.is_valid(code):
            raise forms.ValidationError(
                "Kode ini salah ketik. Periksa lagi huruf dan angkanya satu per satu."
            )
        return code


def districts() -> list[Region]:
    """The kecamatan of Jakarta with their city, city by city."""
    rows = Region.objects.valid().districts().select_related("parent")
    return list(rows.order_by("code", "pk"))


def by_city(rows: list[Region]) -> list[tuple[str, list[Region]]]:
    """The kecamatan under the short name of their city, in the order given."""
    grouped = groupby(rows, key=lambda row: row.parent.short_name if row.parent else "")
    return [(city, list(members)) for city, members in grouped]


def district_choices(rows: list[Region]) -> list[tuple[str, object]]:
    """Choices of a select, grouped by city."""
    groups = [(city, [(row.code, row.name) for row in found]) for city, found in by_city(rows)]
    return [("", "Semua kecamatan"), *groups]
