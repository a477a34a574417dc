"""Which template counts for a training, and what of both is frozen when certificates are issued."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date

from django.db.models import F, Q

from trainings.attendance.closing import total_minutes
from trainings.certificates.papers import certificate_pdf, public_url
from trainings.certificates.wording import STANDARD, Frozen, Paper
from trainings.models import (
    CertificateEdition,
    CertificateKind,
    CertificateTemplate,
    Cohort,
    Training,
)
from umkm_portal.common import codes

_NOBODY = "Nama Peserta Pelatihan"
NUMBER_LENGTH = 12
"""11 random characters of 28: 53 bits, so a number is neither guessed nor met twice."""


def template_of(training: Training, kind: str) -> CertificateTemplate:
    """The template of the training, else of its programme, its organiser, or of everybody.

    Unsaved when none was ever written.
    """
    rows = CertificateTemplate.objects.filter(kind=kind).filter(
        Q(training=training)
        | Q(programme=training.programme_id, programme__isnull=False)
        | Q(organiser=training.organiser_id)
        | Q(training=None, programme=None, organiser=None)
    )
    nearest = (F("training").asc(nulls_last=True), F("programme").asc(nulls_last=True))
    found = rows.order_by(*nearest, F("organiser").asc(nulls_last=True), "pk").first()
    return found or standard_template(kind)


def standard_template(kind: str) -> CertificateTemplate:
    return CertificateTemplate(kind=kind, **STANDARD[CertificateKind(kind)])


def freeze(cohort: Cohort, *, kind: str) -> CertificateEdition:
    """What certificates of this cohort say from now on; the same words are one row."""
    training = Training.objects.select_related("organiser", "programme").get(pk=cohort.training_id)
    template = template_of(training, kind)
    frozen = _frozen(template, training, cohort)
    facts = asdict(frozen)
    told = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(told.encode()).hexdigest()
    known = CertificateEdition.objects.filter(cohort=cohort, digest=digest).first()
    if known:
        return known
    edition, _ = CertificateEdition.objects.get_or_create(
        cohort=cohort,
        digest=digest,
        defaults={
            "facts": facts,
            "template": template if template.pk else None,
            "pdf_size": len(_drawn(frozen)),
        },
    )
    return edition


def preview_pdf(template: CertificateTemplate, cohort: Cohort) -> bytes:
    """How a certificate would look, with a name nobody has and a number that proves nothing."""
    training = Training.objects.select_related("organiser", "programme").get(pk=cohort.training_id)
    return _drawn(_frozen(template, training, cohort))


def _drawn(frozen: Frozen) -> bytes:
    paper = Paper(
        frozen=frozen,
        number=codes.display("X" * NUMBER_LENGTH),
        name=_NOBODY,
        days=(date(2026, 1, 2),),
        minutes=frozen.total_minutes,
        issued_on=date(2026, 1, 3),
    )
    return certificate_pdf(paper, url=public_url(paper.number))


def _frozen(template: CertificateTemplate, training: Training, cohort: Cohort) -> Frozen:
    return Frozen(
        kind=template.kind,
        title=template.title,
        body=template.body,
        place=template.place,
        signer_name=template.signer_name,
        signer_title=template.signer_title,
        signer_nip=template.signer_nip,
        signature=template.signature_path,
        logo=template.logo_path,
        training=training.title,
        number=cohort.number,
        programme=training.programme.name if training.programme else "",
        organiser=training.organiser.name,
        lesson_minutes=template.lesson_minutes,
        total_minutes=total_minutes(cohort),
    )
