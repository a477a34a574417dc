"""What kinds of lists can come in; the apps that own the rows register theirs when they start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from django.db.backends.utils import CursorWrapper

from umkm_portal.accounts.models import User
from umkm_portal.common.spreadsheets import Cell
from umkm_portal.imports.models import ImportFile, ImportRow

Problem = dict[str, object]
"""`{column, message, repair}` in Indonesian, and `warning: True` where the row goes on."""


@dataclass(frozen=True)
class Column:
    """A column of a list: `label` heads it in files of ours, `aliases` are other headings.

    `pattern` is what its cells look like (regular expression, any case), where that tells them
    from those of other columns: for lists that come without headings.
    """

    key: str
    label: str
    aliases: tuple[str, ...] = ()
    is_required: bool = False
    is_private: bool = False
    example: str = ""
    pattern: str = ""


SHEET = ""
"""The key under which the labels of columns name the sheet that they stand in."""


class Cleaned(NamedTuple):
    """A row as it will be written; `key` tells two rows about the same person or thing."""

    key: str
    values: dict[str, object]
    problems: list[Problem]


class PolicyField(NamedTuple):
    """A field whose known value a file may keep, overwrite, or bring to review."""

    key: str
    label: str


class Difference(NamedTuple):
    """One field of a waiting row beside what is known; both may be empty."""

    label: str
    in_file: str
    known: str


class Comparison(NamedTuple):
    """A waiting row beside the record that it met, and what may be decided about it."""

    title: str
    target: str
    differences: list[Difference]
    choices: tuple[str, ...]


class Found(NamedTuple):
    """A record that a person typed: its id, and how she recognises it."""

    pk: int
    label: str


class Reader(Protocol):
    """Cleans the rows of one file, in the process that reads it."""

    def for_sheet(
        self, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> Callable[[Sequence[Cell]], Cleaned]:
        """Return what cleans one row; `places` gives the cell of a column key, `labels` the
        heading that the file gives it, and under `SHEET` the name of the sheet."""

    def refusal(self) -> str:
        """The sentence that refuses the whole file after its last row, or ''."""


@dataclass(frozen=True)
class Profile:
    """One kind of list and what is done with it.

    `check_slice` and `apply_slice` get a cursor inside a transaction, the file, and the staged rows
    after `first` up to `last`; they set `action`, `target_id` and problems of staged rows, and
    `apply_slice` writes the register. Both work on many rows by each statement.
    """

    slug: str
    label: str
    columns: tuple[Column, ...]
    make_reader: Callable[[ImportFile], Reader]
    check_slice: Callable[[CursorWrapper, ImportFile, int, int], None]
    apply_slice: Callable[[CursorWrapper, ImportFile, int, int], None]
    needs_one_of: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    """Keys of clean values that differ each time the same cells are read (ciphertext)."""
    typed_instead: Mapping[str, str] = field(default_factory=dict)
    """Columns that nobody is asked to type (a NIK), and what a repair asks for in their place."""
    hint: str = ""
    """One sentence on what the list is for, beside its template."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What the SQL of this kind of list needs to know."""
    policy_fields: tuple[PolicyField, ...] = ()
    policies: Mapping[str, str] = field(default_factory=dict)
    """The policy of each field, where it is not to overwrite (ImportFile.Policy)."""
    choices_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What may be decided about a row that waits, by the reason it waits for."""
    compare: Callable[[Sequence[ImportRow]], Mapping[int, Comparison]] | None = None
    """Each waiting row beside the record it met, by row_no; the same queries for any number."""
    find_target: Callable[[str, User], Found | None] | None = None
    """The record that a person typed to link a row to, if she may see it."""
    undo_slice: Callable[[CursorWrapper, ImportFile, int, int], tuple[int, int]] | None = None
    """Takes back what a slice wrote; returns how many rows were taken back, and how many stay."""
    also_missing: Callable[[ImportFile, str, Iterable[str]], list[str]] | None = None
    """What a sheet with these column keys lacks besides: the file, the name of the sheet."""
    same_says: str = "isinya sama"
    differ_says: str = "isinya berbeda"
    """How two rows about one person are told apart, in the sentence that refuses one or both."""
    is_for_staff: bool = True
    """Whether staff upload such lists in their pages; others have pages of their own."""
    page: str = "admin:imports_importfile_change"
    """The name of the address where its uploader looks at a file (by its key)."""
    needs_organisation: bool = False
    goals_label: str = ""
    goals: Callable[[User], list[tuple[str, str]]] | None = None
    """What the rows are for besides the register (value, label), where that has to be chosen."""
    after_apply: Callable[[ImportFile], str] | None = None
    """What follows once all rows are in; returns the sentence for the receipt. May repeat."""
    after_stop: Callable[[ImportFile], None] | None = None
    """What follows when the storing of an accepted file was given up or cancelled. May repeat."""

    by_key: dict[str, Column] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_key.update({column.key: column for column in self.columns})

    def header_words(self) -> list[str]:
        """All headings that tell a header row."""
        return [word for column in self.columns for word in (column.label, *column.aliases)]

    def policy_of(self, key: str, chosen: Mapping[str, str]) -> str:
        """What a value of the file does to another one that is known."""
        return chosen.get(key) or self.policies.get(key, ImportFile.Policy.OVERWRITE.value)

    def missing(self, keys: Iterable[str]) -> list[str]:
        """What a file with these columns lacks, as headings to read out."""
        present = set(keys)
        lacking = [c.label for c in self.columns if c.is_required and c.key not in present]
        if self.needs_one_of and not present & set(self.needs_one_of):
            lacking.append(" atau ".join(self.by_key[key].label for key in self.needs_one_of))
        return lacking

    def missing_in(self, file: ImportFile, sheet: str, keys: Iterable[str]) -> list[str]:
        """What a sheet of this file lacks, as headings to read out."""
        present = [*keys]
        lacking = self.missing(present)
        return lacking + (self.also_missing(file, sheet, present) if self.also_missing else [])


_profiles: dict[str, Profile] = {}


def register(profile: Profile) -> None:
    """Offer a kind of list; called from `AppConfig.ready`."""
    _profiles[profile.slug] = profile


def get(slug: str) -> Profile:
    return _profiles[slug]


def all_profiles() -> list[Profile]:
    return list(_profiles.values())


def for_staff() -> list[Profile]:
    """Kinds of lists that staff upload in their pages."""
    return [profile for profile in _profiles.values() if profile.is_for_staff]


def choices() -> list[tuple[str, str]]:
    return [(profile.slug, profile.label) for profile in _profiles.values()]
