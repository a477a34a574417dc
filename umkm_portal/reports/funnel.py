"""From invited to sold, partner by partner: people, each counted once in each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from partners.models import CurationResult, Partner, SalesReport, SalesRow
from trainings.models import Enrolment

CAME = (Enrolment.State.ATTENDED, Enrolment.State.COMPLETED)
STEPS = ("Diundang pelatihan", "Hadir", "Lolos kurasi", "Ada penjualan")


@dataclass(frozen=True)
class FunnelLine:
    """One partner: people in each of STEPS."""

    partner: Partner
    counts: tuple[int, int, int, int]

    def steps(self) -> list[tuple[str, int, int]]:
        """Each step with its count, and that in percent of the largest."""
        most = max(self.counts) or 1
        return [
            (label, count, 100 * count // most)
            for label, count in zip(STEPS, self.counts, strict=True)
        ]


def funnel_of(partners: Sequence[Partner]) -> list[FunnelLine]:
    """One line for each partner; four queries for any number of them.

    Trainings count for the partner that provides them.
    """
    offices = {partner.organisation_id: partner.pk for partner in partners}
    invited = Enrolment.objects.filter(training__provider__in=offices)
    passed = CurationResult.objects.passed().filter(call__partner__in=offices.values())
    current = SalesReport.objects.current().filter(partner__in=offices.values())
    sold = SalesRow.objects.filter(report__in=current, amount__gt=0)
    counted = (
        _people_by("training__provider", invited),
        _people_by("training__provider", invited.filter(state__in=CAME)),
        _people_by("call__partner", passed),
        _people_by("report__partner", sold),
    )
    return [
        FunnelLine(
            partner,
            (
                counted[0].get(partner.organisation_id, 0),
                counted[1].get(partner.organisation_id, 0),
                counted[2].get(partner.pk, 0),
                counted[3].get(partner.pk, 0),
            ),
        )
        for partner in partners
    ]


def _people_by(owner: str, rows: QuerySet) -> dict[int, int]:
    counts = rows.values_list(owner).annotate(people=Count("participant", distinct=True))
    return dict(counts.order_by())
