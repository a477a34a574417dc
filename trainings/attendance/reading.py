"""Whose ticket it is that a camera read or a hand typed: an address, a ticket's or a person's code."""

from __future__ import annotations

import re

from trainings.models import Cohort, Enrolment
from trainings.models.enrolments import EnrolmentQuerySet
from umkm_portal.common import codes, tokens

_TICKET = re.compile(r"/tiket/([A-Za-z0-9_-]{40})(?:[/?#]|$)")
LONGEST = 200


def enrolment_behind(text: str, *, cohort: Cohort) -> Enrolment | None:
    """The enrolment, of whatever cohort, or None when the text means nothing here.

    A person's own code (on her card) means her place in this cohort.
    """
    text = text.strip()[:LONGEST]
    if address := _TICKET.search(text):
        return _of_token(address[1])
    code = codes.normalise(text)
    if not codes.is_valid(code):
        return None
    by_ticket = places().filter(short_code=code).first()
    return by_ticket or places().filter(cohort=cohort, participant__code=code).first()


def places() -> EnrolmentQuerySet:
    """Enrolments with what a door needs to know of them."""
    return Enrolment.objects.select_related("participant", "cohort__training")


def _of_token(token: str) -> Enrolment | None:
    try:
        public_id = tokens.unsign("ticket", token)
    except tokens.BadToken:
        return None
    return places().filter(public_id=public_id).first()
