"""The files that a partner sent in, and what they were for."""

from __future__ import annotations

from django.db.models import QuerySet

from partners.models import CurationCall, Partner
from umkm_portal.imports.models import ImportFile

CURATION = "kurasi"
"""The profile of curation lists."""
SALES = "penjualan"
"""The profile of reports of sales."""


def files_of(partner: Partner, *, profile: str = CURATION) -> QuerySet[ImportFile]:
    """Its own files of one kind: what another partner sent is as good as absent."""
    return ImportFile.objects.filter(profile=profile, organisation=partner.organisation_id)


def calls_of(partner: Partner) -> QuerySet[CurationCall]:
    """The calls that a partner's members see; drafts are the dinas's own affair."""
    hidden = (CurationCall.State.DRAFT, CurationCall.State.CANCELLED)
    return CurationCall.objects.filter(partner=partner).exclude(state__in=hidden)


def call_of(file: ImportFile, partner: Partner) -> CurationCall | None:
    """The call that a list was uploaded for."""
    return CurationCall.objects.filter(partner=partner, pk=file.options.get("call") or 0).first()
