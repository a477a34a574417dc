"""Owners hear that their certificates are there: one campaign for all of a cohort at once.

What a campaign has told is read from its audience: whoever stands in one that began after her
certificate was issued has heard of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from participants.models import Participant
from trainings import after_messages, ways
from trainings.models import (
    Certificate,
    CertificateBatch,
    CertificateKind,
    CertificateQuerySet,
    Cohort,
)
from trainings.services import seats
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import AudienceMember, Campaign

QUIET = timedelta(minutes=1)
"""So long nothing is issued in a cohort before its people hear: what belongs together goes out
together, and a slip that is mended at once is never told."""
TOLD_WITHIN = timedelta(days=7)
"""Nobody hears now of a certificate that was issued longer ago."""
_HEADINGS = {"new": "Sertifikat terbit", "again": "Sertifikat diganti"}
_NEWS = {
    "new": "(jenis) Anda sudah terbit.",
    "again": "(jenis) Anda terbit sebagai pengganti nomor (nomor lama), yang tidak berlaku lagi.",
}


def tell_due(*, now: datetime) -> int:
    """Tell the owners in every cohort where nothing is being issued; return how many people."""
    at_work = CertificateBatch.objects.filter(state__in=CertificateBatch.OPEN)
    waiting = untold(now=now).exclude(enrolment__cohort__in=at_work.values("cohort"))
    cohorts = waiting.order_by().values("enrolment__cohort").annotate(last=Max("issued_at"))
    resting = cohorts.filter(last__lte=now - QUIET).order_by("enrolment__cohort")
    told = (_tell(row["enrolment__cohort"], now=now) for row in resting)
    return sum(campaign.audience_count for campaign in told if campaign)


def untold(*, now: datetime) -> CertificateQuerySet:
    """Valid certificates issued lately of which their owners have not heard."""
    heard = AudienceMember.objects.filter(
        campaign__kind=after_messages.CERTIFICATE.name,
        campaign__created_at__gte=OuterRef("issued_at"),
        subject_id=OuterRef("enrolment"),
    )
    return Certificate.objects.printable().filter(
        ~Exists(heard),
        issued_at__gt=now - TOLD_WITHIN,
        issued_at__lte=now,
        enrolment__participant__status=Participant.Status.ACTIVE,
    )


@transaction.atomic
def _tell(cohort_id: int, *, now: datetime) -> Campaign | None:
    """One message to each; None when another process told them in this instant."""
    cohort = seats.lock(cohort_id)
    rows = untold(now=now).filter(enrolment__cohort=cohort).order_by("pk")
    people = dict(rows.values_list("enrolment__participant", "enrolment"))
    if not people:
        return None
    campaign = _draft(cohort, now=now)
    AudienceMember.objects.bulk_create(
        (
            AudienceMember(campaign=campaign, position=place, recipient_key=key, subject_id=seat)
            for place, (key, seat) in enumerate(people.items(), 1)
        ),
        batch_size=1000,
    )
    campaign = messaging.approve_campaign(campaign, actor=None, now=now)
    return messaging.start_campaign(campaign, now=now)


def _draft(cohort: Cohort, *, now: datetime) -> Campaign:
    return messaging.create_campaign(
        after_messages.CERTIFICATE,
        subject_id=cohort.pk,
        title=f"Sertifikat {cohort.training.title}, gelombang {cohort.number}",
        actor=None,
        now=now,
        channels=ways.open_channels(after_messages.CERTIFICATE),
        options={
            after_messages.TITLES: dict(CertificateKind.choices),
            after_messages.HEADINGS: _HEADINGS,
            after_messages.NEWS: _NEWS,
        },
    )
