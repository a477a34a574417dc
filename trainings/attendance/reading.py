"""Whose ticket it is that a camera read or a hand typed: an address or a code."""

from __future__ import annotations

import re

from trainings.models import Cohort, Enrolment
from trainings.models.enrolments import EnrolmentQuerySet
from umkm_portal.common import codes, tokens

_TICKET = re.compile(r"/tiket/([A-Za-z0-9_-]{40})(?:[/?#]|$)")
_CODE = re.compile(r"(?=.*\d)[A-Z0-9]{8}")
_LENGTH = 8
LONGEST = 200


def enrolment_behind(text: str, *, cohort: Cohort) -> Enrolment | None:
    """The enrolment, of whatever cohort, or None when the text means nothing here.

    A person's own code (on her card) means her place in this cohort.
    """
    found = of_ticket(text)
    code = codes.normalise(text[:LONGEST])
    if found or not codes.is_valid(code):
        return found
    return places().filter(cohort=cohort, participant__code=code).first()


def of_ticket(text: str) -> Enrolment | None:
    """The enrolment of a ticket's address or code, of whatever cohort."""
    text = text.strip()[:LONGEST]
    if address := _TICKET.search(text):
        return _of_token(address[1])
    code = codes.normalise(text)
    return places().filter(short_code=code).first() if codes.is_valid(code) else None


def looks_like_ticket(text: str) -> bool:
    """Whether the text means a ticket, if perhaps a wrong one; anything else is a name."""
    code = codes.normalise(text)
    is_code = len(code) == _LENGTH and codes.is_valid(code)
    return "://" in text or is_code or _CODE.fullmatch(code) is not None


def places() -> EnrolmentQuerySet:
    """Enrolments with what a door needs to know of them."""
    return Enrolment.objects.select_related("participant", "cohort__training")


def _of_token(token: str) -> Enrolment | None:
    try:
        public_id = tokens.unsign("ticket", token)
    except tokens.BadToken:
        return None
    return places().filter(public_id=public_id).first()
