"""Which registration this browser is on, and whether it has proved the contact of it.

Answers are shown to nobody before a code was typed here.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.http import HttpRequest

from participants.contacts import Contact, ContactError, parse_contact
from participants.models import Registration

KEY = "registration"


def current(request: HttpRequest, *, now: datetime) -> Registration | None:
    """The registration of this browser, sent or still open; None when it is gone."""
    public_id = _kept(request).get("draft")
    row = Registration.objects.filter(public_id=public_id).first() if public_id else None
    if row is None or (row.state == Registration.State.OPEN and row.expires_at <= now):
        return None
    return row


def is_proved(request: HttpRequest) -> bool:
    return bool(_kept(request).get("proved"))


def pending_contact(request: HttpRequest) -> Contact | None:
    """The contact to which this browser has asked for a code."""
    return _contact(request, "contact")


def cohort_code(request: HttpRequest) -> str:
    """The class that was tapped on before anything was told."""
    return _kept(request).get("cohort", "")


def choose_cohort(request: HttpRequest, code: str) -> None:
    _keep(request, cohort=code)


def is_typed(request: HttpRequest) -> bool:
    """Whether the contact was typed in this browser, so that it may be shown here."""
    return bool(_kept(request).get("typed"))


def ask(request: HttpRequest, public_id: uuid.UUID, contact: Contact, *, is_typed: bool) -> None:
    """Remember what the code that goes out now is about; what was proved before stays so."""
    same = _kept(request).get("draft") == str(public_id)
    _keep(
        request,
        draft=str(public_id),
        contact=contact.value,
        typed=is_typed,
        proved=same and is_proved(request),
    )


def open_draft(request: HttpRequest, draft: Registration) -> None:
    """The contact of this draft was proved in this browser."""
    _keep(
        request,
        draft=str(draft.public_id),
        contact="",
        proved=True,
        cohort="",
        reached=draft.contact,
    )


def reach(request: HttpRequest, contact: Contact) -> None:
    """This contact was proved here, whatever registration it belongs to."""
    _keep(request, reached=contact.value)


def reached(request: HttpRequest) -> Contact | None:
    """The contact that was proved here last."""
    return _contact(request, "reached")


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def _contact(request: HttpRequest, name: str) -> Contact | None:
    try:
        return parse_contact(_kept(request).get(name, ""))
    except ContactError:
        return None


def _kept(request: HttpRequest) -> dict[str, str]:
    return request.session.get(KEY, {})


def _keep(request: HttpRequest, **facts: object) -> None:
    request.session[KEY] = {**_kept(request), **facts}
