"""A report of sales on its way: handed in, accepted as a version, taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from partners.bazaars.applying import report_for, sellers_of
from partners.bazaars.entries import mark_sellers
from partners.models import Bazaar, Partner, SalesReport
from umkm_portal.accounts.models import User
from umkm_portal.imports import nudging, services
from umkm_portal.imports.models import ImportFile

PROFILE = "penjualan"
AT_ONCE_SECONDS = 4


SHORTEST_WHY = 5


class ReportNotAccepted(Exception):
    """The report cannot be accepted or taken back now; the message is an Indonesian sentence."""


def receive_report(
    blocks: Iterable[bytes],
    *,
    name: str,
    partner: Partner,
    bazaar: Bazaar | None = None,
    uploader: User | None,
    now: datetime,
) -> tuple[ImportFile, bool]:
    """Keep an uploaded report and return (file, True), or the file that holds the same bytes.

    Raises SpreadsheetError when the file is too large. The caller nudges a worker.
    """
    if bazaar is not None and bazaar.partner_id != partner.pk:
        raise ValueError(f"bazaar {bazaar.pk} is not of partner {partner.pk}")
    key = bazaar.pk if bazaar else None
    return services.receive_file(
        blocks,
        name=name,
        profile=PROFILE,
        organisation=partner.organisation,
        uploader=uploader,
        options={
            "bazaar": key,
            "platform": partner.organisation.slug,
            "goal": f"penjualan-{key or 'umum'}",
        },
        now=now,
    )


def accept_report(file: ImportFile, *, by: User | None, now: datetime) -> SalesReport:
    """Store the good rows of a checked report as the newest version (Terima), and return it.

    Who accepted it already gets it again, so that a request may be repeated after a crash.
    Raises ReportNotAccepted, naming who was first where somebody was.
    """
    with transaction.atomic():
        file = ImportFile.objects.select_for_update().get(pk=file.pk)
        if file.approved_at is not None:
            known = report_of(file)
            if known and by is not None and file.approved_by_id == by.pk:
                return known
            who = f" oleh {file.approved_by}" if file.approved_by else ""
            raise ReportNotAccepted(f"Laporan ini sudah diterima{who}.")
        if not file.accepted_count:
            raise ReportNotAccepted("Belum ada baris yang bisa diterima. Perbaiki dahulu barisnya.")
        try:
            services.approve_file(file, by=by, now=now)
        except services.NotNow as refusal:
            raise ReportNotAccepted(str(refusal)) from None
        file.refresh_from_db()
        report = report_for(file)
    services.apply_file(file.pk, seconds=AT_ONCE_SECONDS)
    file.refresh_from_db()
    if file.is_busy:
        nudging.nudge_on_commit(file)
    report.refresh_from_db()
    return report


@transaction.atomic
def withdraw_report(
    report: SalesReport, *, why: str, by: User | None, now: datetime
) -> SalesReport | None:
    """Take back the version that counts, and return the one before, which counts again.

    Its rows stay with who took it back, when and why; the same file may be sent again. Whoever
    was at the bazaar by this report alone is expected again. Raises ReportNotAccepted.
    """
    Partner.objects.select_for_update().get(pk=report.partner_id)
    report.refresh_from_db()
    if report.withdrawn_at is not None:
        raise ReportNotAccepted(f"Versi {report.version} sudah ditarik kembali.")
    if report.stored_at is None:
        raise ReportNotAccepted("Laporan ini masih disimpan. Tunggu sampai selesai.")
    if report.replaced_by_id is not None:
        raise ReportNotAccepted(f"Versi {report.version} sudah diganti. Tarik versi terbarunya.")
    if len(why.strip()) < SHORTEST_WHY:
        raise ReportNotAccepted("Tulis alasan laporan ini ditarik kembali.")
    report.withdrawn_at, report.withdrawn_by, report.withdrawn_why = now, by, why.strip()[:200]
    report.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_why"])
    ImportFile.objects.filter(pk=report.file_id or 0).update(
        undone_at=now, undone_by=by, undone_count=report.rows.count()
    )
    before = _restore_before(report)
    if report.bazaar:
        mark_sellers(report.bazaar, sellers_of(before) if before else [], now=now)
    return before


def _restore_before(report: SalesReport) -> SalesReport | None:
    same = SalesReport.objects.filter(
        partner=report.partner_id,
        bazaar=report.bazaar_id,
        stored_at__isnull=False,
        withdrawn_at=None,
        version__lt=report.version,
    )
    before = same.order_by("-version").first()
    if before:
        before.replaced_by = None
        before.save(update_fields=["replaced_by"])
    return before


def report_of(file: ImportFile) -> SalesReport | None:
    """The version that a file became; None before."""
    return SalesReport.objects.select_related("accepted_by", "bazaar").filter(file=file).first()
