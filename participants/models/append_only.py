"""Rows that are only ever added: the database itself refuses to change or drop them."""

from __future__ import annotations

import pgtrigger


def append_only(*facts: str) -> list[pgtrigger.Protect]:
    """Triggers that forbid deleting a row and changing any of its `facts`.

    A merge moves such rows and an erasure blanks them inside
    `pgtrigger.ignore("participants.<Model>:append_only_update")`.
    """
    return [
        pgtrigger.Protect(
            name="append_only_update",
            operation=pgtrigger.Update,
            condition=pgtrigger.AnyChange(*facts),
        ),
        pgtrigger.Protect(name="append_only_delete", operation=pgtrigger.Delete),
    ]
