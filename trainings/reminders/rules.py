"""The occasions on which people are reminded, and how each programme has them.

Every programme, and a training without one, has the usual rules until an officer changes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from trainings.models import ReminderRule

Name = ReminderRule.Name


@dataclass(frozen=True)
class Occasion:
    """What staff read about a rule; `amount` is the usual number of `unit`."""

    unit: str
    amount: int
    told: str


@dataclass(frozen=True)
class Setting:
    is_on: bool
    amount: int


Settings = Mapping[str, Setting]
"""By name of the rule, all of them."""

OCCASIONS: Mapping[str, Occasion] = {
    Name.EARLY: Occasion(
        "hari sebelum sesi", 7, "Kepada yang punya kursi, pada jam dan hari kerja kantor."
    ),
    Name.DAY: Occasion(
        "hari sebelum sesi", 1, "Kepada yang punya kursi, pada jam dan hari kerja kantor."
    ),
    Name.HOURS: Occasion(
        "jam sebelum sesi", 2, "Kepada yang punya kursi, juga pada hari Minggu dan libur."
    ),
    Name.AFTER: Occasion(
        "hari sesudah kelas",
        1,
        "Yang hadir: hasil, sertifikat, dan penilaian. Yang tidak hadir: kami kehilangan Anda.",
    ),
    Name.NUDGE: Occasion(
        "jam sebelum batas jawab",
        24,
        "Sekali, kepada yang sudah menerima undangan dan belum menjawab.",
    ),
}
BEFORE = (Name.EARLY, Name.DAY, Name.HOURS)
"""Rules of a session, the farthest first."""
USUAL: Settings = {
    name: Setting(is_on=True, amount=occasion.amount) for name, occasion in OCCASIONS.items()
}


def settings_of(programmes: Collection[int | None]) -> dict[int | None, Settings]:
    """By programme (None: trainings without one), every rule as it is there; one query at most."""
    found: dict[int | None, dict[str, Setting]] = {pk: dict(USUAL) for pk in programmes}
    ids = [pk for pk in found if pk is not None]
    if ids:
        rows = ReminderRule.objects.filter(programme__in=ids)
        for pk, name, is_on, amount in rows.values_list("programme", "name", "is_on", "amount"):
            found[pk][name] = Setting(is_on=is_on, amount=amount)
    return dict(found)
