"""The year's plan as a spreadsheet, in and out: one row per session, its cohort repeated.

A file adds and changes, it never deletes. Of a cohort that people know it only moves sessions, and
they are told; its seats and its money are changed in the pages.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from import_export import fields, widgets
from import_export.results import Error, Result

from trainings.models import BudgetLine, Cohort, Programme, Session, Training, Venue
from trainings.planning import clashes, money, year_plan
from trainings.planning.year_plan import PlanError, SessionPlan
from trainings.resources import Choice, Moment, Reference
from trainings.services import changes
from trainings.sessions import refresh_cohort_dates
from umkm_portal.accounts.models import User
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.small_tables import SmallTable

PORTION = 200
COHORT_COLUMNS = (
    *("program", "pelatihan", "gelombang ke", "cara", "boleh ikut", "kursi", "peserta minimal"),
    *("pendaftaran dibuka", "pendaftaran ditutup", "petunjuk tempat", "kuota data (mb)"),
)
"""What is told of the cohort and not of one session."""


class Shown(fields.Field):
    """A column that is no column of the cohort: its cell stands in `cohort.shown`."""

    def export(self, instance: Cohort, **kwargs: object) -> object:
        return getattr(instance, "shown", {}).get(self.column_name, "")


class YearNamed(Reference):
    """A programme by its code, or by its name with the year."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> Programme | None:
        typed = str(value or "").strip()
        name, _, last = typed.rpartition(" ")
        year = whole_in(last)
        if name and year is not None and typed not in self.known:
            rows = Programme.objects.filter(name__iexact=name, year=year).order_by("pk")
            if found := rows.first():
                self.known[typed] = found
        return super().clean(value, row, **kwargs)


class CohortPlanResource(SmallTable):
    """One row: a cohort and one of its sessions; the same code again is another session.

    New cohorts come in as drafts; the state is never changed by a file.
    """

    max_rows = 2000
    """A year: some 1,500 sessions."""

    programme = Shown(column_name="program")
    code = fields.Field("code", "kode")
    training = fields.Field(
        "training", "pelatihan", widget=Reference(Training, "slug", "title__iexact", shown="slug")
    )
    number = fields.Field("number", "gelombang ke", widget=widgets.IntegerWidget())
    mode = fields.Field("mode", "cara", widget=Choice(Cohort.Mode))
    eligibility = fields.Field("eligibility", "boleh ikut", widget=Choice(Cohort.Eligibility))
    seats = fields.Field("seats", "kursi", widget=widgets.IntegerWidget())
    minimum = fields.Field("minimum", "peserta minimal", widget=widgets.IntegerWidget(), default=1)
    opens_at = fields.Field("opens_at", "pendaftaran dibuka", widget=Moment())
    closes_at = fields.Field("closes_at", "pendaftaran ditutup", widget=Moment())
    place_note = fields.Field("place_note", "petunjuk tempat", default="")
    data_cost_mb = fields.Field(
        "data_cost_mb", "kuota data (mb)", widget=widgets.IntegerWidget(), default=None
    )
    session_number = Shown(column_name="sesi ke")
    session_title = Shown(column_name="judul sesi")
    session_starts = Shown(column_name="sesi mulai")
    session_ends = Shown(column_name="sesi selesai")
    venue = Shown(column_name="tempat")
    link = Shown(column_name="tautan")
    trainers = Shown(column_name="pelatih")
    budget_trainer = Shown(column_name="rencana honor pelatih")
    budget_venue = Shown(column_name="rencana tempat")
    budget_meals = Shown(column_name="rencana konsumsi")
    budget_transport = Shown(column_name="rencana transpor peserta")
    budget_materials = Shown(column_name="rencana bahan ajar")
    budget_other = Shown(column_name="rencana lain-lain")

    class Meta(SmallTable.Meta):
        model = Cohort
        import_id_fields = ("code",)
        fields = (
            *("programme", "code", "training", "number", "mode", "eligibility", "seats"),
            *("minimum", "opens_at", "closes_at", "place_note", "data_cost_mb"),
            *("session_number", "session_title", "session_starts", "session_ends"),
            *("venue", "link", "trainers"),
            *("budget_trainer", "budget_venue", "budget_meals", "budget_transport"),
            *("budget_materials", "budget_other"),
        )

    def before_import(self, dataset: object, **kwargs: object) -> None:
        super().before_import(dataset, **kwargs)
        self.venues = Reference(Venue, "name__iexact", shown="name")
        self.programmes = YearNamed(Programme, "slug", "name__iexact", shown="slug")
        self.fields["training"].widget.known.clear()
        self.trainers_by_name = year_plan.all_trainers()
        self.told: dict[str, dict[str, object]] = {}
        self.sessions_of: dict[str, list[Session]] = {}
        self.written: list[tuple[int, int]] = []
        """(row, session) of what this file changed."""

    def before_import_row(self, row: dict, **kwargs: object) -> None:
        """Later rows of a cohort repeat what the first one says of it, or leave it empty."""
        code = str(row.get("kode") or "").strip()
        known = {name: row[name] for name in COHORT_COLUMNS if name in row}
        told = self.told.setdefault(code, known)
        for name, value in told.items():
            if row.get(name) in (None, ""):
                row[name] = value
            elif str(row[name]).strip() != str(value).strip():
                raise PlanError(
                    f"Kolom “{name}” berisi “{row[name]}”, padahal “{value}” di baris lain "
                    f"gelombang {code}. Samakan, atau kosongkan."
                )

    def after_init_instance(self, instance: Cohort, new: bool, row: dict, **kwargs: object) -> None:
        """Read what the row says of money and its session, and what stands there now."""
        code = instance.code if not new else str(row.get("kode") or "")
        if code not in self.sessions_of:
            self.sessions_of[code] = [] if new else list(_sessions(instance))
        self.standing = self.sessions_of[code]
        self.budget = year_plan.budget_of_row(row)
        self.plan = self._session_plan(row)
        self.place, self.session = self._find_session()
        self._keep_what_is_not_told(row)
        instance.shown = self._cells(instance)

    def skip_row(
        self, instance: Cohort, original: Cohort, row: dict, import_validation_errors=None
    ) -> bool:
        """Nothing is written for a row that says what stands. Raises for what a file may not do."""
        if import_validation_errors:
            return False
        self.adopts = self._adopted_programme(instance, row)
        self.changed_budget = year_plan.changed_budget(instance, self.budget)
        is_new_session = self.plan is not None and (
            self.session is None or not self.plan.is_same(self.session)
        )
        if not is_new_session:
            self.plan = None
        is_same = original.pk is not None and _facts(instance) == _facts(original)
        if is_same and not (is_new_session or self.changed_budget or self.adopts):
            return True
        only_moves = is_same and not self.changed_budget and not self.adopts and self._may_move()
        if original.pk is not None and original.state != Cohort.State.DRAFT:
            if only_moves and original.state in changes.PUBLISHED:
                return False
            state = original.get_state_display().lower()
            raise ValidationError(
                f"Gelombang {original.code} sudah {state}. Ubah di halamannya; berkas "
                "hanya memindahkan waktu dan tempat sesinya."
            )
        return False

    def _may_move(self) -> bool:
        """Whether the row says nothing but where and when a session that stands is held."""
        session = self.session
        return session is not None and self.plan is not None and self.plan.has_trainers_of(session)

    def do_instance_save(self, instance: Cohort, is_create: bool) -> None:
        """The row of a published cohort stays: its counters change while the file is read."""
        if is_create or instance.state == Cohort.State.DRAFT:
            super().do_instance_save(instance, is_create)

    def after_save_instance(self, instance: Cohort, row: dict, **kwargs: object) -> None:
        if self.adopts:
            Training.objects.filter(pk=instance.training_id).update(programme=self.adopts)
            instance.training.programme = self.adopts
        year_plan.write_budget(instance, self.changed_budget)
        if self.plan:
            session = self._write_session(instance, by=kwargs.get("user"))
            self.written.append((int(kwargs["row_number"]), session.pk))
            fresh = _with_parts(Session.objects.filter(pk=session.pk)).get()
            self.standing[self.place : self.place + 1] = [fresh]
            refresh_cohort_dates(instance)
        instance.shown = self._cells(instance)

    def _write_session(self, cohort: Cohort, *, by: User | None) -> Session:
        if self.session is not None and cohort.state in changes.PUBLISHED:
            return self.plan.write_published(self.session, by=by, now=timezone.now())
        return self.plan.write(cohort, self.session)

    def after_import(self, dataset: object, result: Result, **kwargs: object) -> None:
        """Hard clashes of what was written are errors of their rows."""
        rows = {session: number for number, session in self.written}
        found = Session.objects.filter(pk__in=rows).select_related("cohort__training", "venue")
        sessions = list(found.prefetch_related(clashes.assignments()).order_by("pk"))
        meetings = [clashes.meeting_of(session, session.cohort) for session in sessions]
        for session, told in zip(sessions, clashes.find_clashes(meetings), strict=True):
            for clash in told:
                if clash.is_hard:
                    self._refuse(result, rows[session.pk], clash.sentence)

    def iter_queryset(self, queryset: QuerySet) -> Iterator[Cohort]:
        """Each cohort once per session, the plan of money with the first."""
        rows = queryset.select_related("training__programme").prefetch_related(
            Prefetch("sessions", _with_parts(Session.objects.order_by("starts_at", "pk"))),
            Prefetch("budget_lines", BudgetLine.objects.order_by("pk")),
        )
        for cohort in rows.iterator(chunk_size=PORTION):
            sessions = list(cohort.sessions.all())
            for number, session in enumerate(sessions or [None], 1):
                line = copy.copy(cohort)
                line.shown = _programme_cell(cohort)
                line.shown |= year_plan.shown_session(session, number) if session else {}
                line.shown |= year_plan.shown_budget(cohort) if number == 1 else {}
                yield line

    def _session_plan(self, row: dict) -> SessionPlan | None:
        starts, ends = (Moment().clean(row.get(f"sesi {word}")) for word in ("mulai", "selesai"))
        if bool(starts) != bool(ends):
            raise ValidationError("Isi kolom “sesi mulai” dan “sesi selesai” berdua.")
        if starts is None:
            return None
        if ends <= starts:
            raise ValidationError("Sesi harus selesai setelah mulai.")
        return SessionPlan(
            number=_number(row.get("sesi ke")),
            title=str(row.get("judul sesi") or "").strip(),
            starts_at=starts,
            ends_at=ends,
            venue=self.venues.clean(row.get("tempat")),
            link=str(row.get("tautan") or "").strip(),
            trainers=year_plan.trainers_named(str(row.get("pelatih") or ""), self.trainers_by_name),
        )

    def _find_session(self) -> tuple[int, Session | None]:
        """The session that the row means, by its number or else by its start, and its place."""
        count = len(self.standing)
        if self.plan is None:
            return count, None
        if self.plan.number is None:
            for place, session in enumerate(self.standing):
                if session.starts_at == self.plan.starts_at:
                    return place, session
            return count, None
        if not 1 <= self.plan.number <= count + 1:
            raise PlanError(
                f"Kolom “sesi ke” berisi {self.plan.number}, padahal baru ada {count} sesi."
            )
        place = self.plan.number - 1
        return place, self.standing[place] if place < count else None

    def _keep_what_is_not_told(self, row: dict) -> None:
        """Columns that the file does not have stay as they are."""
        if self.plan is None or self.session is None:
            return
        session, kept = self.session, {}
        if "judul sesi" not in row:
            kept["title"] = session.title
        if "tempat" not in row:
            kept["venue"] = session.venue
        if "tautan" not in row:
            kept["link"] = session.link
        if "pelatih" not in row:
            kept["trainers"] = tuple(line.trainer for line in session.assignments.all())
        self.plan = replace(self.plan, **kept)

    def _adopted_programme(self, cohort: Cohort, row: dict) -> Programme | None:
        """The programme that a training without one gets. Raises PlanError for another one."""
        programme = self.programmes.clean(row.get("program"))
        training = cohort.training if cohort.training_id else None
        if programme is None or training is None or training.programme_id == programme.pk:
            return None
        if training.programme_id is not None:
            raise PlanError(
                f"Pelatihan {training.slug} masuk program {training.programme}, bukan {programme}."
            )
        if lacking := money.lacking_for(training, programme):
            raise PlanError(
                f"Pagu {programme} kurang {format_rupiah(lacking)} untuk gelombang pelatihan "
                f"{training.slug} yang sudah dibuka. Tambah pagunya dahulu."
            )
        return programme

    def _cells(self, cohort: Cohort) -> dict[str, object]:
        """What stands now, for the page that shows before and after."""
        cells = _programme_cell(cohort) if cohort.training_id else {}
        if self.place < len(self.standing):
            session = self.standing[self.place]
            cells |= year_plan.shown_session(session, self.place + 1)
        if self.budget and cohort.pk:
            cells |= year_plan.shown_budget(cohort)
        return cells

    def _refuse(self, result: Result, number: int, sentence: str) -> None:
        error = Error(PlanError(sentence), row={}, number=number)
        result.rows[number - 1].errors.append(error)
        result.append_error_row(number, {}, [error])


def _with_parts(sessions: QuerySet) -> QuerySet:
    return sessions.select_related("venue").prefetch_related(clashes.assignments())


def _sessions(cohort: Cohort) -> QuerySet:
    return _with_parts(cohort.sessions.order_by("starts_at", "pk"))


def _programme_cell(cohort: Cohort) -> dict[str, object]:
    programme = cohort.training.programme
    return {"program": programme.slug if programme else ""}


def _facts(cohort: Cohort) -> tuple[object, ...]:
    """The columns of a cohort that a file may change."""
    return (
        *(cohort.training_id, cohort.number, cohort.mode, cohort.eligibility, cohort.seats),
        *(cohort.minimum, cohort.opens_at, cohort.closes_at, cohort.place_note),
        cohort.data_cost_mb,
    )


def _number(value: object) -> int | None:
    if value in (None, ""):
        return None
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        raise PlanError(f"Kolom “sesi ke” berisi “{value}”. Tulis angka, misalnya 1.") from None
