"""Words that curators write for what they decided."""

from __future__ import annotations

import re
from typing import NamedTuple

from partners.models.lists import Outcome

_WORDS = {
    Outcome.PASSED: (
        *("lolos", "l", "ya", "y", "iya", "ok", "oke", "okay", "v", "✓", "✔", "✅", "☑", "√"),
        *("lulus", "lolos kurasi", "lolos seleksi", "diterima", "terima", "terpilih", "acc"),
        *("disetujui", "setuju", "layak", "memenuhi", "memenuhi syarat", "sesuai", "berhasil"),
        *("approved", "approve", "accepted", "accept", "pass", "passed", "yes", "selected"),
        *("qualified", "eligible", "true", "1"),
    ),
    Outcome.FAILED: (
        *("tidak lolos", "tdk lolos", "tak lolos", "tl", "tidak", "tdk", "t", "n", "no", "x"),
        *("✗", "✘", "✕", "✖", "×", "❌", "☒", "belum lolos", "gagal", "gugur", "ditolak", "tolak"),
        *("tidak lulus", "tidak diterima", "tidak terpilih", "tidak layak", "tidak sesuai"),
        *("tidak memenuhi", "tidak memenuhi syarat", "tidak disetujui", "tidak lolos kurasi"),
        *("rejected", "reject", "declined", "fail", "failed", "not approved", "not passed"),
        *("not accepted", "not selected", "not qualified", "not eligible", "false", "0"),
        *("unqualified", "ineligible", "disqualified", "diskualifikasi"),
    ),
    Outcome.RESERVE: (
        *("cadangan", "cad", "daftar cadangan", "daftar tunggu", "waiting list", "waitlist"),
        *("waitlisted", "reserve", "reserved", "backup", "standby"),
    ),
    Outcome.IMPROVE: (
        *("perbaikan", "perlu perbaikan", "perlu diperbaiki", "diperbaiki", "perbaiki"),
        *("revisi", "perlu revisi", "revise", "revision", "needs revision", "needs improvement"),
        *("improve", "lengkapi", "belum lengkap", "perlu dilengkapi", "perlu melengkapi"),
    ),
}
_OUTCOMES = {word: outcome for outcome, words in _WORDS.items() for word in words}
_SHEETS = {
    Outcome.PASSED: ("lolos", "lulus", "diterima", "terpilih", "approved", "passed", "accepted"),
    Outcome.RESERVE: ("cadangan", "daftar tunggu", "waiting list", "waitlist"),
    Outcome.IMPROVE: ("perbaikan", "revisi", "perlu perbaikan"),
    Outcome.FAILED: ("ditolak", "gugur", "rejected", "failed", "gagal"),
}
_NOT = re.compile(r"\b(?:tidak|tdk|tak|belum|non|not|un)[ -]*(?:lolos|lulus|diterima|approved)\b")
_SPLIT = re.compile(r"\s*[:(;,–—/]\s*|\s+-\s+|\s+karena\s+", re.I)
_TIDY = re.compile(r"[\s_]+")
_GRADE = re.compile(r"(?:(?:grade|nilai|kelas)\s*:?\s*)?([a-d])", re.I)
_NOT_WORD = re.compile(r"[^\w ]+")
_RANK = re.compile(r"\s*(?:ke[ -]?)?\d{1,3}$")
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d+)?")
_PLAIN_NO = frozenset(("tidak", "tdk", "t", "n", "no", "false", "0"))
CROSSES = frozenset("x×")
"""Marks that some write for `yes` and others for `no`."""


class Read(NamedTuple):
    """What a cell decides, why (the words after the decision), and whether it is a bare cross."""

    outcome: str
    reason: str = ""
    is_cross: bool = False


def read_outcome(text: str) -> Read:
    """Return what the cell decides; raise ValueError in Indonesian when that is not clear.

    `Tidak lolos: foto buram` decides, and gives the reason.
    """
    word = _tidy(text)
    if outcome := _OUTCOMES.get(word):
        return Read(outcome.value, is_cross=word in CROSSES)
    head, *tail = _SPLIT.split(text.strip(), maxsplit=1)
    outcome = _OUTCOMES.get(_tidy(head)) or _reserve(head)
    reason = tail[0].strip(" .)(") if tail else ""
    if outcome is None or len(_tidy(head)) < 2 or _says_otherwise(outcome, reason):
        raise ValueError(f"Hasil “{text.strip()[:40]}” belum jelas.")
    return Read(outcome.value, "" if _is_grade(reason) else reason)


def read_mark(text: str, *, column: str) -> Read:
    """Return what a mark in the column `passed_mark` or `failed_mark` decides; '' for nothing.

    Below `Lolos` a word for no decides as well; below `Tidak lolos` it only leaves the mark away.
    """
    word = _tidy(text)
    outcome, is_cross = _OUTCOMES.get(word), word in CROSSES
    if outcome not in (Outcome.PASSED, Outcome.FAILED):
        raise ValueError(f"Tanda “{text.strip()[:40]}” belum jelas.")
    if column == "passed_mark":
        return Read(outcome.value, is_cross=is_cross)
    return Read("" if word in _PLAIN_NO else Outcome.FAILED.value)


def read_grade(text: str) -> str:
    """Return A to D, or '' for a number of points; raise ValueError for anything else."""
    found = _GRADE.fullmatch(text.strip())
    if found:
        return found[1].upper()
    if _NUMBER.fullmatch(text.strip()):
        return ""
    raise ValueError(f"Grade “{text.strip()[:20]}” bukan A, B, C, atau D.")


def outcome_of_sheet(name: str) -> str:
    """Return what the name of a sheet decides for all its rows (`Tidak Lolos`), or ''."""
    text = _tidy(name)
    if _NOT.search(text):
        return Outcome.FAILED.value
    words = f" {re.sub(r'[^a-z ]+', ' ', text)} "
    found = {
        outcome.value
        for outcome, names in _SHEETS.items()
        if any(f" {known} " in words for known in names)
    }
    return found.pop() if len(found) == 1 else ""


def _tidy(text: str) -> str:
    return _TIDY.sub(" ", text.strip(" .!*'\"\ufe0f").lower())


def _reserve(text: str) -> Outcome | None:
    """The reserve, where its place in the row follows: `Cadangan 3`."""
    found = _OUTCOMES.get(_RANK.sub("", _tidy(text)))
    return found if found == Outcome.RESERVE else None


def _is_grade(text: str) -> bool:
    return _GRADE.fullmatch(text) is not None


def _says_otherwise(outcome: Outcome, reason: str) -> bool:
    """Whether the words after a decision are another one: `Lolos, perlu perbaikan`."""
    said = _tidy(_NOT_WORD.sub(" ", reason))
    if outcome != Outcome.PASSED:
        return said in _OUTCOMES or "lolos" in said.split()
    others = (word for word, other in _OUTCOMES.items() if other != outcome and len(word) > 3)
    return any(f" {word} " in f" {said} " for word in others)
