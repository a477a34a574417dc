"""What is asked after a class, as forms of large choices that need no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms

from trainings import wording
from trainings.aftermath.absences import OTHER
from trainings.aftermath.feedback import MAIN
from trainings.aftermath.questions import Question, Slot
from trainings.models import Absence, Feedback, Trainer


class ScoreField(forms.TypedChoiceField):
    """1 to 5 in words, the best first."""

    def __init__(self, scale: list[str], *, label: str, required: bool, hint: str = "") -> None:
        scores = reversed([*enumerate(scale, 1)])
        super().__init__(
            choices=[(str(score), f"{score} · {word}") for score, word in scores],
            coerce=int,
            empty_value=None,
            label=label,
            help_text=hint,
            required=required,
            widget=forms.RadioSelect,
            error_messages={"required": "Pilih satu jawaban.", "invalid_choice": "Pilih lagi."},
        )


class FeedbackForm(forms.Form):
    """Three questions, one about each trainer (may be passed over), and a comment."""

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        asked: Mapping[str, Question],
        trainers: Iterable[Trainer],
        before: Feedback | None = None,
    ) -> None:
        super().__init__(data, initial=_initial(before))
        for slot in MAIN:
            field = ScoreField(asked[slot].scale, label=asked[slot].text, required=True)
            self.fields[slot.value] = field
        for trainer in trainers:
            self.fields[f"trainer_{trainer.pk}"] = ScoreField(
                asked[Slot.TRAINER].scale,
                label=f"{trainer.name}: {asked[Slot.TRAINER].text}",
                hint="Boleh dilewati.",
                required=False,
            )
        self.fields["comment"] = forms.CharField(required=False, max_length=1000)
        self.fields["may_name"] = forms.BooleanField(required=False)

    @property
    def choices(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in ("comment", "may_name")]

    @property
    def scores(self) -> dict[str, int]:
        return {slot.value: self.cleaned_data[slot.value] for slot in MAIN}

    @property
    def trainer_scores(self) -> dict[int, int]:
        return {
            int(name.removeprefix("trainer_")): score
            for name, score in self.cleaned_data.items()
            if name.startswith("trainer_") and score is not None
        }


class AbsenceForm(forms.Form):
    """Why she did not come, and whether she wants the next wave."""

    reason = forms.ChoiceField(
        label="Mengapa Anda tidak hadir?",
        choices=[*wording.ABSENCE_REASONS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Pilih satu alasan.", "invalid_choice": "Pilih satu alasan."},
    )
    note = forms.CharField(required=False, max_length=300)
    wants_next = forms.BooleanField(required=False)

    def __init__(
        self, data: Mapping[str, str] | None = None, *, before: Absence | None = None
    ) -> None:
        facts = (
            {"reason": before.reason, "note": before.note, "wants_next": before.wants_next}
            if before
            else {}
        )
        super().__init__(data, initial=facts)

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("reason") == OTHER and not data.get("note", "").strip():
            self.add_error("note", "Tulis alasannya dengan singkat.")
        return data


def _initial(before: Feedback | None) -> dict[str, object]:
    if before is None:
        return {}
    found: dict[str, object] = {"comment": before.comment, "may_name": before.may_name}
    for row in before.scores.all():
        found[f"trainer_{row.trainer_id}" if row.trainer_id else row.slot] = row.score
    return found
