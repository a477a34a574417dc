"""The cells of a year's plan: what a row says about one session and about money, and writing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trainings.models import Assignment, BudgetLine, Cohort, Session, Trainer, Venue
from trainings.planning.trainers import ask_again
from trainings.services import changes
from umkm_portal.accounts.models import User
from umkm_portal.common import money
from umkm_portal.common.dates import JAKARTA

SESSION_COLUMNS = (
    "sesi ke",
    "judul sesi",
    "sesi mulai",
    "sesi selesai",
    "tempat",
    "tautan",
    "pelatih",
)
BUDGET_COLUMNS = {
    f"rencana {purpose.label.lower()}": purpose.value for purpose in BudgetLine.Purpose
}


class PlanError(ValueError):
    """A row cannot be written; the message is an Indonesian sentence with the repair."""


@dataclass(frozen=True)
class SessionPlan:
    """What one row says about a session."""

    number: int | None
    title: str
    starts_at: datetime
    ends_at: datetime
    venue: Venue | None
    link: str
    trainers: tuple[Trainer, ...]

    def is_same(self, session: Session) -> bool:
        told = (self.title, self.starts_at, self.ends_at, self.venue, self.link)
        stands = (
            *(session.title, session.starts_at, session.ends_at),
            *(session.venue, session.link),
        )
        return told == stands and self.has_trainers_of(session)

    def moves(self, session: Session) -> bool:
        return (self.starts_at, self.ends_at) != (session.starts_at, session.ends_at)

    def has_trainers_of(self, session: Session) -> bool:
        trainers = {row.trainer_id for row in session.assignments.all()}
        return trainers == {trainer.pk for trainer in self.trainers}

    def write_published(self, session: Session, *, by: User | None, now: datetime) -> Session:
        """Move a session that people know: who holds a seat is told. Raises PlanError."""
        moves = self.moves(session)
        Session.objects.filter(pk=session.pk).update(title=self.title)
        try:
            changes.move_session(
                session,
                starts_at=self.starts_at,
                ends_at=self.ends_at,
                venue=self.venue,
                link=self.link,
                by=by,
                now=now,
            )
        except changes.ChangeRefused as refused:
            raise PlanError(str(refused)) from refused
        if moves:
            ask_again(session)
        return session

    def write(self, cohort: Cohort, session: Session | None) -> Session:
        """Write the session of a plan; trainers of one that moves are asked again."""
        is_new = session is None
        session = session or Session(cohort=cohort)
        moves = not is_new and self.moves(session)
        session.title, session.venue, session.link = self.title, self.venue, self.link
        session.starts_at, session.ends_at = self.starts_at, self.ends_at
        session.save()
        known = {} if is_new else {row.trainer_id: row for row in session.assignments.all()}
        wanted = {trainer.pk for trainer in self.trainers}
        gone = [row.pk for key, row in known.items() if key not in wanted]
        if gone:
            Assignment.objects.filter(pk__in=gone).delete()
        Assignment.objects.bulk_create(
            Assignment(session=session, trainer_id=key) for key in sorted(wanted - known.keys())
        )
        if moves:
            ask_again(session)
        return session


def trainers_named(text: str, known: Mapping[str, list[Trainer]]) -> tuple[Trainer, ...]:
    """The trainers of a cell `Ana; Budi (Influencer)`. Raises PlanError."""
    found = []
    for name in (part.strip() for part in text.split(";")):
        if not name:
            continue
        matching = known.get(name.casefold(), [])
        if not matching:
            raise PlanError(f"Pelatih “{name}” belum ada di portal.")
        if len(matching) > 1:
            raise PlanError(f"Ada {len(matching)} pelatih bernama “{name}”. Tulis {matching[0]}.")
        found.append(matching[0])
    return tuple(dict.fromkeys(found))


def all_trainers() -> dict[str, list[Trainer]]:
    """Trainers by name, and by name with kind."""
    known: dict[str, list[Trainer]] = {}
    for trainer in Trainer.objects.order_by("pk"):
        for name in (trainer.name, str(trainer)):
            known.setdefault(name.casefold(), []).append(trainer)
    return known


def budget_of_row(row: Mapping[str, object]) -> dict[str, int]:
    """Planned rupiah by purpose for the cells that are filled. Raises MoneyError."""
    typed = {purpose: row.get(column) for column, purpose in BUDGET_COLUMNS.items()}
    return {
        purpose: money.parse_rupiah(value if isinstance(value, int | float) else str(value))
        for purpose, value in typed.items()
        if value not in (None, "")
    }


def changed_budget(cohort: Cohort, wanted: Mapping[str, int]) -> dict[str, int]:
    """The purposes whose plan would change. Raises PlanError where a line is not the only one."""
    lines: dict[str, list[BudgetLine]] = {}
    for line in cohort.budget_lines.all() if cohort.pk else ():
        lines.setdefault(line.purpose, []).append(line)
    changed = {}
    for purpose, amount in wanted.items():
        own = lines.get(purpose, [])
        if own and sum(line.planned for line in own) == amount:
            continue
        if len(own) > 1:
            label = BudgetLine.Purpose(purpose).label
            raise PlanError(f"Ada {len(own)} pos {label}. Ubah di halaman gelombangnya.")
        changed[purpose] = amount
    return changed


def write_budget(cohort: Cohort, changed: Mapping[str, int]) -> None:
    for purpose, amount in changed.items():
        BudgetLine.objects.update_or_create(
            cohort=cohort, purpose=purpose, defaults={"planned": amount}
        )


def shown_session(session: Session, number: int) -> dict[str, object]:
    """The cells of a session as they go out."""
    trainers = "; ".join(str(row.trainer) for row in session.assignments.all())
    return {
        "sesi ke": number,
        "judul sesi": session.title,
        "sesi mulai": _moment(session.starts_at),
        "sesi selesai": _moment(session.ends_at),
        "tempat": str(session.venue) if session.venue else "",
        "tautan": session.link,
        "pelatih": trainers,
    }


def shown_budget(cohort: Cohort) -> dict[str, object]:
    """The cells of the plan of money; purposes without a line stay empty."""
    sums: dict[str, int] = {}
    for line in cohort.budget_lines.all():
        sums[line.purpose] = sums.get(line.purpose, 0) + line.planned
    names = {purpose: column for column, purpose in BUDGET_COLUMNS.items()}
    return {names[purpose]: amount for purpose, amount in sums.items()}


def _moment(at: datetime) -> str:
    return f"{at.astimezone(JAKARTA):%d/%m/%Y %H.%M}"
