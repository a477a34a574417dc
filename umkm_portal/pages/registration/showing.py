"""What every page of the registration shows: the chosen class, and the way back to it later."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from participants.models import Registration
from participants.registration import drafts
from trainings.models import Cohort
from trainings.schedule import Wave, in_words, wave
from umkm_portal.common import tokens

LINK = "registration"


def show(
    request: HttpRequest,
    name: str,
    *,
    draft: Registration | None,
    now: datetime,
    cohort_code: str = "",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """One page of the registration."""
    saved = len(draft.finished) if draft else 0
    context |= {
        "draft": draft,
        "chosen": chosen_wave(draft.cohort_code if draft else cohort_code, now=now),
        "resume": resume_words(draft) if draft and draft.verified_at else None,
        "saved": saved,
        "days": settings.REGISTRATION_DAYS,
    }
    return render(request, f"pages/registration/{name}.html", context, status=status)


def chosen_wave(code: str, *, now: datetime) -> Wave | None:
    """The class of a code in words, if everybody may see it."""
    row = in_words(Cohort.objects.public()).filter(code=code).first() if code else None
    return wave(row, now=now) if row else None


def resume_url(public_id: uuid.UUID) -> str:
    """The link that continues a draft after a code; it shows nothing by itself."""
    token = tokens.sign(LINK, public_id)
    return f"{settings.PORTAL_URL}{reverse('registration:resume', args=[token])}"


def resume_words(draft: Registration) -> dict[str, str]:
    """The link, where a code alone leads back, and where the link may be sent."""
    return {
        "url": resume_url(draft.public_id),
        "login": f"{urlsplit(settings.PORTAL_URL).netloc}{reverse('account_login')}",
        "contact": drafts.contact_of(draft).masked,
    }
