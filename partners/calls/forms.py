"""A call as staff write it: lists of sentences and aspects are lines of text."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from participants.models import Segment
from partners.calls.lifecycle import rules_of
from partners.models import CurationCall, ProductKind
from umkm_portal.common.numbers import whole_in

_KEPT, _NONE = "tetap", "semua"


def typed_rubric(text: str) -> list[dict[str, Any]]:
    """`aspek | bobot | petunjuk`, one a line. Raises ValidationError with the line."""
    rubric = []
    for line in filter(str.strip, text.splitlines()):
        aspect, weight, hint = ([part.strip() for part in line.split("|")] + ["", ""])[:3]
        points = whole_in(weight or "0")
        if points is None or points > 100:
            raise forms.ValidationError(
                f"Bobot “{weight}” harus angka 0 sampai 100: {aspect[:40]}."
            )
        rubric.append({"aspect": aspect, "weight": points, "hint": hint})
    return rubric


class CallForm(forms.ModelForm):
    criteria_lines = forms.CharField(
        label="Syarat",
        help_text="Satu syarat per baris, seperti yang dibaca pemilik usaha.",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )
    rubric_lines = forms.CharField(
        label="Rubrik penilaian",
        help_text="Satu aspek per baris: aspek | bobot | petunjuk. Misalnya: Kemasan | 30 | "
        "Label lengkap dan rapi.",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    step_choices = forms.MultipleChoiceField(
        label="Langkah sebelum kurator",
        help_text="Tanpa centang: lamaran langsung ke kurator. Semua dicentang: alur dinas "
        "(pendamping, kecamatan, dinas).",
        choices=CurationCall.Step.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    audience = forms.ChoiceField(
        label="Siapa yang boleh melamar",
        help_text="Aturan segmen disalin. Perubahan segmen sesudahnya tidak ikut.",
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = CurationCall
        fields = (
            *("partner", "title", "slug", "about", "product_kinds", "has_grades", "needs"),
            *("quota", "opens_at", "closes_at"),
        )
        widgets = {"product_kinds": UnfoldAdminCheckboxSelectMultipleWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        call = self.instance
        if "audience" not in self.fields:
            return  # shown to somebody who only reads
        kept = [(_KEPT, "Tidak diubah")] if call.pk else []
        self.fields["audience"].choices = [  # type: ignore[attr-defined]
            *kept,
            (_NONE, "Semua peserta"),
            *Segment.objects.order_by("name", "pk").values_list("slug", "name"),
        ]
        if "product_kinds" in self.fields:
            kinds = ProductKind.objects.order_by("name", "pk")
            self.fields["product_kinds"].queryset = kinds  # type: ignore[attr-defined]
        rubric = (f"{row['aspect']} | {row['weight']} | {row['hint']}" for row in call.rubric)
        self.initial["criteria_lines"] = "\n".join(call.criteria)
        self.initial["rubric_lines"] = "\n".join(rubric)
        self.initial["step_choices"] = call.steps

    def clean_rubric_lines(self) -> list[dict[str, Any]]:
        return typed_rubric(self.cleaned_data["rubric_lines"])

    def save(self, commit: bool = True) -> CurationCall:
        call, data = self.instance, self.cleaned_data
        lines = data["criteria_lines"].splitlines()
        call.criteria = [line.strip() for line in lines if line.strip()]
        call.rubric = data["rubric_lines"]
        call.steps = [step.value for step in CurationCall.STEPS if step in data["step_choices"]]
        if data["audience"] != _KEPT:
            call.rules = rules_of(Segment.objects.filter(slug=data["audience"]).first())
        return super().save(commit)
