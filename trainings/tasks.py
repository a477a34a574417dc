"""Errands of the beat: ids in, one service call, a number out."""

from celery import shared_task
from django.utils import timezone

from trainings.aftermath import asking
from trainings.attendance import closing
from trainings.certificates import batches, telling
from trainings.models import CertificateBatch
from trainings.reminders import services as reminding
from trainings.services import advance, cancelling, carrying, changes, fallovers, forfeits
from umkm_portal.messaging import nudges


@shared_task
def advance_cohorts() -> int:
    """Deadlines, freed seats and next rounds of every cohort under way."""
    return advance.advance_cohorts(now=timezone.now())


@shared_task
def close_cohorts() -> int:
    """Cohorts whose last session is over: who came, who did not, who finished."""
    return closing.close_due(now=timezone.now())


@shared_task
def follow_changes() -> int:
    """What officers changed is carried out and told; absent people's seats go free.

    Whom news of her place, or a question after her class, did not reach gets it by her next
    channel.
    """
    now = timezone.now()
    return (
        cancelling.finish_cancellations(now=now)
        + changes.tell_changes(now=now)
        + forfeits.forfeit_due(now=now)
        + fallovers.follow_failures(now=now)
    )


@shared_task
def carry_lines() -> int:
    """Who waited for a wave that has begun waits for the next one."""
    return carrying.carry_due(now=timezone.now())


@shared_task
def remind(**future: object) -> int:
    """Reminders that are due before a class, and of invitations nobody answered."""
    return reminding.remind_due(now=timezone.now())["queued"]


@shared_task
def ask_after_class() -> int:
    """What was it like, why did you not come: of classes closed since the last time."""
    return asking.ask_due(now=timezone.now())


@shared_task
def write_certificates(*, batch_id: int, **future: object) -> int:
    """Issue and print one cohort's certificates; return the pages."""
    batch = batches.work_batch(batch_id)
    return batch.printed if batch else 0


@shared_task
def sweep_certificates(**future: object) -> int:
    """Nudge every batch of certificates that waits with nobody at it; return how many."""
    waiting = list(CertificateBatch.objects.waiting(now=timezone.now()).order_by("pk")[:100])
    for batch in waiting:
        nudges.now(batches.TASK, batch_id=batch.pk)
    return len(waiting)


@shared_task
def tell_certificates(**future: object) -> int:
    """Tell owners of certificates that were issued since the last time; return how many."""
    return telling.tell_due(now=timezone.now())
