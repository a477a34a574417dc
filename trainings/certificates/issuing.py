"""Who gets a certificate, and giving it: all at once, one anew, one taken back.

Issuing is set-based and repeatable: who has one already is left out, and of two writers at once
the database lets one through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from participants.models import Participant
from trainings.attendance.closing import LENGTH, MINUTES
from trainings.certificates.editions import NUMBER_LENGTH, freeze
from trainings.models import (
    Certificate,
    CertificateBatch,
    CertificateEdition,
    CertificateKind,
    CertificateQuerySet,
    Cohort,
    Enrolment,
)
from umkm_portal.accounts.models import User
from umkm_portal.common.codes import new_code

State = Enrolment.State
EARNED_BY = {
    CertificateKind.FINISHED: (State.COMPLETED,),
    CertificateKind.ATTENDED: (State.ATTENDED,),
}
"""The states of a place that earn a certificate of a kind."""
KEPT_BY = {
    CertificateKind.FINISHED: (State.COMPLETED,),
    CertificateKind.ATTENDED: (State.ATTENDED, State.COMPLETED),
}
"""The states in which one that was issued is still deserved."""
FINISHED_SINCE = "Diganti sertifikat lulus."
REPLACED = "Diganti: "
SHORTEST_REASON = 5

_ISSUE = """
INSERT INTO trainings_certificate (number, enrolment_id, edition_id, batch_id, replaces_id, kind,
    name, attended_on, minutes, issued_on, state, issued_at, issued_by_id)
SELECT given.number, e.id, %(edition)s, %(batch)s, given.replaces, %(kind)s,
    COALESCE(%(name)s, p.full_name), there.days, there.minutes, %(today)s, 'valid', %(now)s, %(by)s
FROM unnest(%(ids)s::bigint[], %(numbers)s::text[], %(replaces)s::bigint[])
    WITH ORDINALITY AS given (id, number, replaces, place)
JOIN trainings_enrolment e ON e.id = given.id AND e.state = ANY(%(states)s)
JOIN participants_participant p ON p.id = e.participant_id AND p.status = 'active'
CROSS JOIN LATERAL (
    SELECT COALESCE(sum({minutes}), 0)::int AS minutes, COALESCE(array_agg(DISTINCT
        (s.starts_at AT TIME ZONE 'Asia/Jakarta')::date) FILTER (WHERE a.came_at IS NOT NULL),
        '{{}}') AS days
    FROM trainings_attendance a
    JOIN trainings_session s ON s.id = a.session_id AND s.cancelled_at IS NULL
    WHERE a.enrolment_id = e.id) there
ORDER BY given.place
ON CONFLICT DO NOTHING
"""


class CertificateRefused(Exception):
    """The certificate is not given or taken back; `str()` is the sentence for staff."""


@dataclass(frozen=True)
class Counts:
    """Of one cohort: who earned one, who has one, whose was taken back, who lost the right."""

    earned: int
    issued: int
    revoked: int
    missing: int
    undeserved: int
    attended: int
    """How many came without finishing and have no paper that says so."""


@dataclass(frozen=True)
class Slice:
    """How many places were looked at, and how many certificates are new."""

    chosen: int
    issued: int


def counts_of(cohort: Cohort) -> Counts:
    papers = Certificate.objects.filter(enrolment__cohort=cohort)
    revoked = papers.filter(state=Certificate.State.REVOKED, replaced_by=None)
    return Counts(
        earned=_earning(cohort, CertificateKind.FINISHED).count(),
        issued=papers.valid().count(),
        revoked=revoked.count(),
        missing=missing(cohort, CertificateKind.FINISHED).count(),
        undeserved=undeserved(papers).count(),
        attended=missing(cohort, CertificateKind.ATTENDED).count(),
    )


def missing(cohort: Cohort, kind: str) -> QuerySet[Enrolment]:
    """Places that earned a certificate of this kind and never had one, by name.

    Who finished after a paper said that she came gets the better one; one that was taken back is
    given again by staff alone.
    """
    given = Certificate.objects.filter(enrolment=OuterRef("pk"))
    if kind == CertificateKind.FINISHED:
        given = given.filter(kind=kind)
    rows = _earning(cohort, kind).filter(~Exists(given))
    return rows.order_by("participant__full_name", "pk")


def undeserved(papers: CertificateQuerySet) -> CertificateQuerySet:
    """Valid ones of people whose attendance, as it was corrected since, does not earn it."""
    deserved = Q()
    for kind, states in KEPT_BY.items():
        deserved |= Q(kind=kind, enrolment__state__in=states)
    return papers.valid().exclude(deserved)


def issue_some(
    cohort: Cohort,
    *,
    edition: CertificateEdition,
    kind: str,
    by: User | None,
    now: datetime,
    most: int,
    batch: CertificateBatch | None = None,
) -> Slice:
    """Give at most so many of the missing certificates.

    Call it inside a transaction, again until nobody was chosen.
    """
    chosen = list(missing(cohort, kind).values_list("pk", flat=True)[:most])
    # Their states stay as they are read here until the commit.
    locked = Enrolment.objects.select_for_update(no_key=True).filter(pk__in=chosen)
    earned = locked.filter(state__in=EARNED_BY[CertificateKind(kind)]).order_by("pk")
    still = set(earned.values_list("pk", flat=True))
    ids = [pk for pk in chosen if pk in still]
    before = _revoke_lesser(ids, now=now, by=by) if kind == CertificateKind.FINISHED else {}
    issued = _insert(ids, before=before, edition=edition, kind=kind, by=by, now=now, batch=batch)
    return Slice(len(chosen), issued)


@transaction.atomic
def issue_certificates(
    cohort: Cohort, *, kind: str = CertificateKind.FINISHED, by: User | None, now: datetime
) -> int:
    """Give all missing certificates of a small cohort at once, without printing; how many."""
    edition = freeze(cohort, kind=kind)
    facts: dict[str, Any] = {"edition": edition, "kind": kind, "by": by, "now": now}
    given = 0
    while (found := issue_some(cohort, most=500, **facts)).chosen:
        given += found.issued
    return given


@transaction.atomic
def revoke(certificate: Certificate, *, reason: str, by: User | None, now: datetime) -> None:
    """Take a certificate back; its page says so from now on. Raises CertificateRefused."""
    reason = _checked(reason)
    if not _valid(certificate).update(**_revoked(reason, by=by, now=now)):
        raise CertificateRefused("Sertifikat ini sudah dicabut atau diganti.")


@transaction.atomic
def reissue(
    certificate: Certificate, *, name: str, reason: str, by: User | None, now: datetime
) -> Certificate:
    """A new certificate in place of this one, with the name as written and today's attendance.

    The old one is revoked. Raises CertificateRefused when it was replaced before, or when the
    person has not earned one as her attendance stands now.
    """
    reason, name = _checked(reason), " ".join(name.split())
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("enrolment__cohort")
    old = rows.get(pk=certificate.pk)
    if old.replaced_by.exists():
        raise CertificateRefused("Sertifikat ini sudah diganti. Buka yang terbaru.")
    if not name:
        raise CertificateRefused("Tulis nama seperti yang harus tercetak.")
    _valid(old).update(**_revoked(f"{REPLACED}{reason}"[:300], by=by, now=now))
    cohort = old.enrolment.cohort
    edition = freeze(cohort, kind=old.kind)
    ids, before = [old.enrolment_id], {old.enrolment_id: old.pk}
    facts: dict[str, Any] = {"edition": edition, "kind": old.kind, "by": by, "now": now}
    if not _insert(ids, before=before, name=name[:160], **facts):
        raise CertificateRefused(
            "Menurut kehadiran sekarang, orang ini tidak berhak. Perbaiki kehadirannya dahulu, "
            "atau cabut sertifikatnya."
        )
    return old.replaced_by.get()


def hand_over(source: Enrolment, target: Enrolment, *, now: datetime) -> None:
    """Two records turn out to be one person: her certificates go along, one of them counts."""
    papers = Certificate.objects.filter(enrolment=source)
    if Certificate.objects.valid().filter(enrolment=target).exists():
        papers.valid().update(**_revoked("Data digabung; satu sertifikat berlaku.", now=now))
    papers.update(enrolment=target)


def _earning(cohort: Cohort, kind: str) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(
        cohort=cohort,
        state__in=EARNED_BY[CertificateKind(kind)],
        participant__status=Participant.Status.ACTIVE,
    )


def _revoke_lesser(ids: Sequence[int], *, now: datetime, by: User | None) -> dict[int, int]:
    """Papers of attendance give way to those of people who finished; (enrolment: paper)."""
    rows = Certificate.objects.valid().filter(enrolment__in=ids, kind=CertificateKind.ATTENDED)
    before = dict(rows.select_for_update().order_by("pk").values_list("enrolment_id", "pk"))
    found = Certificate.objects.filter(pk__in=before.values())
    found.update(**_revoked(FINISHED_SINCE, by=by, now=now))
    return before


def _insert(
    ids: Sequence[int],
    *,
    before: dict[int, int],
    edition: CertificateEdition,
    kind: str,
    by: User | None,
    now: datetime,
    batch: CertificateBatch | None = None,
    name: str | None = None,
) -> int:
    values: dict[str, Any] = {
        "ids": list(ids),
        "numbers": [new_code(NUMBER_LENGTH) for _ in ids],
        "replaces": [before.get(pk) for pk in ids],
        "states": list(EARNED_BY[CertificateKind(kind)]),
        "edition": edition.pk,
        "batch": batch.pk if batch else None,
        "kind": str(kind),
        "name": name,
        "today": timezone.localdate(now),
        "now": now,
        "by": by.pk if by else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ISSUE.format(minutes=MINUTES.format(length=LENGTH)), values)
        return cursor.rowcount


def _valid(certificate: Certificate) -> CertificateQuerySet:
    return Certificate.objects.valid().filter(pk=certificate.pk)


def _revoked(reason: str, *, now: datetime, by: User | None = None) -> dict[str, Any]:
    return {
        "state": Certificate.State.REVOKED,
        "revoke_reason": reason,
        "revoked_at": now,
        "revoked_by": by,
    }


def _checked(reason: str) -> str:
    told = " ".join(reason.split())
    if len(told) < SHORTEST_REASON:
        raise CertificateRefused("Tulis alasannya, misalnya “Nama salah ejaan”.")
    return told[:280]
