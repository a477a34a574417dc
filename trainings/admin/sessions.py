"""Saving the sessions of a cohort: those of a plan as they are, those people know as a change."""

from django.contrib import messages
from django.utils import timezone

from trainings.services import changes

TOLD_FIELDS = {"starts_at", "ends_at", "venue", "link"}
"""What people were told; a title or a trainer changes without a message."""


def save_sessions(request, formset, *, was_published):
    """Save the formset; what people of a published cohort were told changes by the service."""
    if not was_published:
        formset.save()
        return
    now = timezone.now()
    rows = formset.save(commit=False)
    known = {row.pk for row, _ in formset.changed_objects}
    is_changed = False
    for row in formset.deleted_objects:
        is_changed |= _try(request, changes.cancel_session, row, by=request.user, now=now)
    for row in rows:
        if row.pk in known:
            is_changed |= _move(request, row, now=now)
        else:
            row.save()
            changes.add_session(row, by=request.user, now=now)
            is_changed = True
    formset.save_m2m()
    if is_changed:
        minutes = int(changes.QUIET.total_seconds() // 60)
        messages.info(
            request,
            f"Perubahan jadwal dikabarkan sekali kepada pemegang kursi, {minutes} menit setelah "
            "perubahan terakhir.",
        )


def _move(request, row, *, now):
    """Change time, place or link by the service; the title is the officer's own."""
    type(row).objects.filter(pk=row.pk).update(title=row.title)
    facts = {name: getattr(row, name) for name in TOLD_FIELDS}
    return _try(request, changes.move_session, row, **facts, by=request.user, now=now)


def _try(request, change, row, **facts):
    try:
        return change(row, **facts)
    except changes.ChangeRefused as refusal:
        messages.error(request, str(refusal))
        return False
