"""The good rows of an accepted report into its version; the version counts once all are in."""

from __future__ import annotations

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max
from django.utils import timezone

from partners.bazaars.entries import mark_sellers
from partners.bazaars.matching import CLEAN
from partners.models import Partner, SalesReport
from umkm_portal.imports.models import ImportFile

_INSERT = f"""
    INSERT INTO partners_salesrow
        (report_id, participant_id, period_from, period_to, channel, orders, amount)
    SELECT %(report)s, r.target_id, c.period_from, c.period_to, c.channel, c.orders, c.amount
    FROM imports_importrow r CROSS JOIN jsonb_to_record(r.clean) AS c({CLEAN})
    WHERE r.file_id = %(file)s AND r.row_no > %(first)s AND r.row_no <= %(last)s
      AND r.action <> 'reject' AND r.applied_at IS NULL AND r.target_id IS NOT NULL
      AND c.amount IS NOT NULL
    ORDER BY r.row_no
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants of this module
_MARK = """
    UPDATE imports_importrow SET applied_at = %(now)s, raw = NULL, clean = '{}'
    WHERE file_id = %(file)s AND row_no > %(first)s AND row_no <= %(last)s
      AND action <> 'reject' AND applied_at IS NULL
"""


def apply_slice(cursor: CursorWrapper, file: ImportFile, first: int, last: int) -> None:
    """Write the sales of one slice into the version of this file."""
    facts = {"file": file.pk, "first": first, "last": last, "report": report_for(file).pk}
    cursor.execute(_INSERT, facts)
    cursor.execute(_MARK, {**facts, "now": timezone.now()})


@transaction.atomic
def after_apply(file: ImportFile) -> str:
    """Let the version count in place of the one before; return the sentence for the receipt."""
    report = report_for(file)
    Partner.objects.select_for_update().get(pk=report.partner_id)
    now = timezone.now()
    same = SalesReport.objects.filter(partner=report.partner_id, bazaar=report.bazaar_id)
    if not same.filter(version__gt=report.version, stored_at__isnull=False).exists():
        same.current().exclude(pk=report.pk).update(replaced_by=report)
        SalesReport.objects.filter(pk=report.pk, stored_at=None).update(stored_at=now)
    if report.bazaar:
        sellers = report.rows.filter(amount__gt=0).values_list("participant_id", flat=True)
        mark_sellers(report.bazaar, sellers, now=now)
    return f"Tersimpan sebagai versi {report.version}. Versi sebelumnya tidak dihitung lagi."


def report_for(file: ImportFile) -> SalesReport:
    """The version that holds the rows of this file, begun where there is none yet."""
    known = SalesReport.objects.filter(file=file).first()
    if known:
        return known
    partner = Partner.objects.select_for_update().get(organisation=file.organisation_id)
    bazaar = file.options.get("bazaar")
    same = SalesReport.objects.filter(partner=partner, bazaar=bazaar)
    return SalesReport.objects.create(
        partner=partner,
        bazaar_id=bazaar,
        version=(same.aggregate(Max("version"))["version__max"] or 0) + 1,
        file=file,
        accepted_by=file.approved_by,
        accepted_at=file.approved_at or timezone.now(),
    )
