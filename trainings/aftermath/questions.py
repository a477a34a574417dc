"""The questions asked after a class: as staff wrote them, else as the portal brings them."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q

from trainings.models import FeedbackQuestion, Training

Slot = FeedbackQuestion.Slot
_GRADES = "Sangat kurang, Kurang, Cukup, Baik, Sangat baik"
DEFAULTS = (
    (
        Slot.FIRST,
        "Apakah isi kelas berguna untuk usaha Anda?",
        "Tidak berguna, Kurang berguna, Cukup berguna, Berguna, Sangat berguna",
    ),
    (
        Slot.SECOND,
        "Apakah penjelasannya mudah diikuti?",
        "Sangat sulit, Sulit, Cukup mudah, Mudah, Sangat mudah",
    ),
    (Slot.THIRD, "Bagaimana tempat, jam, dan pelayanannya?", _GRADES),
    (Slot.TRAINER, "Bagaimana cara mengajar pelatih ini?", _GRADES),
)
"""Of every kind of training, until staff write others."""


class Question(NamedTuple):
    """One question as it is asked, with the words of 1 to 5."""

    slot: str
    text: str
    scale: list[str]


def questions_of(training: Training) -> dict[str, Question]:
    """The questions of a training by slot: of its kind, else of all kinds, else the portal's."""
    found = {
        slot.value: Question(slot.value, text, [word.strip() for word in words.split(",")])
        for slot, text, words in DEFAULTS
    }
    rows = FeedbackQuestion.objects.filter(Q(kind="") | Q(kind=training.kind))
    for row in rows.order_by("kind", "pk"):
        found[row.slot] = Question(row.slot, row.text, row.scale)
    return found


def load_questions() -> None:
    """Write the portal's questions that are missing; what staff changed stays."""
    for slot, text, words in DEFAULTS:
        FeedbackQuestion.objects.get_or_create(
            kind="", slot=slot, defaults={"text": text, "words": words}
        )
