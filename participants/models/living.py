"""Rows about a person are refused once her record was merged into another one.

A merge locks both records FOR UPDATE. Whoever adds a row about one of them meets that lock here
and waits, or is waited for: of the two, the later one sees what the earlier one did. The checks of
foreign keys would not do, as they run at the commit and ask only whether the record exists.
"""

from __future__ import annotations

import pgtrigger
from django.db import IntegrityError

REFUSAL = "person_was_merged"
"""Name of the constraint that a refusal tells, as an IntegrityError."""
NO_ACCOUNT = "participant_merged_has_no_account"
MERGED_STAYS = "participants.Participant:merged_stays"

_RAISE = f"""
    RAISE EXCEPTION 'the record of person % was merged into another one', {{pk}}
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{REFUSAL}',
              TABLE = TG_TABLE_NAME;
"""
_LOOK = """
    SELECT max(found.id) FILTER (WHERE found.status = 'merged') INTO merged FROM (
        SELECT person.id, person.status FROM participants_participant AS person
        WHERE person.id = ANY (ARRAY({people})) FOR KEY SHARE
    ) AS found;
    IF merged IS NOT NULL THEN {refusal} END IF;
    RETURN NULL;
"""
"""An array, so that only the index can serve it: bulk loads go through here 500 rows at a time."""


def of_living(column: str = "participant_id") -> list[pgtrigger.Trigger]:
    """Triggers that refuse new rows about merged people, and rows that change over to them."""
    refusal = _RAISE.format(pk="merged")
    declare = [("merged", "bigint")]
    return [
        pgtrigger.Trigger(
            name="of_living_insert",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="fresh"),
            declare=declare,
            func=_LOOK.format(people=f"SELECT DISTINCT {column} FROM fresh", refusal=refusal),  # noqa: S608
        ),
        pgtrigger.Trigger(
            name="of_living_update",
            level=pgtrigger.Row,
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition(f"OLD.{column} IS DISTINCT FROM NEW.{column}"),
            declare=declare,
            func=_LOOK.format(people=f"SELECT NEW.{column}", refusal=refusal),
        ),
    ]


def merged_stays() -> pgtrigger.Trigger:
    """Only an undo makes a living record of a merged one; a form with old values does not."""
    return pgtrigger.Trigger(
        name=MERGED_STAYS.split(":")[1],
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.status = 'merged' AND NEW.status = 'active'"),
        func=_RAISE.format(pk="OLD.id"),
    )


def is_refusal(error: IntegrityError) -> bool:
    """Whether a write failed because the person was merged in the meantime."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) in (REFUSAL, NO_ACCOUNT)
