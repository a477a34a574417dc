"""What a partner's system is told about its bazaars and reports of sales: numbers, never people."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Sum

from partners.api import telling
from partners.api.schemas import BazaarOut, ReportOut, ReportSummary, Sold
from partners.models import Bazaar, Partner, SalesReport, SalesRow
from umkm_portal.imports.models import ImportFile

State = ImportFile.State


def bazaars_of(bazaars: Sequence[Bazaar]) -> list[BazaarOut]:
    """Bazaars, each with the report that counts; one query for any number."""
    reports = SalesReport.objects.current().filter(bazaar__in=bazaars)
    current = {found.bazaar_id: found for found in reports}
    return [_bazaar(bazaar, current.get(bazaar.pk)) for bazaar in bazaars]


def summaries_of(files: Sequence[ImportFile], partner: Partner) -> list[ReportSummary]:
    """One line about each report; two queries for any number."""
    known = {found.file_id: found for found in SalesReport.objects.filter(file__in=files)}
    slugs = dict(Bazaar.objects.filter(partner=partner).values_list("pk", "slug"))
    return [
        ReportSummary.model_validate(
            _facts(file, slugs.get(file.options.get("bazaar")), known.get(file.pk))
        )
        for file in files
    ]


def report_of(file: ImportFile, partner: Partner) -> ReportOut:
    """All about one report; the same queries for any number of rows."""
    report = SalesReport.objects.filter(file=file).first()
    own = Bazaar.objects.filter(partner=partner, pk=file.options.get("bazaar") or 0)
    is_checked = file.state == State.CHECKED
    return ReportOut.model_validate(
        {
            **_facts(file, own.values_list("slug", flat=True).first(), report),
            "acceptable": file.accepted_count if is_checked else None,
            "to_repair": file.rejected_count + file.review_count if is_checked else None,
            "stored": _sold(report) if report else None,
            "headings": telling.headings_of(file),
        }
    )


def _bazaar(bazaar: Bazaar, report: SalesReport | None) -> BazaarOut:
    call = bazaar.call if bazaar.call and bazaar.call.partner_id == bazaar.partner_id else None
    return BazaarOut(
        slug=bazaar.slug,
        name=bazaar.name,
        call=call.slug if call else None,
        starts_on=bazaar.starts_on,
        ends_on=bazaar.ends_on,
        current_version=report.version if report else None,
        current_report=report.file_id if report else None,
    )


def _facts(file: ImportFile, bazaar: str | None, report: SalesReport | None) -> dict[str, object]:
    state = telling.STATES[State(file.state)]
    if report and file.state == State.DONE:
        is_current = report.replaced_by_id is None and report.stored_at is not None
        state = "accepted" if is_current else "replaced"
        state = "withdrawn" if report.withdrawn_at else state
    return {
        **telling.facts_of_file(file),
        "bazaar": bazaar,
        "state": state,
        "version": report.version if report else None,
    }


def _sold(report: SalesReport) -> Sold:
    sums = SalesRow.objects.filter(report=report).aggregate(
        businesses=Count("participant", distinct=True), orders=Sum("orders"), amount=Sum("amount")
    )
    return Sold.model_validate({key: value or 0 for key, value in sums.items()})
