"""What a cohort still lacks before people may be called to it, and opening it.

Six items: place, trainer, budget, sessions, materials, audience. Each says in one sentence how it
stands, and where to mend it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from django.db import transaction
from django.urls import reverse

from trainings.models import Assignment, Cohort, Programme, Session
from trainings.planning import clashes, money
from trainings.planning.clashes import Clash
from trainings.planning.money import Money
from trainings.services import seats
from umkm_portal.accounts.models import User
from umkm_portal.common.dates import format_moment
from umkm_portal.common.money import format_rupiah

TITLES = {
    "place": "Tempat",
    "trainer": "Pelatih",
    "budget": "Anggaran",
    "sessions": "Jadwal",
    "materials": "Materi",
    "audience": "Peserta",
}


class Item(NamedTuple):
    """One thing that a cohort needs; `address` is the page where it is mended."""

    key: str
    ok: bool
    sentence: str
    address: str

    @property
    def title(self) -> str:
        return TITLES[self.key]


@dataclass(frozen=True)
class Readiness:
    cohort: Cohort
    items: tuple[Item, ...]
    warnings: tuple[str, ...] = ()
    """Clashes that whoever saved them knew of, such as a class on a Sunday."""

    @property
    def is_ready(self) -> bool:
        return all(item.ok for item in self.items)

    @property
    def missing(self) -> list[Item]:
        return [item for item in self.items if not item.ok]

    @property
    def done(self) -> int:
        return len(self.items) - len(self.missing)


class OpeningRefused(Exception):
    """The cohort cannot be opened; the text says why."""


class NotReady(OpeningRefused):
    """Something is missing and nobody gave a reason to open all the same."""

    def __init__(self, readiness: Readiness) -> None:
        self.readiness = readiness
        names = ", ".join(item.title.lower() for item in readiness.missing)
        super().__init__(
            f"Gelombang ini belum siap: {names}. Lengkapi dahulu, atau tulis alasan membukanya."
        )


def readiness_of(cohort: Cohort, *, now: datetime) -> Readiness:
    """How ready one cohort is, read from the database as it is now."""
    return readiness_of_many([cohort], now=now)[0]


def readiness_of_many(cohorts: Iterable[Cohort], *, now: datetime) -> list[Readiness]:
    """How ready each cohort is, in the order given; eight queries, however many there are."""
    order = [cohort.pk for cohort in cohorts]
    rows = (
        Cohort.objects.filter(pk__in=order)
        .select_related("training__programme")
        .prefetch_related(clashes.held_sessions())
    )
    found = {cohort.pk: cohort for cohort in rows}
    facts = _gather([found[pk] for pk in order])
    return [_check(found[pk], facts, now=now) for pk in order]


@transaction.atomic
def open_cohort(
    cohort: Cohort, *, by: User | None, now: datetime, override_reason: str = ""
) -> Cohort:
    """Open a draft for registration and claim its money.

    Raises NotReady when something is missing and no reason is given; the reason and who gave it
    stay with the cohort. The programme is locked first, so of two cohorts that want the last
    rupiah only one is opened.
    """
    money.lock_programme_of(cohort.training_id)
    cohort = seats.lock(cohort.pk)
    if cohort.state != Cohort.State.DRAFT:
        state = cohort.get_state_display().lower()
        raise OpeningRefused(f"Gelombang ini bukan rancangan lagi, statusnya {state}.")
    readiness = readiness_of(cohort, now=now)
    reason = override_reason.strip()[:300]
    if not readiness.is_ready and not reason:
        raise NotReady(readiness)
    cohort.state = Cohort.State.OPEN
    cohort.override_reason = "" if readiness.is_ready else reason
    cohort.overridden_by = None if readiness.is_ready else by
    cohort.save(update_fields=["state", "override_reason", "overridden_by", "updated_at"])
    return cohort


class _Facts(NamedTuple):
    clashes: dict[int, list[Clash]]
    """By session."""
    money: dict[int, Money]
    """By cohort."""
    claims: dict[int, Money]
    """By programme."""


def _gather(cohorts: list[Cohort]) -> _Facts:
    sessions = [(session, cohort) for cohort in cohorts for session in _held(cohort)]
    told = clashes.find_clashes([clashes.meeting_of(*pair) for pair in sessions])
    programmes = {cohort.training.programme_id for cohort in cohorts}
    return _Facts(
        {session.pk: found for (session, _), found in zip(sessions, told, strict=True)},
        money.cohort_money([cohort.pk for cohort in cohorts]),
        money.programme_money([pk for pk in programmes if pk is not None]),
    )


def _check(cohort: Cohort, facts: _Facts, *, now: datetime) -> Readiness:
    stands = [clash for session in _held(cohort) for clash in facts.clashes[session.pk]]
    return Readiness(
        cohort,
        (
            _place(cohort, stands),
            _trainer(cohort, stands),
            _budget(cohort, facts),
            _sessions(cohort, now=now),
            _materials(cohort),
            _audience(cohort, now=now),
        ),
        tuple(clash.sentence for clash in stands if clash.kind == clashes.Kind.DAY_OFF),
    )


def _held(cohort: Cohort) -> list[Session]:
    """The sessions that take place, in their order; see `clashes.held_sessions`."""
    return list(cohort.sessions.all())


def _place(cohort: Cohort, stands: list[Clash]) -> Item:
    sessions, is_online = _held(cohort), cohort.mode == Cohort.Mode.ONLINE
    lacking = [s for s in sessions if not (s.link if is_online else s.venue)]
    against = [clash for clash in stands if clash.kind in clashes.PLACE_KINDS]
    thing = "tautan daring" if is_online else "tempat"
    if not sessions:
        ok, sentence = False, f"Tambah sesi dahulu, lalu isi {thing}."
    elif lacking:
        ok, sentence = False, f"{len(lacking)} dari {len(sessions)} sesi belum punya {thing}."
    elif against:
        ok, sentence = False, against[0].sentence
    elif is_online:
        ok, sentence = True, "Semua sesi punya tautan daring."
    else:
        places = dict.fromkeys(str(session.venue) for session in sessions)
        ok, sentence = True, f"{', '.join(places)}, cukup untuk {cohort.seats} orang."
    return Item("place", ok, sentence, _form(cohort, "sessions-group"))


def _trainer(cohort: Cohort, stands: list[Clash]) -> Item:
    sessions, State = _held(cohort), Assignment.State
    page = reverse("admin:trainings_cohort_trainers", args=[cohort.pk])
    lacking = [s for s in sessions if not _teaching([s], State.ASKED, State.CONFIRMED)]
    unsure = [s for s in sessions if not _teaching([s], State.CONFIRMED)]
    against = [clash for clash in stands if clash.kind in clashes.TRAINER_KINDS]
    if not sessions:
        ok, sentence = False, "Tambah sesi dahulu, lalu pilih pelatih."
    elif lacking:
        page = _form(cohort, "sessions-group")
        ok, sentence = False, f"{len(lacking)} dari {len(sessions)} sesi belum punya pelatih."
    elif unsure:
        ok, sentence = False, f"{_names(_teaching(unsure, State.ASKED))} belum menjawab."
    elif against:
        ok, sentence = False, against[0].sentence
    else:
        ok, sentence = True, f"{_names(_teaching(sessions, State.CONFIRMED))} bersedia."
    return Item("trainer", ok, sentence, page)


def _budget(cohort: Cohort, facts: _Facts) -> Item:
    page = _form(cohort, "budget_lines-group")
    own, programme = facts.money.get(cohort.pk), cohort.training.programme
    if own is None:
        return Item("budget", False, "Belum ada rencana anggaran.", page)
    if own.is_overspent:
        sentence = (
            f"Terpakai dan terikat {format_rupiah(own.used)}, rencananya hanya "
            f"{format_rupiah(own.planned)}."
        )
        return Item("budget", False, sentence, page)
    if programme is None:
        sentence = "Pelatihan ini belum masuk program, jadi belum ada pagunya."
        return Item("budget", False, sentence, _training_form(cohort, "programme"))
    over = _over_ceiling(cohort, own, programme, facts)
    if over > 0:
        sentence = f"Pagu {programme} kurang {format_rupiah(over)} untuk gelombang ini."
        return Item("budget", False, sentence, page)
    sentence = f"Rencana {format_rupiah(own.planned)}, masuk pagu {programme}."
    return Item("budget", True, sentence, page)


def _over_ceiling(cohort: Cohort, own: Money, programme: Programme, facts: _Facts) -> int:
    """By how much the programme's ceiling is passed once this cohort is opened."""
    if programme.budget is None:
        return 0
    claimed = facts.claims.get(programme.pk, Money()).claimed
    counted = own.claimed if cohort.state in money.CLAIMING else own.used
    return claimed - counted + own.claimed - programme.budget


def _sessions(cohort: Cohort, *, now: datetime) -> Item:
    sessions, page = _held(cohort), _form(cohort, "sessions-group")
    if not sessions:
        return Item("sessions", False, "Belum ada sesi yang bertanggal.", page)
    first = sessions[0].starts_at
    is_plan = cohort.state == Cohort.State.DRAFT
    if is_plan and first <= now:
        sentence = f"Sesi pertama sudah lewat, {format_moment(first)}."
        return Item("sessions", False, sentence, page)
    for one, other in pairwise(sessions):
        if other.starts_at < one.ends_at:
            sentence = f"Dua sesi bertumpuk, {format_moment(other.starts_at)}."
            return Item("sessions", False, sentence, page)
    sentence = f"{len(sessions)} sesi, mulai {format_moment(first)}."
    return Item("sessions", True, sentence, page)


def _materials(cohort: Cohort) -> Item:
    page = _training_form(cohort, "materials")
    if cohort.training.materials.strip():
        return Item("materials", True, "Materi pelatihan sudah ditulis.", page)
    return Item("materials", False, "Materi pelatihan belum ditulis.", page)


def _audience(cohort: Cohort, *, now: datetime) -> Item:
    training, closes, page = cohort.training, cohort.closes_at, _form(cohort, "id_closes_at_0")
    if not (training.audience.strip() or training.track):
        page = _training_form(cohort, "audience")
        return Item("audience", False, "Belum ditulis pelatihan ini untuk siapa.", page)
    if closes is None:
        return Item("audience", False, "Tanggal pendaftaran ditutup belum diisi.", page)
    sessions = _held(cohort)
    if sessions and closes > sessions[0].starts_at:
        sentence = "Pendaftaran ditutup setelah sesi pertama mulai."
        return Item("audience", False, sentence, page)
    if cohort.state == Cohort.State.DRAFT and closes <= now:
        return Item("audience", False, "Tanggal pendaftaran ditutup sudah lewat.", page)
    whom = training.audience.strip() or training.get_track_display()
    sentence = f"{whom}; {cohort.get_eligibility_display().lower()}."
    return Item("audience", True, sentence, page)


def _teaching(sessions: Iterable[Session], *states: str) -> set[str]:
    """The names of trainers of these sessions whose answer is one of `states`."""
    return {
        row.trainer.name
        for session in sessions
        for row in session.assignments.all()
        if row.state in states
    }


def _names(names: Iterable[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} dan {last}" if others else last


def _form(cohort: Cohort, anchor: str) -> str:
    return f"{reverse('admin:trainings_cohort_change', args=[cohort.pk])}#{anchor}"


def _training_form(cohort: Cohort, field: str) -> str:
    """Its field in the form of the training, which leads back to this cohort once it is saved."""
    address = reverse("admin:trainings_training_change", args=[cohort.training_id])
    return f"{address}?gelombang={cohort.pk}#id_{field}"
