"""A short answer sent back to an invitation: the same yes and no as behind its link."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from trainings import messages
from trainings.models import Cohort, Enrolment
from trainings.services import answers
from umkm_portal.accounts.models import User
from umkm_portal.messaging.models import Reply
from umkm_portal.messaging.replies import Question, Recorded, ReplyHandler

_ASKED = (Enrolment.State.INVITED, Enrolment.State.OFFERED)


def open_questions(recipient_keys: Collection[int], *, now: datetime) -> list[Question]:
    """Invitations and offers of these people that nobody has answered; one query."""
    rows = Enrolment.objects.filter(
        participant__in=recipient_keys,
        state__in=_ASKED,
        cohort__state=Cohort.State.OPEN,
        cohort__starts_at__gt=now,
    ).select_related("cohort__training", "participant")
    return [
        Question(
            messages.INVITATION.name,
            row.participant_id,
            row.pk,
            f"{row.participant.full_name}: {row.cohort.training.title}, gelombang "
            f"{row.cohort.number}",
            row.changed_at,
        )
        for row in rows.order_by("-pk")
    ]


def take(
    subject_id: int, word: Reply.Word, *, now: datetime, actor_id: int | None = None
) -> Recorded:
    """Record a yes or a no; the sentence says what it brought, or why it could not be taken."""
    enrolment = Enrolment.objects.select_related("cohort__training", "participant__region").get(
        pk=subject_id
    )
    actor = User.objects.filter(pk=actor_id).first() if actor_id else None
    via = answers.VIA_WHATSAPP
    try:
        if word == Reply.Word.YES:
            enrolment = answers.accept(enrolment, now=now, via=via, actor=actor)
        else:
            enrolment = answers.decline(enrolment, reason="", now=now, via=via, actor=actor)
    except answers.AnswerRefused as refusal:
        return Recorded(False, str(refusal))
    enrolment.refresh_from_db(fields=["state"])
    where = f"{enrolment.cohort.training.title}, gelombang {enrolment.cohort.number}"
    return Recorded(True, f"{enrolment.get_state_display()}: {where}.")


HANDLER = ReplyHandler(open_questions=open_questions, answer=take)
