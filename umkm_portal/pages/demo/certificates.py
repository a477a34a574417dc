"""Certificates of the classes of the practice data that are over."""

from __future__ import annotations

from datetime import datetime, timedelta

from trainings.certificates.batches import request_batch, work_batch
from trainings.certificates.issuing import issue_certificates, missing
from trainings.certificates.wording import STANDARD
from trainings.models import CertificateKind, CertificateTemplate, Cohort
from umkm_portal.accounts.models import User
from umkm_portal.pages.demo import courses

SIGNER, OFFICE = "Ibu Contoh Kepala", "Kepala Dinas (contoh)"
FINISHED = CertificateKind.FINISHED
AFTER = timedelta(days=2)
"""Issued so long after the class: owners have heard of it, and no mailbox fills with the news."""


def certify_classes(*, staff: User, now: datetime) -> None:
    """Everybody who finished has a certificate; those of one class lie ready for the printer."""
    words = STANDARD[FINISHED] | {"signer_name": SIGNER, "signer_title": OFFICE}
    CertificateTemplate.objects.get_or_create(
        kind=FINISHED, organiser=None, programme=None, training=None, defaults=words
    )
    for cohort in Cohort.objects.filter(state=Cohort.State.FINISHED).order_by("pk"):
        if not missing(cohort, FINISHED).exists():
            continue
        issued_at = min(cohort.ends_at + AFTER, now) if cohort.ends_at else now
        issue_certificates(cohort, by=staff, now=issued_at)
        if cohort.code == courses.PAST:
            work_batch(request_batch(cohort, kind=FINISHED, by=staff, now=now).pk)
