"""One line of the first page of the staff site."""

from __future__ import annotations

from typing import NamedTuple

from umkm_portal.common.bars import Bar


class Task(NamedTuple):
    """One thing to do: what, why, and the page where it is done."""

    title: str
    detail: str
    link: str
    verb: str
    tone: str = "yellow"
    bar: Bar | None = None
