"""People whom staff add to a cohort by pasting codes or phone numbers, one on each line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from participants.models import Participant
from trainings.models import Cohort, InvitationRound
from trainings.services import rounds, segments, selection
from umkm_portal.accounts.models import User
from umkm_portal.common import codes, phones

MOST = 1000
"""Lines of one paste; more belongs into a spreadsheet."""


@dataclass(frozen=True)
class LineResult:
    """What became of one pasted line."""

    line: str
    is_invited: bool
    message: str
    participant: Participant | None = None


@dataclass(frozen=True)
class PasteResult:
    """All lines, and the round that carries those who were invited."""

    lines: list[LineResult]
    round: InvitationRound | None

    @property
    def invited(self) -> int:
        return sum(line.is_invited for line in self.lines)


@transaction.atomic
def invite_people(
    cohort: Cohort,
    text: str,
    *,
    actor: User | None,
    now: datetime,
    override: str = "",
    any_hour: bool = False,
) -> PasteResult:
    """Invite the people named in `text`; each line tells what became of it.

    `override` is the reason for inviting people who are not active, willing or eligible. Raises
    RoundRefused when the cohort takes no invitations.
    """
    rounds.check_open(cohort, now=now, needs_free_seat=False)
    found = [_find(line) for line in text.splitlines() if line.strip()][:MOST]
    ids = [result.participant.pk for result in found if result.participant]
    if not ids:
        return PasteResult(found, None)
    plan = rounds.choose_people(
        cohort,
        segment=segments.of_people(ids),
        size=None,
        now=now,
        any_hour=any_hour,
        overrides_eligibility=bool(override.strip()),
    )
    reasons = selection.reasons()
    opened = None
    if plan.chosen:
        note = f"Pengecualian: {override.strip()}" if override.strip() else "Ditambahkan petugas."
        opened = rounds.write_round(plan, actor=actor, now=now, any_hour=any_hour, note=note)
    return PasteResult(_with_outcomes(found, reasons), opened)


def _find(line: str) -> LineResult:
    """The person of one line: by code, else by a phone that only one person has."""
    line = line.strip()
    people = Participant.objects.living()
    code = codes.normalise(line)
    if codes.is_valid(code):
        person = people.filter(code=code).first()
        return _found(line, person, missing="Kode ini tidak terdaftar.")
    try:
        phone = phones.to_e164(line)
    except phones.PhoneError as error:
        return LineResult(line, False, f"Bukan kode peserta. {error}")
    matches = list(people.filter(phone=phone).order_by("pk")[:2])
    if len(matches) > 1:
        return LineResult(line, False, "Nomor ini dipakai lebih dari satu peserta; tulis kodenya.")
    return _found(line, matches[0] if matches else None, missing="Nomor ini tidak terdaftar.")


def _found(line: str, person: Participant | None, *, missing: str) -> LineResult:
    if person is None:
        return LineResult(line, False, missing)
    return LineResult(line, False, "", person)


def _with_outcomes(found: list[LineResult], reasons: dict[int, str]) -> list[LineResult]:
    results, seen = [], set()
    for result in found:
        person = result.participant
        if person is None:
            results.append(result)
            continue
        reason = reasons.get(person.pk, "")
        is_invited = reason in ("", "no_channel") and person.pk not in seen
        message = "Diundang." if is_invited else "Sudah ada di baris lain."
        if reason:
            message = f"{selection.REASONS[reason]}."
        seen.add(person.pk)
        results.append(LineResult(result.line, is_invited, message, person))
    return results
