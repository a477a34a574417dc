"""Whose place in a class a link is about: the link of a message, or one made for a typed code."""

from __future__ import annotations

from trainings.models import Enrolment
from trainings.models.enrolments import EnrolmentQuerySet
from trainings.services import answers
from umkm_portal.common import tokens
from umkm_portal.messaging.models import Delivery


def enrolment_behind(token: str) -> tuple[Enrolment | None, str]:
    """The enrolment of a message's link or of a typed code, and through which of them.

    With its person; the pages read its cohort in words, with what belongs to it.
    """
    rows = Enrolment.objects.select_related("participant")
    try:
        public_id = tokens.unsign("answer", token)
    except tokens.BadToken:
        pass
    else:
        subject = Delivery.objects.filter(public_id=public_id).values("subject_id")
        return _one(rows.filter(pk__in=subject)), answers.VIA_LINK
    try:
        public_id = tokens.unsign("invitation", token)
    except tokens.BadToken:
        return None, ""
    return _one(rows.filter(public_id=public_id)), answers.VIA_CODE


def _one(rows: EnrolmentQuerySet) -> Enrolment | None:
    """The only row, or None; `first` would sort what needs no order."""
    return next(iter(rows), None)
