"""Days pass in a story whose workers are real: what is written moves into the past.

A worker in another process looks at the true clock, so `now` cannot be passed to it.
"""

from django.db import connection

_TIMES = {
    "trainings_cohort": ("opens_at", "closes_at", "starts_at", "ends_at"),
    "trainings_session": ("starts_at", "ends_at"),
    "trainings_invitationround": ("created_at", "deadline_at", "closed_at", "next_check_at"),
    "trainings_enrolment": ("created_at", "changed_at", "answered_at", "answer_by"),
    "trainings_enrolmentevent": ("happened_at",),
    "trainings_attendance": ("came_at", "left_at", "changed_at"),
    "trainings_attendancemark": ("happened_at", "received_at"),
    "trainings_offer": ("created_at", "deadline_at", "closed_at"),
    "trainings_reminderturn": ("starts_at", "due_at", "expires_at"),
    "messaging_campaign": (
        *("not_before", "not_after", "created_at", "approved_at"),
        *("starts_at", "started_at", "finished_at"),
    ),
}


def let_pass(time):
    """So much time goes by, and nobody does anything in it."""
    with connection.cursor() as cursor:
        for table, columns in _TIMES.items():
            moved = ", ".join(f"{name} = {name} - %(time)s" for name in columns)
            cursor.execute(f"UPDATE {table} SET {moved}", {"time": time})
