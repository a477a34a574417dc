"""Rows below a form that say what clashes before they are saved, and what may be saved anyway."""

from django import forms
from django.forms.models import BaseInlineFormSet

from trainings.models import Assignment, Cohort, Trainer, Venue
from trainings.planning import clashes, money
from trainings.planning.clashes import Clash, Kind
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.staff_admin import NamedCells

IGNORE = "ignore_clashes"
"""The box “Simpan walau bentrok”."""


class ClashFormSet(BaseInlineFormSet):
    """Refuses once, with what `find_clashes` of the rows gives; hard clashes always."""

    clashes = ()

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        self.clashes = list(dict.fromkeys(self.find_clashes()))
        is_accepted = IGNORE in self.data and not any(clash.is_hard for clash in self.clashes)
        if self.clashes and not is_accepted:
            raise forms.ValidationError("Ada yang bentrok. Lihat daftarnya di atas.")

    @property
    def kept(self):
        """(form, values) of the rows that will stand after saving."""
        rows = [(form, form.cleaned_data) for form in self.forms if form.cleaned_data]
        return [(form, values) for form, values in rows if not values.get("DELETE")]


class SessionFormSet(ClashFormSet):
    """Sessions of a cohort against everything else that is planned."""

    def find_clashes(self):
        cohort = self.instance
        if cohort.seats is None or cohort.mode == "" or cohort.training_id is None:
            return []  # the form above has its own errors
        kept = [(form, values) for form, values in self.kept if values.get("starts_at")]
        gone = [form.instance.pk for form in self.deleted_forms if form.instance.pk]
        self._lock_places(kept)
        declined = self._declined()
        meetings = [self._meeting(form, values, declined) for form, values in kept]
        found = clashes.find_clashes(meetings, without=gone)
        needs_more = self._needs_more_places()
        return [
            clash
            for (form, _), told in zip(kept, found, strict=True)
            for clash in told
            if form.has_changed() or (needs_more and clash.kind == Kind.CAPACITY)
        ]

    def _meeting(self, form, values, declined):
        cohort = self.instance
        teachers = [
            trainer
            for trainer in values.get("teachers") or ()
            if (form.instance.pk, trainer.pk) not in declined
        ]
        return clashes.Meeting(
            starts_at=values["starts_at"],
            ends_at=values["ends_at"],
            seats=cohort.seats,
            label=clashes.name_of(cohort),
            is_online=cohort.mode == Cohort.Mode.ONLINE,
            venue=values.get("venue"),
            trainers=tuple(teachers),
            link=values.get("link") or "",
            pk=form.instance.pk,
        )

    def _lock_places(self, kept):
        """Two officers who want one room or trainer at once are answered one after the other."""
        venues = {values["venue"].pk for _, values in kept if values.get("venue")}
        trainers = {row.pk for _, values in kept for row in values.get("teachers") or ()}
        for model, keys in ((Venue, venues), (Trainer, trainers)):
            rows = model.objects.filter(pk__in=keys).order_by("pk")
            list(rows.select_for_update(no_key=True).values_list("pk"))

    def _declined(self):
        said_no = Assignment.objects.filter(
            session__cohort=self.instance.pk, state=Assignment.State.DECLINED
        )
        return set(said_no.values_list("session", "trainer"))

    def _needs_more_places(self):
        """Whether the form asks for more seats than stand, or for another way of meeting."""
        before = Cohort.objects.filter(pk=self.instance.pk).values_list("seats", "mode").first()
        return before is not None and (
            self.instance.seats > before[0] or self.instance.mode != before[1]
        )


class ChangedCells(BaseInlineFormSet):
    """Writes what the officer changed and nothing else: the rest may have moved on meanwhile."""

    def save_existing(self, form, obj, commit=True):
        row = form.save(commit=False)
        if commit:
            row.save(update_fields=form.changed_data)
        return row


class MoneyFormSet(ChangedCells, ClashFormSet, NamedCells):
    """Budget lines against the ceiling of the programme, whose row is locked meanwhile."""

    def find_clashes(self):
        if not self.concerns_money():
            return []
        programme = self.lock()
        room = self.room(programme)
        wanted = self._unseen() + sum(
            max(values["planned"], values["committed"] + values["spent"]) for _, values in self.kept
        )
        if room is None or wanted <= room:
            return []
        is_claiming = self.is_claiming()
        if is_claiming and wanted <= self.claimed_before():
            return []  # an old overrun that does not grow
        return [
            Clash(
                Kind.BUDGET,
                f"Anggaran {format_rupiah(wanted)} melebihi sisa pagu {programme}, "
                f"{format_rupiah(max(room, 0))}. Kurangi rencana atau ubah pagu program.",
                is_hard=is_claiming,
            )
        ]

    def claimed_before(self):
        return _claims(self.instance.budget_lines.all()) if self.instance.pk else 0

    def _unseen(self):
        """What lines claim that were added since the page was opened."""
        if not self.instance.pk:
            return 0
        seen = [form.instance.pk for form in self.forms if form.instance.pk]
        return _claims(self.instance.budget_lines.exclude(pk__in=seen))


class CohortMoneyFormSet(MoneyFormSet):
    """The lines of a cohort, in the programme that its training belongs to."""

    def concerns_money(self):
        return self.instance.training_id is not None and (self.has_changed() or self._moves())

    def lock(self):
        """The training is locked, too: it stays in this programme until these lines are saved."""
        return money.lock_programme_of(self.instance.training_id)

    def room(self, programme):
        return money.room_of(programme, without=self.instance.pk)

    def is_claiming(self):
        """By the form, or because somebody opened the cohort since the form was read."""
        return {self.instance.state, self._written("state")} & {*money.CLAIMING} != set()

    def claimed_before(self):
        return 0 if self._moves() else super().claimed_before()

    def _moves(self):
        """Whether the form takes the cohort, with its money, to another training."""
        return self._written("training") not in (None, self.instance.training_id)

    def _written(self, name):
        return Cohort.objects.filter(pk=self.instance.pk).values_list(name, flat=True).first()


class ProgrammeMoneyFormSet(MoneyFormSet):
    """The lines of the programme itself; a new programme has nothing else yet."""

    def concerns_money(self):
        return self.instance.pk is not None and self.has_changed()

    def lock(self):
        return money.lock_programme(self.instance.pk)

    def room(self, programme):
        if self.instance.budget is None:
            return None
        everything = money.programme_money([programme.pk]).get(programme.pk, money.Money())
        return self.instance.budget - (everything.claimed - self.claimed_before())

    def is_claiming(self):
        return True


def _claims(lines):
    return sum(max(line.planned, line.committed + line.spent) for line in lines)


def clashes_on(context):
    """The clashes of all rows of a form that is shown again, and whether they may be saved."""
    formsets = [inline.formset for inline in context.get("inline_admin_formsets", ())]
    found = [clash for formset in formsets for clash in getattr(formset, "clashes", ())]
    return {"clashes": found, "may_ignore": not any(clash.is_hard for clash in found)}
